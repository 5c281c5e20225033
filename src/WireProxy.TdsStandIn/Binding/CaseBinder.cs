using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Binding;

/// <summary>CASE and what is short for it: IIF, COALESCE, NULLIF.</summary>
internal sealed class CaseBinder(ExpressionBinder expressions)
{
    public BoundExpression Bind(PrimaryExpression expression)
    {
        switch (expression)
        {
            case SearchedCaseExpression searched:
                return Branches(
                    [.. searched.WhenClauses.Select(when => expressions.Boolean(when.WhenExpression))],
                    [.. searched.WhenClauses.Select(when => expressions.Scalar(when.ThenExpression))], Else(searched));
            case SimpleCaseExpression simple:
                var input = expressions.Scalar(simple.InputExpression);
                return Branches(
                    [.. simple.WhenClauses.Select(when => BooleanBinder.Comparison(BooleanComparisonType.Equals, input, expressions.Scalar(when.WhenExpression)))],
                    [.. simple.WhenClauses.Select(when => expressions.Scalar(when.ThenExpression))], Else(simple));
            case IIfCall iif:
                return Branches([expressions.Boolean(iif.Predicate)], [expressions.Scalar(iif.ThenExpression)], expressions.Scalar(iif.ElseExpression));
            case CoalesceExpression coalesce:
                return Coalesce([.. coalesce.Expressions.Select(expressions.Scalar)]);
            case NullIfExpression nullIf:
                var first = expressions.Scalar(nullIf.FirstExpression);
                var same = BooleanBinder.Comparison(BooleanComparisonType.Equals, first, expressions.Scalar(nullIf.SecondExpression));
                return new BoundExpression(first.Type, frame => same(frame) == true ? null : first.Evaluate(frame));
            default:
                throw SqlError.Unsupported($"the expression '{SyntaxText.Original(expression)}'");
        }
    }

    /// <summary>The type of highest precedence among them; a NULL that is only a word does not count.</summary>
    public static SqlType CommonType(IEnumerable<BoundExpression> all)
    {
        var typed = all.Where(expression => !expression.IsNullLiteral).Select(expression => expression.Type).ToList();
        return typed.Count == 0 ? SqlType.Int : typed.Aggregate(TypeRules.Common);
    }

    private static BoundExpression Coalesce(BoundExpression[] values)
    {
        var type = CommonType(values);
        var converted = Array.ConvertAll(values, value => value.To(type).Evaluate);
        return new BoundExpression(type, frame =>
        {
            foreach (var value in converted)
                if (value(frame) is { } found)
                    return found;
            return null;
        }, Array.TrueForAll(values, value => value.IsNullable));
    }

    private BoundExpression? Else(CaseExpression expression) => expression.ElseExpression is null ? null : expressions.Scalar(expression.ElseExpression);

    private static BoundExpression Branches(Func<Frame, bool?>[] conditions, BoundExpression[] results, BoundExpression? otherwise)
    {
        var type = CommonType(otherwise is null ? results : [.. results, otherwise]);
        var values = Array.ConvertAll(results, result => result.To(type).Evaluate);
        var rest = otherwise?.To(type).Evaluate;
        return new BoundExpression(type, frame =>
        {
            for (int i = 0; i < conditions.Length; i++)
                if (conditions[i](frame) == true)
                    return values[i](frame);
            return rest?.Invoke(frame);
        }, otherwise is null || otherwise.IsNullable || Array.Exists(results, result => result.IsNullable));
    }
}
