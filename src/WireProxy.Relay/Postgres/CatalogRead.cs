using System.Diagnostics;
using System.Text;
using WireProxy.Protocols.Postgres;
using WireProxy.Protocols.Wire;
using WireProxy.Sql.Catalog;

namespace WireProxy.Relay.Postgres;

/// <summary>The catalog being read over a client's own session, in one query or in several: rows arrive on the response side, the request side waits.</summary>
/// <param name="basis">What may be brought up to date instead of reading everything; null where nothing may.</param>
/// <param name="isCommitted">The session is in no transaction.</param>
internal sealed class CatalogRead(string clientEncoding, CatalogSnapshot? basis, bool isCommitted) : OwnRead
{
    private readonly TaskCompletionSource<CatalogSnapshot?> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CatalogBuilder? _builder = basis is null ? new() : null;
    private CatalogUpdate? _update = basis is null ? null : new(basis, isCommitted, Stopwatch.GetTimestamp());
    private volatile TaskCompletionSource _answered = new();
    private volatile bool _isAsked;
    private bool _failed;

    /// <summary>The catalog, or null where the server refused or the session ended.</summary>
    public Task<CatalogSnapshot?> Task => _done.Task;

    /// <summary>There is a query to be sent. The request side's, as the next two are.</summary>
    public bool MustAsk => !_isAsked && !_done.Task.IsCompleted;

    /// <summary>What is asked now.</summary>
    public string Text { get; private set; } = "";

    /// <summary>The query is sent next.</summary>
    /// <returns>Completes with the answer to it.</returns>
    public Task AskAsync()
    {
        Text = _update?.Query?.Text ?? PostgresCatalogQuery.Text;
        _isAsked = true;
        _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Interlocked.MemoryBarrier();
        if (_done.Task.IsCompleted)
            _answered.TrySetResult();
        return _answered.Task;
    }

    public override void Add(DataRow row)
    {
        if (row.ColumnCount != PostgresCatalogQuery.ColumnCount)
            throw new ProtocolException("a row of the catalog has the wrong number of columns");
        FieldValues.Enumerator cell = row.GetEnumerator();
        // Names alone can be beyond ASCII: of relations, columns, functions and the database.
        ReadOnlySpan<byte> kind = Next(ref cell), id = Next(ref cell), a = Next(ref cell), b = Name(ref cell), c = Name(ref cell), d = Next(ref cell);
        if (_update is not null)
            _update.Add(kind, id, a, b, c, d);
        else
            _builder!.Add(kind, id, a, b, c, d);
    }

    public override void Fail() => _failed = true;

    public override void Complete()
    {
        try
        {
            if (!_failed && Advance())
                _isAsked = false;
            else
                _done.TrySetResult(_failed ? null : _update?.Result ?? _builder?.Build(Stopwatch.GetTimestamp(), isCommitted));
        }
        catch (FormatException)
        {
            // Half an answer: as good as none.
            _done.TrySetResult(null);
        }
        _answered.TrySetResult();
    }

    public override void Abandon()
    {
        _done.TrySetResult(null);
        _answered.TrySetResult();
    }

    /// <returns>Whether another query must be sent.</returns>
    private bool Advance()
    {
        if (_update is not { } update)
            return false;
        update.Answered();
        if (update.Query is null && update.Result is null)
            (_update, _builder) = (null, new());
        return update.Query is not null || update.Result is null;
    }

    private static ReadOnlySpan<byte> Next(ref FieldValues.Enumerator cell)
    {
        cell.MoveNext();
        return cell.Current.IsNull ? default : cell.Current.Bytes;
    }

    /// <summary>In UTF-8. In an encoding that is neither that nor Latin-1 a name beyond ASCII could be taken for another one: the read fails.</summary>
    private ReadOnlySpan<byte> Name(ref FieldValues.Enumerator cell)
    {
        ReadOnlySpan<byte> name = Next(ref cell);
        if (Ascii.IsValid(name) || clientEncoding is "UTF8" or "SQL_ASCII")
            return name;
        if (clientEncoding is not ("LATIN1" or "ISO88591"))
            Fail();
        return Encoding.UTF8.GetBytes(Encoding.Latin1.GetString(name));
    }
}
