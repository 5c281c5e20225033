using System.Diagnostics;
using WireProxy.Protocols.Tds.Types;
using WireProxy.Sql.Catalog;

namespace WireProxy.Relay.Tds;

/// <summary>The catalog being read from rows of <see cref="SqlServerCatalogQuery"/>.</summary>
internal sealed class CatalogRead
{
    private readonly SqlServerCatalogBuilder _builder = new();
    private readonly TaskCompletionSource<CatalogSnapshot?> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<string?> _cells = [];
    private bool _failed;

    /// <summary>The catalog, or null where the server refused or the session ended.</summary>
    public Task<CatalogSnapshot?> Task => _done.Task;

    /// <exception cref="Protocols.Wire.ProtocolException">A cell that is no text.</exception>
    public void Add(RowLayout layout, RowCells row)
    {
        _cells.Clear();
        foreach (RowCell cell in row)
            _cells.Add(cell.IsNull ? null : cell.Value.ToObject(layout[cell.Column]) as string);
        try
        {
            _builder.Add(_cells);
        }
        catch (FormatException)
        {
            Fail();
        }
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
}
