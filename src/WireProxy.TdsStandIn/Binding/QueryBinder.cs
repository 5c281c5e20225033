using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Binding;

/// <summary>Query expressions: SELECT, set operations, and ORDER BY, OFFSET and FOR around them.</summary>
internal sealed class QueryBinder(BindContext context)
{
    /// <param name="parent">The scope of the query around; null for a statement's own.</param>
    public BoundQuery Bind(QueryExpression query, Scope? parent)
    {
        var bound = query switch
        {
            QuerySpecification specification => new SpecificationBinder(context, parent).Bind(specification),
            QueryParenthesisExpression inner => Ordered(Bind(inner.QueryExpression, parent), inner, parent),
            BinaryQueryExpression binary => Ordered(Binary(binary, parent), binary, parent),
            _ => throw SqlError.Unsupported($"the query '{SyntaxText.Original(query)}'"),
        };
        return query.ForClause is null ? bound : ForOutput.Bind(bound, query.ForClause);
    }

    public static IEnumerable<object?[]> Page(IEnumerable<object?[]> rows, BoundExpression? offset, BoundExpression? fetch, Frame? outer)
    {
        if (offset is not null)
            rows = rows.Skip(Count(offset, outer));
        return fetch is null ? rows : rows.Take(Count(fetch, outer));
    }

    private static int Count(BoundExpression expression, Frame? outer) => expression.Evaluate(outer ?? Frame.Empty) is long count and >= 0 and <= int.MaxValue
        ? (int)count : throw new SqlError(10742, 15, 1, "The offset specified in a OFFSET clause may not be negative.");

    private BoundQuery Binary(BinaryQueryExpression binary, Scope? parent)
    {
        var first = Bind(binary.FirstQueryExpression, parent);
        var second = Bind(binary.SecondQueryExpression, parent);
        return Combine(binary, first, second);
    }

    public static BoundQuery Combine(BinaryQueryExpression binary, BoundQuery first, BoundQuery second)
    {
        if (first.Columns.Count != second.Columns.Count)
            throw new SqlError(205, 16, 1, "All queries combined using a UNION, INTERSECT or EXCEPT operator must have an equal number of expressions in their target lists.");
        var types = first.Columns.Zip(second.Columns, CommonType).ToArray();
        var columns = first.Columns.Select((column, i) => new ResultColumn(
            column.Name, types[i], column.IsNullable || second.Columns[i].IsNullable, column.Origin ?? second.Columns[i].Origin, true)
        { IsNullLiteral = column.IsNullLiteral && second.Columns[i].IsNullLiteral }).ToList();
        IEnumerable<object?[]> All(BoundQuery query, Frame? outer) => query.Rows(outer).Select(row => Converted(row, query.Columns, types));
        return new BoundQuery(columns, outer => (binary.BinaryQueryExpressionType, binary.All) switch
        {
            (BinaryQueryExpressionType.Union, true) => All(first, outer).Concat(All(second, outer)),
            (BinaryQueryExpressionType.Union, false) => All(first, outer).Union(All(second, outer), SqlCompare.Instance),
            (BinaryQueryExpressionType.Except, _) => All(first, outer).Except(All(second, outer), SqlCompare.Instance),
            _ => All(first, outer).Intersect(All(second, outer), SqlCompare.Instance),
        });
    }

    private static SqlType CommonType(ResultColumn a, ResultColumn b) =>
        a.IsNullLiteral ? b.Type : b.IsNullLiteral ? a.Type : TypeRules.Common(a.Type, b.Type);

    private static object?[] Converted(object?[] row, IReadOnlyList<ResultColumn> columns, SqlType[] types)
    {
        var converted = new object?[row.Length];
        for (int i = 0; i < row.Length; i++)
            converted[i] = SqlConvert.Convert(row[i], columns[i].Type, types[i]);
        return converted;
    }

    /// <summary>ORDER BY after a set operation sees the result's columns alone.</summary>
    private BoundQuery Ordered(BoundQuery query, QueryExpression syntax, Scope? parent)
    {
        if (syntax.OrderByClause is null && syntax.OffsetClause is null)
            return query;
        var scope = new Scope([.. query.Columns.Select(column => new ScopeColumn("", "", column.Name, column.Type, column.IsNullable))], parent);
        var binder = new ExpressionBinder(context, scope);
        var keys = (syntax.OrderByClause?.OrderByElements ?? []).Select(element => new SortKey(
            element.Expression is IntegerLiteral ordinal ? Slot(ordinal, query.Columns.Count) : binder.Scalar(element.Expression).Evaluate,
            element.SortOrder == SortOrder.Descending)).ToList();
        var offset = syntax.OffsetClause?.OffsetExpression is { } skipped ? binder.Scalar(skipped, SqlType.BigInt) : null;
        var fetch = syntax.OffsetClause?.FetchExpression is { } taken ? binder.Scalar(taken, SqlType.BigInt) : null;
        return new BoundQuery(query.Columns, outer => Page(Sorting.Sort(query.Rows(outer), keys, outer), offset, fetch, outer));
    }

    public static Func<Frame, object?> Slot(IntegerLiteral ordinal, int count)
    {
        int place = int.Parse(ordinal.Value, System.Globalization.CultureInfo.InvariantCulture);
        return place >= 1 && place <= count ? frame => frame.Row[place - 1]
            : throw new SqlError(108, 16, 1, $"The ORDER BY position number {place} is out of range of the number of items in the select list.");
    }
}
