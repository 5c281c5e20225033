using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Binding;

/// <summary>What the row of a group has: first the values of GROUP BY, then those of the aggregates, in the order in which binding
/// the query meets them.</summary>
internal sealed class Grouping(Scope source, IReadOnlyList<ScalarExpression> keys, IReadOnlyList<BoundExpression> boundKeys)
{
    private readonly string[] _texts = [.. keys.Select(SyntaxText.Normal)];
    private readonly int[] _columns = [.. keys.Select(key => OrdinalOf(key, source))];

    /// <summary>Expressions inside aggregates are of the ungrouped rows.</summary>
    public Scope Source { get; } = source;

    public IReadOnlyList<BoundExpression> Keys { get; } = boundKeys;

    public List<BoundAggregate> Aggregates { get; } = [];

    /// <summary>The group's value for an expression that stands in GROUP BY.</summary>
    public BoundExpression? Find(ScalarExpression expression)
    {
        if (_texts.Length == 0)
            return null;
        int slot = Array.IndexOf(_texts, SyntaxText.Normal(expression));
        return slot < 0 ? null : new BoundExpression(Keys[slot].Type, frame => frame.Row[slot], Keys[slot].IsNullable) { Origin = Keys[slot].Origin };
    }

    /// <exception cref="SqlError">8120: the column is in no aggregate and not in GROUP BY.</exception>
    public int SlotOfColumn(int column, string name)
    {
        int slot = Array.IndexOf(_columns, column);
        return slot >= 0 ? slot : throw new SqlError(8120, 16, 1,
            $"Column '{name}' is invalid in the select list because it is not contained in either an aggregate function or the GROUP BY clause.");
    }

    public BoundExpression Add(BoundAggregate aggregate)
    {
        int slot = Keys.Count + Aggregates.Count;
        Aggregates.Add(aggregate);
        return new BoundExpression(aggregate.Type, frame => frame.Row[slot]);
    }

    private static int OrdinalOf(ScalarExpression key, Scope source) =>
        key is ColumnReferenceExpression { MultiPartIdentifier: { } name } ? source.Find(SyntaxText.Parts(name)) : -1;
}
