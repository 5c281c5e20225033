using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace WireProxy.Sql.TransactSql;

/// <summary>Decides whether a query level is bounded: whether the reads of the relations in its FROM are less than a bulk read.</summary>
/// <remarks>
/// The rule is PostgreSQL's (<see cref="Postgres.Bounds"/>). A level is bounded if (1) its WHERE holds a condition that names a column:
/// constants, variables alone, <c>x = x</c>, and an OR with a constant arm are no condition; or (2) it has TOP (not 100 PERCENT) or FETCH,
/// and no aggregate that gathers all rows into one value; or (3) it stands in FROM of a bounded level
/// and passes rows through one by one. JOIN conditions do not count. An UPDATE, DELETE or MERGE is a level too, with its WHERE or ON and TOP.
/// </remarks>
internal static class Boundedness
{
    static readonly string[] s_gathering = ["STRING_AGG", "PERCENTILE_DISC"];

    public static bool OfQuery(QuerySpecification query, QueryExpression outermost, bool isBoundAbove)
    {
        if (OfCondition(query.WhereClause?.SearchCondition))
            return true;
        if ((Limits(query.TopRowFilter) || outermost.OffsetClause?.FetchExpression is not null || query.OffsetClause?.FetchExpression is not null)
            && !query.SelectElements.Any(Gathers))
            return true;
        return isBoundAbove && query.GroupByClause is null && query.HavingClause is null && query.UniqueRowFilter != UniqueRowFilter.Distinct
            && query.SelectElements.All(IsPlain);
    }

    public static bool Limits(TopRowFilter? top) =>
        top is not null && !(top.Percent && Bare(top.Expression) is Literal { Value: "100" or "100.0" });

    /// <summary>Whether a WHERE or ON condition constrains its level; an absent one does not.</summary>
    public static bool OfCondition(BooleanExpression? condition) => condition is not null && Judge(condition).Constrains;

    /// <summary>In one pass, because conditions may be thousands of arms long. A condition varies where it names a column or a variable.</summary>
    static (bool Constrains, bool Varies) Judge(BooleanExpression condition)
    {
        switch (condition)
        {
            case BooleanParenthesisExpression inner: return Judge(inner.Expression);
            case BooleanBinaryExpression both:
                var (a, b) = (Judge(both.FirstExpression), Judge(both.SecondExpression));
                var constrains = (a.Constrains || b.Constrains)
                    && (both.BinaryExpressionType == BooleanBinaryExpressionType.And || (a.Varies && b.Varies));
                return (constrains, a.Varies || b.Varies);
            case BooleanComparisonExpression comparison when Bare(comparison.FirstExpression) is ColumnReferenceExpression x
                && Bare(comparison.SecondExpression) is ColumnReferenceExpression y && SameColumn(x, y):
                return (false, true);
            default: return (NameFinder.Names(condition, orVariable: false), NameFinder.Names(condition, orVariable: true));
        }
    }

    static bool SameColumn(ColumnReferenceExpression a, ColumnReferenceExpression b)
    {
        var (x, y) = (a.MultiPartIdentifier, b.MultiPartIdentifier);
        if (x is null || y is null || x.Count != y.Count)
            return x is null && y is null;
        for (var i = 0; i < x.Count; i++)
            if (!NameText.Same(x[i].Value, y[i].Value))
                return false;
        return true;
    }

    static ScalarExpression Bare(ScalarExpression expression)
    {
        while (expression is ParenthesisExpression inner)
            expression = inner.Expression;
        return expression;
    }

    static bool IsPlain(SelectElement element) => element switch
    {
        SelectStarExpression => true,
        SelectScalarExpression scalar => Bare(scalar.Expression) switch
        {
            CastCall cast => Bare(cast.Parameter) is ColumnReferenceExpression or Literal,
            ConvertCall convert => Bare(convert.Parameter) is ColumnReferenceExpression or Literal,
            var plain => plain is ColumnReferenceExpression or Literal,
        },
        _ => false,
    };

    static bool Gathers(SelectElement element)
    {
        var finder = new GatheringFinder();
        element.Accept(finder);
        return finder.Found;
    }

    sealed class NameFinder(bool orVariable) : TSqlFragmentVisitor
    {
        bool _found;

        public static bool Names(TSqlFragment fragment, bool orVariable)
        {
            var finder = new NameFinder(orVariable);
            fragment.Accept(finder);
            return finder._found;
        }

        public override void Visit(ColumnReferenceExpression node) => _found = true;

        public override void Visit(FullTextPredicate node) => _found = true;

        public override void Visit(VariableReference node) => _found |= orVariable;

        // What a subquery names is of its own level, but a condition that asks one varies with the data.
        public override void Visit(ScalarSubquery node) => _found |= orVariable;
    }

    sealed class GatheringFinder : TSqlFragmentVisitor
    {
        public bool Found { get; private set; }

        public override void Visit(FunctionCall node) => Found |= Array.Exists(s_gathering, name => NameText.Same(name, node.FunctionName.Value));

        public override void ExplicitVisit(ScalarSubquery node)
        {
            // A level of its own.
        }
    }
}
