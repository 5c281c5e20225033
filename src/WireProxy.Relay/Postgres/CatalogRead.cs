using WireProxy.Protocols.Postgres;
using WireProxy.Sql;

namespace WireProxy.Relay.Postgres;

/// <summary>The catalog being read over a client's own session: rows arrive on the response side, the request side waits.</summary>
internal sealed class CatalogRead(string database)
{
    private readonly CatalogBuilder _builder = new(database);
    private readonly TaskCompletionSource<CatalogSnapshot?> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _failed;

    /// <summary>The catalog, or null where the server refused or the session ended.</summary>
    public Task<CatalogSnapshot?> Task => _done.Task;

    public void Add(DataRow row)
    {
        var cells = new string?[row.ColumnCount];
        int i = 0;
        foreach (FieldValue value in row)
            cells[i++] = value.IsNull ? null : System.Text.Encoding.UTF8.GetString(value.Bytes);
        _builder.Add(cells);
    }

    public void Fail() => _failed = true;

    public void Complete() => _done.TrySetResult(_failed ? null : _builder.Build());

    public void Abandon() => _done.TrySetResult(null);
}
