using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace WireProxy.Sql.TransactSql.Lineage;

/// <summary>Resolves queries to rows whose columns know where their values come from.</summary>
internal sealed class QueryLineage(Resolver resolver)
{
    /// <summary>A recursive query gains at least one source for one column in every round; more rounds than this nobody writes.</summary>
    const int MaxRounds = 64;

    /// <summary>WITH queries by name, on top of those around.</summary>
    public IReadOnlyDictionary<string, Rows>? With(WithCtesAndXmlNamespaces? with, Scope? scope, IReadOnlyDictionary<string, Rows>? around)
    {
        if (with is null || with.CommonTableExpressions.Count == 0)
            return around;
        var queries = around?.ToImmutableDictionary(StringComparer.OrdinalIgnoreCase)
            ?? ImmutableDictionary.Create<string, Rows>(StringComparer.OrdinalIgnoreCase);
        foreach (var query in with.CommonTableExpressions)
            queries = queries.SetItem(query.ExpressionName.Value, Cte(query, scope, queries));
        return queries;
    }

    Rows Cte(CommonTableExpression query, Scope? scope, ImmutableDictionary<string, Rows> queries)
    {
        var name = query.ExpressionName.Value;
        var columns = query.Columns.Select(c => c.Value).ToList();
        if (query.QueryExpression is not BinaryQueryExpression union)
            return Resolve(query.QueryExpression, scope, queries.Remove(name)).Rows.Renamed(columns);
        // The first part does not name the query itself, where it is recursive; what the others add comes round by round.
        var rows = Resolve(Anchor(union), scope, queries.SetItem(name, new([], false, SourceSet.Empty))).Rows.Renamed(columns);
        for (var round = 0; round < MaxRounds; round++)
        {
            var next = Resolve(query.QueryExpression, scope, queries.SetItem(name, rows)).Rows.Renamed(columns);
            if (next.SameSources(rows))
                return next;
            rows = next;
        }
        return Rows.Unknown;
    }

    static QueryExpression Anchor(QueryExpression query)
    {
        while (true)
        {
            if (query is BinaryQueryExpression union)
                query = union.FirstQueryExpression;
            else if (query is QueryParenthesisExpression inner)
                query = inner.QueryExpression;
            else
                return query;
        }
    }

