using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Binding;

/// <summary>Conditions, in the logic of three values: null stands for UNKNOWN.</summary>
internal sealed class BooleanBinder(ExpressionBinder expressions)
{
    public Func<Frame, bool?> Bind(BooleanExpression expression)
    {
        ExpressionBinder.CheckDepth();
        switch (expression)
        {
            case BooleanParenthesisExpression inner:
                return Bind(inner.Expression);
            case BooleanNotExpression not:
                var negated = Bind(not.Expression);
                return frame => !negated(frame);
            case BooleanBinaryExpression binary:
                return Joined(binary);
            case BooleanComparisonExpression comparison:
                return Comparison(comparison.ComparisonType, expressions.Scalar(comparison.FirstExpression), expressions.Scalar(comparison.SecondExpression));
            case BooleanIsNullExpression isNull:
                var tested = expressions.Scalar(isNull.Expression).Evaluate;
                return isNull.IsNot ? frame => tested(frame) is not null : frame => tested(frame) is null;
            case BooleanTernaryExpression between:
                return Between(between);
            case InPredicate membership:
                return membership.Subquery is null ? InValues(membership) : InSubquery(membership);
            case LikePredicate like:
                return Like(like);
            case ExistsPredicate exists:
                var query = new QueryBinder(expressions.Context).Bind(exists.Subquery.QueryExpression, expressions.Scope);
                return frame => query.Rows(frame).Any();
            case SubqueryComparisonPredicate quantified:
                return Quantified(quantified);
            default:
                throw SqlError.Unsupported($"the condition '{SyntaxText.Original(expression)}'");
        }
    }

    public static Func<Frame, bool?> Comparison(BooleanComparisonType type, BoundExpression a, BoundExpression b)
    {
        if (a.Type.IsOldLob || b.Type.IsOldLob || a.Type.Kind == SqlKind.Xml || b.Type.Kind == SqlKind.Xml)
            throw new SqlError(402, 16, 1, $"The data types {a.Type.Name} and {b.Type.Name} are incompatible in the {Word(type)} operator.");
        var common = CommonOf(a, b);
        var first = a.To(common).Evaluate;
        var second = b.To(common).Evaluate;
        return frame =>
        {
            var x = first(frame);
            var y = second(frame);
            return x is null || y is null ? null : Holds(type, SqlCompare.Instance.Compare(x, y));
        };
    }

    private static SqlType CommonOf(BoundExpression a, BoundExpression b) =>
        a.IsNullLiteral ? b.Type : b.IsNullLiteral ? a.Type : TypeRules.Common(a.Type, b.Type);

    private static string Word(BooleanComparisonType type) => type switch
    {
        BooleanComparisonType.Equals => "equal to",
        BooleanComparisonType.NotEqualToBrackets or BooleanComparisonType.NotEqualToExclamation => "not equal to",
        BooleanComparisonType.LessThan => "less than",
        BooleanComparisonType.GreaterThan => "greater than",
        _ => "comparison",
    };

    private static bool Holds(BooleanComparisonType type, int order) => type switch
    {
        BooleanComparisonType.Equals => order == 0,
        BooleanComparisonType.NotEqualToBrackets or BooleanComparisonType.NotEqualToExclamation => order != 0,
        BooleanComparisonType.GreaterThan => order > 0,
        BooleanComparisonType.GreaterThanOrEqualTo or BooleanComparisonType.NotLessThan => order >= 0,
        BooleanComparisonType.LessThan => order < 0,
        BooleanComparisonType.LessThanOrEqualTo or BooleanComparisonType.NotGreaterThan => order <= 0,
        _ => throw SqlError.Unsupported("the operators *= and =*"),
    };

    private Func<Frame, bool?> Joined(BooleanBinaryExpression binary)
    {
        var first = Bind(binary.FirstExpression);
        var second = Bind(binary.SecondExpression);
        return binary.BinaryExpressionType == BooleanBinaryExpressionType.And
            ? frame => first(frame) is var x && x == false ? false : x & second(frame)
            : frame => first(frame) is var x && x == true ? true : x | second(frame);
    }

