using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.TdsStandIn.Functions;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Binding;

/// <summary>One SELECT: FROM, WHERE, GROUP BY, HAVING, the select list, DISTINCT, ORDER BY, TOP and OFFSET, in this order.</summary>
internal sealed class SpecificationBinder(BindContext context, Scope? parent)
{
    public BoundQuery Bind(QuerySpecification query)
    {
        var source = new FromBinder(context, parent).Bind(query.FromClause);
        var scope = new Scope(source.Columns, parent);
        var rows = Filtered(source, scope, query.WhereClause);
        Grouping? grouping = null;
        if (IsGrouped(query))
        {
            grouping = GroupingOf(query.GroupByClause, scope);
            scope = new Scope(source.Columns, parent) { Grouping = grouping };
        }
        var windows = new WindowSet(() => grouping is null ? source.Columns.Count : grouping.Keys.Count + grouping.Aggregates.Count);
        var binder = new ExpressionBinder(context, scope, windows);
        var items = new SelectList(binder, scope).Bind(query.SelectElements);
        var having = query.HavingClause is null ? null : binder.Boolean(query.HavingClause.SearchCondition);
        var order = Order(query.OrderByClause, binder, items);
        var top = query.TopRowFilter is null ? null : Top(query.TopRowFilter, binder);
        var page = query.OffsetClause;
        var offset = page?.OffsetExpression is null ? null : binder.Scalar(page.OffsetExpression, SqlType.BigInt);
        var fetch = page?.FetchExpression is null ? null : binder.Scalar(page.FetchExpression, SqlType.BigInt);
        bool distinct = query.UniqueRowFilter == UniqueRowFilter.Distinct;
        IEnumerable<object?[]> Run(Frame? outer)
        {
            var input = grouping is null ? rows(outer) : Grouped(rows(outer), grouping, query.GroupByClause is null, having, outer);
            var output = Projected(windows.Extend(input, outer), items, order, outer, query.OrderByClause is not null, distinct);
            if (distinct)
                output = output.DistinctBy(row => row.Values, SqlCompare.Instance);
            if (order.Count > 0)
                output = output.Order(Comparer<Output>.Create((a, b) => Sorting.Compare(a.Keys, b.Keys, order)));
            var limited = top is null ? output.Select(row => row.Values) : top(output, outer, order);
            return QueryBinder.Page(limited, offset, fetch, outer);
        }
        return new BoundQuery([.. items.Select(item => item.Column)], Run)
        {
            Order = OrderOrdinals(query.OrderByClause, items),
            Tables = source.Table is { } table ? [table] : [],
        };
    }

    private Func<Frame?, IEnumerable<object?[]>> Filtered(BoundSource source, Scope scope, WhereClause? where)
    {
        if (where is null)
            return source.Rows;
        if (where.Cursor is not null)
            throw SqlError.Unsupported("WHERE CURRENT OF");
        var condition = new ExpressionBinder(context, scope).Boolean(where.SearchCondition);
        var seek = IndexSeek.TryBind(source.Table, source.Columns, where.SearchCondition, context, parent);
        return outer => Matching(seek?.Invoke(outer) ?? source.Rows(outer), condition, outer);
    }

    private static IEnumerable<object?[]> Matching(IEnumerable<object?[]> rows, Func<Frame, bool?> condition, Frame? outer)
    {
        var frame = new Frame(outer);
        foreach (var row in rows)
        {
            frame.Row = row;
            if (condition(frame) == true)
                yield return row;
        }
    }

    private static bool IsGrouped(QuerySpecification query)
    {
        if (query.GroupByClause is not null || query.HavingClause is not null)
            return true;
        var finder = new AggregateFinder();
        foreach (var element in query.SelectElements)
            element.Accept(finder);
        query.OrderByClause?.Accept(finder);
        return finder.Found;
    }

    private Grouping GroupingOf(GroupByClause? clause, Scope scope)
    {
        if (clause is not null && (clause.GroupByOption != GroupByOption.None || clause.All))
            throw SqlError.Unsupported("GROUP BY ALL, WITH CUBE and WITH ROLLUP");
        var keys = (clause?.GroupingSpecifications ?? []).Select(item => item is ExpressionGroupingSpecification plain
            ? plain.Expression : throw SqlError.Unsupported("grouping sets")).ToList();
        var binder = new ExpressionBinder(context, scope);
        return new Grouping(scope, keys, [.. keys.Select(binder.Scalar)]);
    }

