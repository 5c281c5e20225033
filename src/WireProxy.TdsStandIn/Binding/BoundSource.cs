namespace WireProxy.TdsStandIn.Binding;

/// <summary>What stands in a FROM: columns with names, and rows.</summary>
/// <param name="rows">The rows; the frame is that of the query around, or of the row to the left of an APPLY.</param>
internal sealed class BoundSource(IReadOnlyList<ScopeColumn> columns, Func<Frame?, IEnumerable<object?[]>> rows)
{
    /// <summary>SELECT without FROM: one row without columns.</summary>
    public static BoundSource OneRow { get; } = new([], _ => [[]]);

    public IReadOnlyList<ScopeColumn> Columns { get; } = columns;

    public Func<Frame?, IEnumerable<object?[]>> Rows { get; } = rows;

    /// <summary>The table whose rows these are, first-hand.</summary>
    public Storage.Table? Table { get; init; }
}
