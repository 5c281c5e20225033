using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.TdsStandIn.Binding;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Functions;

/// <summary>Calls of functions, CAST and CONVERT.</summary>
internal sealed class FunctionBinder(ExpressionBinder expressions)
{
    private static readonly Dictionary<string, ScalarFunction> Known = Registered();

    public BoundExpression Bind(PrimaryExpression call) => call switch
    {
        FunctionCall function => Function(function),
        LeftFunctionCall left => Named("LEFT", left.Parameters),
        RightFunctionCall right => Named("RIGHT", right.Parameters),
        ParameterlessCall { ParameterlessCallType: ParameterlessCallType.CurrentTimestamp } => Named("GETDATE", []),
        ParameterlessCall { ParameterlessCallType: ParameterlessCallType.SystemUser } => Named("SUSER_SNAME", []),
        _ => Named("USER_NAME", []),
    };

    /// <param name="attempt">TRY_CAST and TRY_CONVERT: what cannot be converted is NULL.</param>
    public BoundExpression Cast(ScalarExpression parameter, DataTypeReference reference, ScalarExpression? style, bool attempt)
    {
        var value = expressions.Scalar(parameter);
        var type = TypeRules.FromSyntax(reference, inCast: true);
        if (value.IsNullLiteral)
            return BoundExpression.Constant(type, null);
        CheckCast(value.Type, type);
        var number = style is null ? null : expressions.Scalar(style, SqlType.Int).Evaluate;
        var evaluate = value.Evaluate;
        var from = value.Type;
        return new BoundExpression(type, frame =>
        {
            var source = evaluate(frame);
            int? stated = (int?)number?.Invoke(frame);
            return attempt ? SqlConvert.TryConvert(source, from, type, stated) : SqlConvert.Convert(source, from, type, stated);
        }, value.IsNullable || attempt);
    }

    private static void CheckCast(SqlType from, SqlType to)
    {
        if (to.Kind == SqlKind.UniqueIdentifier && !from.IsText && !from.IsBinary && from.Kind is not (SqlKind.UniqueIdentifier or SqlKind.Variant))
            throw SqlError.NoConversion(from, to);
        if (to.IsOldLob && !from.IsText && !from.IsBinary && from.Kind is not (SqlKind.Variant or SqlKind.Xml))
            throw SqlError.NoConversion(from, to);
    }

    private static Dictionary<string, ScalarFunction> Registered()
    {
        var functions = new Dictionary<string, ScalarFunction>(StringComparer.OrdinalIgnoreCase);
        TextFunctions.Register(functions);
        MathFunctions.Register(functions);
        DateFunctions.Register(functions);
        SystemFunctions.Register(functions);
        MetadataFunctions.Register(functions);
        return functions;
    }

    private BoundExpression Function(FunctionCall call)
    {
        var name = call.FunctionName.Value.ToUpperInvariant();
        if (call.CallTarget is not null)
            throw SqlError.Unsupported($"'{SyntaxText.Original(call)}': functions of users and methods of values");
        if (call.OverClause is not null)
            return WindowFunctions.Bind(call, expressions);
        if (AggregateFunctions.IsAggregate(call))
            return Aggregate(call);
        switch (name)
        {
            case "DATEPART" or "DATENAME" or "DATEADD" or "DATEDIFF" or "DATEDIFF_BIG":
                int expected = name is "DATEPART" or "DATENAME" ? 2 : 3;
                if (call.Parameters.Count != expected || call.Parameters[0] is not ColumnReferenceExpression { MultiPartIdentifier.Count: 1 } part)
                    throw SqlError.ArgumentCount(name, expected);
                return DateFunctions.BindPart(name, part.MultiPartIdentifier[0].Value, [.. call.Parameters.Skip(1).Select(expressions.Scalar)]);
            case "ISNULL" when call.Parameters.Count == 2:
                return IsNull(expressions.Scalar(call.Parameters[0]), expressions.Scalar(call.Parameters[1]));
            case "CHOOSE" when call.Parameters.Count >= 2:
                return Choose(expressions.Scalar(call.Parameters[0], SqlType.Int), [.. call.Parameters.Skip(1).Select(expressions.Scalar)]);
            default:
                return Named(name, call.Parameters);
        }
    }

    private BoundExpression Named(string name, IList<ScalarExpression> parameters) => Known.TryGetValue(name, out var function)
        ? function.Bind(name, [.. parameters.Select(expressions.Scalar)], expressions.Context)
        : throw SqlError.NoFunction(name);

    private BoundExpression Aggregate(FunctionCall call)
    {
        var grouping = expressions.Scope?.Grouping ?? throw new SqlError(147, 15, 1,
            "An aggregate may not appear in the WHERE clause unless it is in a subquery contained in a HAVING clause or a select list, and the column being aggregated is an outer reference.");
        return grouping.Add(AggregateFunctions.Bind(call, new ExpressionBinder(expressions.Context, grouping.Source)));
    }

    private static BoundExpression IsNull(BoundExpression value, BoundExpression otherwise)
    {
        var type = value.IsNullLiteral ? otherwise.Type : value.Type;
        var first = value.To(type).Evaluate;
        var second = otherwise.To(type).Evaluate;
        return new BoundExpression(type, frame => first(frame) ?? second(frame), otherwise.IsNullable);
    }

    private static BoundExpression Choose(BoundExpression number, BoundExpression[] values)
    {
        var type = CaseBinder.CommonType(values);
        var converted = Array.ConvertAll(values, value => value.To(type).Evaluate);
        return new BoundExpression(type, frame =>
            number.Evaluate(frame) is int place && place >= 1 && place <= converted.Length ? converted[place - 1](frame) : null);
    }
}
