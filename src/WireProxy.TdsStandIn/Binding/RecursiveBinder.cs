using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Binding;

/// <summary>Common table expressions, also those that read themselves.</summary>
internal sealed class RecursiveBinder(BindContext context)
{
    private const int MaxRecursion = 100;

    public BoundQuery Bind(CommonTableExpression table)
    {
        if (table.QueryExpression is not BinaryQueryExpression { BinaryQueryExpressionType: BinaryQueryExpressionType.Union, All: true } union
            || !ReadsItself(union.SecondQueryExpression, table.ExpressionName.Value))
            return new QueryBinder(context).Bind(table.QueryExpression, null);
        var anchor = new QueryBinder(context).Bind(union.FirstQueryExpression, null);
        IEnumerable<object?[]> step = [];
        var names = table.Columns.Count > 0 ? [.. table.Columns.Select(column => column.Value)] : anchor.Columns.Select(column => column.Name).ToList();
        // The rows of the step before belong to a run of the query: a query of the stand-in runs once at a time.
        var working = new BoundSource(
            [.. anchor.Columns.Select((column, i) => new ScopeColumn("", "", names[i], column.Type, true, column.Origin))], _ => step);
        var recursive = new QueryBinder(context.WithTable(table.ExpressionName.Value, new CommonTable(table, context, working))).Bind(union.SecondQueryExpression, null);
        if (recursive.Columns.Count != anchor.Columns.Count)
            throw new SqlError(205, 16, 1, "All queries combined using a UNION, INTERSECT or EXCEPT operator must have an equal number of expressions in their target lists.");
        for (int i = 0; i < anchor.Columns.Count; i++)
            if (TypeRules.Common(anchor.Columns[i].Type, recursive.Columns[i].Type).Kind != anchor.Columns[i].Type.Kind)
                throw new SqlError(240, 16, 1, $"Types don't match between the anchor and the recursive part in column \"{names[i]}\" of recursive query \"{table.ExpressionName.Value}\".");
        return new BoundQuery(anchor.Columns, outer =>
        {
            var all = new List<object?[]>();
            step = [.. anchor.Rows(outer)];
            for (int level = 0; step.Any(); level++)
            {
                if (level > MaxRecursion)
                    throw new SqlError(530, 16, 1, "The statement terminated. The maximum recursion 100 has been exhausted before statement completion.");
                all.AddRange(step);
                step = [.. recursive.Rows(outer).Select(row => Converted(row, recursive.Columns, anchor.Columns))];
            }
            return all;
        });
    }

    private static object?[] Converted(object?[] row, IReadOnlyList<ResultColumn> from, IReadOnlyList<ResultColumn> to) =>
        [.. row.Select((value, i) => SqlConvert.Convert(value, from[i].Type, to[i].Type))];

    private static bool ReadsItself(TSqlFragment query, string name)
    {
        var finder = new NameFinder(name);
        query.Accept(finder);
        return finder.Found;
    }

    private sealed class NameFinder(string name) : TSqlFragmentVisitor
    {
        public bool Found { get; private set; }

        public override void Visit(NamedTableReference node) =>
            Found |= node.SchemaObject.Count == 1 && string.Equals(node.SchemaObject.BaseIdentifier.Value, name, StringComparison.OrdinalIgnoreCase);
    }
}
