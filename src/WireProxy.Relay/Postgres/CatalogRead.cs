using System.Diagnostics;
using WireProxy.Protocols.Postgres;
using WireProxy.Protocols.Wire;
using WireProxy.Sql.Catalog;

namespace WireProxy.Relay.Postgres;

/// <summary>The catalog being read over a client's own session: rows arrive on the response side, the request side waits.</summary>
internal sealed class CatalogRead
{
    private readonly CatalogBuilder _builder = new();
    private readonly TaskCompletionSource<CatalogSnapshot?> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _failed;

    /// <summary>The catalog, or null where the server refused or the session ended.</summary>
    public Task<CatalogSnapshot?> Task => _done.Task;

    public void Add(DataRow row)
    {
        if (row.ColumnCount != PostgresCatalogQuery.ColumnCount)
            throw new ProtocolException("a row of the catalog has the wrong number of columns");
        FieldValues.Enumerator cell = row.GetEnumerator();
        ReadOnlySpan<byte> kind = Next(ref cell), id = Next(ref cell), a = Next(ref cell), b = Next(ref cell), c = Next(ref cell), d = Next(ref cell);
        _builder.Add(kind, id, a, b, c, d);
    }

    public void Fail() => _failed = true;

    public void Complete()
    {
        try
        {
            _done.TrySetResult(_failed ? null : _builder.Build(Stopwatch.GetTimestamp()));
        }
        catch (FormatException)
        {
            // Half an answer: as good as none.
            _done.TrySetResult(null);
        }
    }

    public void Abandon() => _done.TrySetResult(null);

    private static ReadOnlySpan<byte> Next(ref FieldValues.Enumerator cell)
    {
        cell.MoveNext();
        return cell.Current.IsNull ? default : cell.Current.Bytes;
    }
}
