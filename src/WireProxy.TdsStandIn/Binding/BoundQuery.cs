using WireProxy.TdsStandIn.Storage;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Binding;

/// <summary>A column of a result.</summary>
/// <param name="Name">Empty where an expression has none.</param>
internal sealed record ResultColumn(string Name, SqlType Type, bool IsNullable, Origin? Origin = null, bool IsExpression = false)
{
    /// <summary>The result is of one table: the column gets its number from the table.</summary>
    public bool IsIdentity => Origin?.Column.Identity is not null && !IsExpression;

    /// <summary>The word NULL, which has the type of what stands beside it in a set operation.</summary>
    public bool IsNullLiteral { get; init; }
}

/// <summary>A query with the columns that it gives.</summary>
/// <param name="rows">Runs it; the frame is of the row of the query around it.</param>
internal sealed class BoundQuery(IReadOnlyList<ResultColumn> columns, Func<Frame?, IEnumerable<object?[]>> rows)
{
    public IReadOnlyList<ResultColumn> Columns { get; } = columns;

    public Func<Frame?, IEnumerable<object?[]>> Rows { get; } = rows;

    /// <summary>Ordinals, from 1, of the columns by which the rows are ordered, where they are ordered by columns.</summary>
    public IReadOnlyList<int> Order { get; init; } = [];

    /// <summary>The tables whose rows it reads first-hand.</summary>
    public IReadOnlyList<Table> Tables { get; init; } = [];
}