    private static IEnumerable<object?[]> Grouped(IEnumerable<object?[]> rows, Grouping grouping, bool isWhole, Func<Frame, bool?>? having, Frame? outer)
    {
        var groups = new Dictionary<object?[], List<object?[]>>(SqlCompare.Instance);
        var frame = new Frame(outer);
        if (isWhole)
            groups[[]] = [];
        foreach (var row in rows)
        {
            frame.Row = row;
            var key = grouping.Keys.Select(item => item.Evaluate(frame)).ToArray();
            if (!groups.TryGetValue(key, out var members))
                groups[key] = members = [];
            members.Add(row);
        }
        var result = new Frame(outer);
        foreach (var (key, members) in groups)
        {
            result.Row = [.. key, .. grouping.Aggregates.Select(aggregate => aggregate.Evaluate(members, outer))];
            if (having is null || having(result) == true)
                yield return result.Row;
        }
    }

    private static IEnumerable<Output> Projected(
        IEnumerable<object?[]> rows, IReadOnlyList<SelectItem> items, IReadOnlyList<SortKey> order, Frame? outer, bool isOrdered, bool distinct)
    {
        var frame = new Frame(outer);
        foreach (var row in rows)
        {
            frame.Row = row;
            var values = new object?[items.Count];
            for (int i = 0; i < values.Length; i++)
                values[i] = items[i].Expression.Evaluate(frame);
            yield return new Output(values, isOrdered ? [.. order.Select(key => key.Evaluate(frame))] : []);
        }
    }

    /// <summary>An item is a number of the list, a name that the list gives, or an expression over the rows.</summary>
    private static List<SortKey> Order(OrderByClause? clause, ExpressionBinder binder, IReadOnlyList<SelectItem> items)
    {
        var keys = new List<SortKey>();
        foreach (var element in clause?.OrderByElements ?? [])
        {
            int place = PlaceOf(element.Expression, items);
            var evaluate = place >= 0 ? items[place].Expression.Evaluate : binder.Scalar(element.Expression).Evaluate;
            keys.Add(new SortKey(evaluate, element.SortOrder == SortOrder.Descending));
        }
        return keys;
    }

    private static int PlaceOf(ScalarExpression expression, IReadOnlyList<SelectItem> items)
    {
        switch (expression)
        {
            case IntegerLiteral ordinal:
                QueryBinder.Slot(ordinal, items.Count);
                return int.Parse(ordinal.Value, System.Globalization.CultureInfo.InvariantCulture) - 1;
            case ColumnReferenceExpression { MultiPartIdentifier.Count: 1 } name:
                for (int i = 0; i < items.Count; i++)
                    if (string.Equals(items[i].Column.Name, name.MultiPartIdentifier[0].Value, StringComparison.OrdinalIgnoreCase))
                        return i;
                return -1;
            default:
                return -1;
        }
    }

    private static IReadOnlyList<int> OrderOrdinals(OrderByClause? clause, IReadOnlyList<SelectItem> items)
    {
        var places = (clause?.OrderByElements ?? []).Select(element => PlaceOf(element.Expression, items) + 1).ToList();
        return places.Contains(0) ? [] : places;
    }

    private static Func<IEnumerable<Output>, Frame?, IReadOnlyList<SortKey>, IEnumerable<object?[]>> Top(TopRowFilter top, ExpressionBinder binder)
    {
        var count = binder.Scalar(top.Expression, top.Percent ? SqlType.Float : SqlType.BigInt).Evaluate;
        return (rows, outer, order) =>
        {
            var limit = count(outer ?? Frame.Empty);
            if (limit is null or < 0L)
                throw new SqlError(1060, 15, 1, "The number of rows provided for a TOP or FETCH clauses row count parameter must be an integer.");
            if (!top.Percent && !top.WithTies)
                return rows.Take((int)Math.Min((long)limit, int.MaxValue)).Select(row => row.Values);
            var all = rows.ToList();
            int taken = top.Percent ? (int)Math.Ceiling(all.Count * (double)limit / 100) : (int)Math.Min((long)limit, all.Count);
            while (top.WithTies && taken > 0 && taken < all.Count && Sorting.Compare(all[taken - 1].Keys, all[taken].Keys, order) == 0)
                taken++;
            return all.Take(taken).Select(row => row.Values);
        };
    }

    private sealed record Output(object?[] Values, object?[] Keys);

    /// <summary>An aggregate of this query itself: not in a subquery, not with OVER.</summary>
    private sealed class AggregateFinder : TSqlFragmentVisitor
    {
        public bool Found { get; private set; }

        public override void ExplicitVisit(FunctionCall node)
        {
            if (AggregateFunctions.IsAggregate(node) && node.OverClause is null)
                Found = true;
            base.ExplicitVisit(node);
        }

        public override void ExplicitVisit(ScalarSubquery node)
        {
        }
    }
}
