using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Binding;

/// <summary>An aggregate function over the rows of a group.</summary>
/// <param name="argument">Null for COUNT(*).</param>
internal sealed class BoundAggregate(SqlType type, BoundExpression? argument, bool isDistinct, Func<IReadOnlyList<object?>, object?> compute)
{
    public SqlType Type { get; } = type;

    /// <summary>STRING_AGG(...) WITHIN GROUP (ORDER BY ...).</summary>
    public IReadOnlyList<SortKey> Order { get; init; } = [];

    public object? Evaluate(IReadOnlyList<object?[]> rows, Frame? outer)
    {
        if (argument is null)
            return compute(rows);
        var frame = new Frame(outer);
        IEnumerable<object?[]> ordered = Order.Count == 0 ? rows : Sorting.Sort(rows, Order, outer);
        var values = new List<object?>(rows.Count);
        foreach (var row in ordered)
        {
            frame.Row = row;
            if (argument.Evaluate(frame) is { } value)
                values.Add(value);
        }
        return compute(isDistinct ? [.. values.Distinct(SqlCompare.Instance)] : values);
    }
}