    private Func<Frame, bool?> Between(BooleanTernaryExpression between)
    {
        var value = expressions.Scalar(between.FirstExpression);
        var low = Comparison(BooleanComparisonType.GreaterThanOrEqualTo, value, expressions.Scalar(between.SecondExpression));
        var high = Comparison(BooleanComparisonType.LessThanOrEqualTo, value, expressions.Scalar(between.ThirdExpression));
        return between.TernaryExpressionType == BooleanTernaryExpressionType.Between
            ? frame => low(frame) & high(frame)
            : frame => !(low(frame) & high(frame));
    }

    private Func<Frame, bool?> InValues(InPredicate membership)
    {
        var value = expressions.Scalar(membership.Expression);
        var tests = membership.Values.Select(item => Comparison(BooleanComparisonType.Equals, value, expressions.Scalar(item))).ToArray();
        bool negated = membership.NotDefined;
        return frame =>
        {
            bool? found = false;
            foreach (var test in tests)
            {
                found |= test(frame);
                if (found == true)
                    break;
            }
            return negated ? !found : found;
        };
    }

    private Func<Frame, bool?> InSubquery(InPredicate membership)
    {
        var any = Any(membership.Expression, BooleanComparisonType.Equals, membership.Subquery);
        return membership.NotDefined ? frame => !any(frame) : any;
    }

    private Func<Frame, bool?> Quantified(SubqueryComparisonPredicate predicate) =>
        predicate.SubqueryComparisonPredicateType == SubqueryComparisonPredicateType.All
            ? All(predicate.Expression, predicate.ComparisonType, predicate.Subquery)
            : Any(predicate.Expression, predicate.ComparisonType, predicate.Subquery);

    private Func<Frame, bool?> Any(ScalarExpression expression, BooleanComparisonType type, ScalarSubquery subquery)
    {
        var results = Results(expression, type, subquery);
        return frame =>
        {
            bool? found = false;
            foreach (var result in results(frame))
            {
                found |= result;
                if (found == true)
                    break;
            }
            return found;
        };
    }

    private Func<Frame, bool?> All(ScalarExpression expression, BooleanComparisonType type, ScalarSubquery subquery)
    {
        var results = Results(expression, type, subquery);
        return frame => results(frame).Aggregate((bool?)true, (all, result) => all & result);
    }

    private Func<Frame, IEnumerable<bool?>> Results(ScalarExpression expression, BooleanComparisonType type, ScalarSubquery subquery)
    {
        var value = expressions.Scalar(expression);
        var query = new QueryBinder(expressions.Context).Bind(subquery.QueryExpression, expressions.Scope);
        if (query.Columns.Count != 1)
            throw new SqlError(116, 16, 1, "Only one expression can be specified in the select list when the subquery is not introduced with EXISTS.");
        var common = value.IsNullLiteral ? query.Columns[0].Type : TypeRules.Common(value.Type, query.Columns[0].Type);
        var left = value.To(common).Evaluate;
        var from = query.Columns[0].Type;
        return frame =>
        {
            var x = left(frame);
            return query.Rows(frame).Select(row => SqlConvert.Convert(row[0], from, common) is { } y && x is not null
                ? Holds(type, SqlCompare.Instance.Compare(x, y)) : (bool?)null);
        };
    }

    private Func<Frame, bool?> Like(LikePredicate like)
    {
        var wide = SqlType.NVarChar(SqlType.Max);
        var value = expressions.Scalar(like.FirstExpression, wide).Evaluate;
        var pattern = expressions.Scalar(like.SecondExpression, wide).Evaluate;
        var escape = like.EscapeExpression is null ? null : expressions.Scalar(like.EscapeExpression, wide).Evaluate;
        bool negated = like.NotDefined;
        return frame =>
        {
            if (value(frame) is not string text || pattern(frame) is not string form)
                return null;
            char? sign = escape?.Invoke(frame) is string { Length: 1 } one ? one[0] : null;
            return LikePattern.Matches(text, form, sign) != negated;
        };
    }
}
