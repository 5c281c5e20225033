using System.Diagnostics;
using System.Text;
using WireProxy.Protocols.Postgres;
using WireProxy.Protocols.Wire;
using WireProxy.Sql.Catalog;

namespace WireProxy.Relay.Postgres;

/// <summary>The catalog being read over a client's own session: rows arrive on the response side, the request side waits.</summary>
internal sealed class CatalogRead(string clientEncoding) : OwnRead
{
    private readonly CatalogBuilder _builder = new();
    private readonly TaskCompletionSource<CatalogSnapshot?> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _failed;

    /// <summary>The catalog, or null where the server refused or the session ended.</summary>
    public Task<CatalogSnapshot?> Task => _done.Task;

    public override void Add(DataRow row)
    {
        if (row.ColumnCount != PostgresCatalogQuery.ColumnCount)
            throw new ProtocolException("a row of the catalog has the wrong number of columns");
        FieldValues.Enumerator cell = row.GetEnumerator();
        // Names alone can be beyond ASCII: of relations, columns, functions and the database.
        ReadOnlySpan<byte> kind = Next(ref cell), id = Next(ref cell), a = Next(ref cell), b = Name(ref cell), c = Name(ref cell), d = Next(ref cell);
        _builder.Add(kind, id, a, b, c, d);
    }

    public override void Fail() => _failed = true;

    public override void Complete()
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

    public override void Abandon() => _done.TrySetResult(null);

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