    /// <summary>The rows of a query, and the columns that decide which rows they are.</summary>
    public (Rows Rows, SourceSet Predicates) Resolve(QueryExpression query, Scope? outer, IReadOnlyDictionary<string, Rows>? queries)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        if (!resolver.Spend())
            return (Rows.Unknown, SourceSet.Everything);
        var (rows, predicates, scope) = Inner(query, outer, queries);
        var order = Test(query.OrderByClause, scope ?? outer, queries, rows).Union(Test(query.OffsetClause, scope ?? outer, queries, rows));
        predicates = predicates.Union(order);
        switch (query.ForClause)
        {
            case XmlForClause or JsonForClause:
                rows = new([new(null, rows.All, null)], false, SourceSet.Empty);
                break;
            case BrowseForClause:
                rows = Rows.Open(rows.All.Union(scope?.Star(null, null)?.All ?? SourceSet.Empty)); // The keys come along.
                break;
        }
        return (rows, predicates);
    }

    (Rows Rows, SourceSet Predicates, Scope? Scope) Inner(QueryExpression query, Scope? outer, IReadOnlyDictionary<string, Rows>? queries)
    {
        switch (query)
        {
            case QuerySpecification specification:
                return Specification(specification, outer, queries);
            case QueryParenthesisExpression inner:
                var (rows, predicates) = Resolve(inner.QueryExpression, outer, queries);
                return (rows, predicates, null);
            case BinaryQueryExpression both:
                var (a, b) = (Resolve(both.FirstQueryExpression, outer, queries), Resolve(both.SecondQueryExpression, outer, queries));
                var tested = a.Predicates.Union(b.Predicates);
                if (both.BinaryQueryExpressionType != BinaryQueryExpressionType.Union)
                {
                    // Of EXCEPT and INTERSECT the values are the first's; the second decides which come.
                    tested = tested.Union(b.Rows.All);
                    resolver.Effects.Predicate(b.Rows.All);
                }
                return (both.BinaryQueryExpressionType == BinaryQueryExpressionType.Except && !a.Rows.IsOpen ? a.Rows : a.Rows.Union(b.Rows), tested, null);
            default:
                return (resolver.UnknownRows("a query of an unknown kind"), SourceSet.Everything, null);
        }
    }

    (Rows Rows, SourceSet Predicates, Scope? Scope) Specification(QuerySpecification query, Scope? outer, IReadOnlyDictionary<string, Rows>? queries)
    {
        var scope = new Scope(outer);
        var predicates = SourceSet.Empty;
        foreach (var table in query.FromClause?.TableReferences ?? [])
            predicates = predicates.Union(resolver.Tables.Add(table, scope, outer, queries));
        predicates = predicates.Union(Test(query.WhereClause, scope, queries, null)).Union(Test(query.GroupByClause, scope, queries, null))
            .Union(Test(query.HavingClause, scope, queries, null)).Union(Test(query.TopRowFilter, scope, queries, null));
        return (Elements(query.SelectElements, scope, queries), predicates, scope);
    }

    /// <summary>A select list, or that of OUTPUT. Variables that it assigns are assigned.</summary>
    public Rows Elements(IList<SelectElement> elements, Scope scope, IReadOnlyDictionary<string, Rows>? queries)
    {
        var columns = new List<RowColumn>();
        var (isOpen, rest) = (false, SourceSet.Empty);
        foreach (var element in elements)
        {
            switch (element)
            {
                case SelectScalarExpression scalar:
                    columns.Add(Scalar(scalar, scope, queries));
                    break;
                case SelectStarExpression star:
                    var rows = scope.Star(NameText.Part(star.Qualifier, 1), NameText.Part(star.Qualifier, 0)) ?? resolver.UnknownRows("a star of an unknown table");
                    resolver.Effects.Touch(rows.All);
                    columns.AddRange(rows.Columns);
                    isOpen |= rows.IsOpen;
                    rest = rest.Union(rows.Rest);
                    break;
                case SelectSetVariable set:
                    resolver.Frame.Assign(set.Variable.Name, resolver.Expression(set.Expression, scope, queries));
                    break;
                default:
                    (isOpen, rest) = (true, SourceSet.Everything);
                    break;
            }
        }
        return new(columns, isOpen, rest);
    }

    RowColumn Scalar(SelectScalarExpression scalar, Scope scope, IReadOnlyDictionary<string, Rows>? queries)
    {
        var expression = scalar.Expression;
        while (expression is ParenthesisExpression inner)
            expression = inner.Expression;
        if (expression is ColumnReferenceExpression reference && reference.ColumnType == ColumnType.Regular)
        {
            var column = resolver.Column(reference, scope);
            return column with { IsHidden = false, Name = scalar.ColumnName?.Value ?? NameText.Part(reference.MultiPartIdentifier, 0) };
        }
        return new(scalar.ColumnName?.Value, resolver.Expression(scalar.Expression, scope, queries), null);
    }

    /// <summary>What a clause that decides about rows is made of. ORDER BY may name an output column.</summary>
    public SourceSet Test(TSqlFragment? clause, Scope? scope, IReadOnlyDictionary<string, Rows>? queries, Rows? output)
    {
        if (clause is null)
            return SourceSet.Empty;
        if (output is not null)
        {
            var inner = scope;
            scope = new(inner);
            scope.Add(null, null, output);
        }
        var sources = resolver.Expression(clause, scope, queries);
        resolver.Effects.Predicate(sources);
        return sources;
    }
}
