using System.Runtime.CompilerServices;
using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.TdsStandIn.Functions;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Binding;

/// <summary>Expressions of the syntax tree -> expressions that can be evaluated.</summary>
internal sealed class ExpressionBinder
{
    private readonly BooleanBinder _booleans;
    private readonly CaseBinder _cases;
    private readonly FunctionBinder _functions;

    public ExpressionBinder(BindContext context, Scope? scope, WindowSet? windows = null)
    {
        Context = context;
        Scope = scope;
        Windows = windows;
        _booleans = new BooleanBinder(this);
        _cases = new CaseBinder(this);
        _functions = new FunctionBinder(this);
    }

    public BindContext Context { get; }

    public Scope? Scope { get; }

    /// <summary>Where window functions are put; null where none may stand.</summary>
    public WindowSet? Windows { get; }

    public Func<Frame, bool?> Boolean(BooleanExpression expression) => _booleans.Bind(expression);

    /// <exception cref="SqlError">The expression names what does not exist, its types do not fit, or the stand-in does not know it.</exception>
    public BoundExpression Scalar(ScalarExpression expression)
    {
        CheckDepth();
        if (expression is PrimaryExpression { Collation: { } collation })
            CheckCollation(collation.Value);
        if (expression is not Literal && Scope?.Grouping?.Find(expression) is { } group)
            return group;
        switch (expression)
        {
            case Literal literal:
                return Literals.Bind(literal);
            case ColumnReferenceExpression column:
                return Column(column);
            case VariableReference variable:
                return Variable(variable.Name);
            case GlobalVariableExpression global:
                return GlobalVariables.Bind(global.Name, Context);
            case ParenthesisExpression inner:
                return Scalar(inner.Expression);
            case UnaryExpression unary:
                return Unary(unary);
            case BinaryExpression binary:
                return Binary(binary.BinaryExpressionType, Scalar(binary.FirstExpression), Scalar(binary.SecondExpression));
            case ScalarSubquery subquery:
                return Subquery(subquery);
            case CaseExpression or IIfCall or CoalesceExpression or NullIfExpression:
                return _cases.Bind((PrimaryExpression)expression);
            case CastCall cast:
                return _functions.Cast(cast.Parameter, cast.DataType, null, attempt: false);
            case TryCastCall cast:
                return _functions.Cast(cast.Parameter, cast.DataType, null, attempt: true);
            case ConvertCall convert:
                return _functions.Cast(convert.Parameter, convert.DataType, convert.Style, attempt: false);
            case TryConvertCall convert:
                return _functions.Cast(convert.Parameter, convert.DataType, convert.Style, attempt: true);
            case FunctionCall or LeftFunctionCall or RightFunctionCall or ParameterlessCall:
                return _functions.Bind((PrimaryExpression)expression);
            default:
                throw SqlError.Unsupported($"the expression '{SyntaxText.Original(expression)}'");
        }
    }

    /// <summary>Expressions nest as deep as a text makes them; the stack does not.</summary>
    /// <exception cref="SqlError">191.</exception>
    public static void CheckDepth()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new SqlError(191, 15, 1, "Some part of your SQL statement is nested too deeply. Rewrite the query or break it up into smaller queries.");
    }

    /// <summary>The expression's value as a type that is asked for.</summary>
    public BoundExpression Scalar(ScalarExpression expression, SqlType type) => Scalar(expression).To(type);

    public static BoundExpression Binary(BinaryExpressionType operation, BoundExpression a, BoundExpression b)
    {
        if (a.IsNullLiteral && !b.IsNullLiteral)
            a = BoundExpression.Constant(b.Type, null);
        if (b.IsNullLiteral && !a.IsNullLiteral)
            b = BoundExpression.Constant(a.Type, null);
        var (operands, result) = Arithmetic.Rule(operation, a.Type, b.Type);
        // Decimals keep their own precision, so that the result's is the exact one.
        Func<Frame, object?> first = a.To(operands.IsDecimal ? TypeRules.AsDecimal(a.Type) : operands).Evaluate;
        Func<Frame, object?> second = b.To(operands.IsDecimal ? TypeRules.AsDecimal(b.Type) : operands).Evaluate;
        return new BoundExpression(result, frame =>
        {
            var x = first(frame);
            var y = second(frame);
            return x is null || y is null ? null : Arithmetic.Apply(operation, x, y, operands, result);
        }, a.IsNullable || b.IsNullable);
    }

    private BoundExpression Column(ColumnReferenceExpression column)
    {
        if (column.ColumnType == ColumnType.PseudoColumnAction)
            return (Scope ?? throw SqlError.InvalidColumn("$action")).Resolve(["$action"]);
        if (column.ColumnType is not ColumnType.Regular)
            throw SqlError.Unsupported($"'{SyntaxText.Original(column)}'");
        var parts = SyntaxText.Parts(column);
        if (Scope is null)
            throw parts.Count == 1 ? SqlError.InvalidColumn(parts[0]) : SqlError.Unbound(string.Join('.', parts));
        return Scope.Resolve(parts);
    }

    private BoundExpression Variable(string name)
    {
        var variable = Context.Module.Variable(name);
        return new BoundExpression(variable.Type, _ => variable.Value);
    }

    private BoundExpression Unary(UnaryExpression unary)
    {
        var operand = Scalar(unary.Expression);
        var type = operand.Type;
        if (!type.IsNumber || type.Kind == SqlKind.Bit && unary.UnaryExpressionType == UnaryExpressionType.Negative)
            throw SqlError.InvalidOperand(type, unary.UnaryExpressionType == UnaryExpressionType.Negative ? "minus" : "'" + unary.UnaryExpressionType + "'");
        switch (unary.UnaryExpressionType)
        {
            case UnaryExpressionType.Positive:
                return operand;
            case UnaryExpressionType.Negative:
                var zero = BoundExpression.Constant(type, Numbers.FromInteger(0, SqlType.Int, type));
                return type.IsDecimal ? Binary(BinaryExpressionType.Subtract, zero, operand).To(type) : Binary(BinaryExpressionType.Subtract, zero, operand);
            default:
                var ones = BoundExpression.Constant(type, type.Kind == SqlKind.TinyInt ? (byte)255 : Numbers.FromInteger(-1, SqlType.Int, type));
                return Binary(BinaryExpressionType.BitwiseXor, operand, ones);
        }
    }

    private BoundExpression Subquery(ScalarSubquery subquery)
    {
        var query = new QueryBinder(Context).Bind(subquery.QueryExpression, Scope);
        if (query.Columns.Count != 1)
            throw new SqlError(116, 16, 1, "Only one expression can be specified in the select list when the subquery is not introduced with EXISTS.");
        return new BoundExpression(query.Columns[0].Type, frame =>
        {
            using var rows = query.Rows(frame).GetEnumerator();
            if (!rows.MoveNext())
                return null;
            var value = rows.Current[0];
            return !rows.MoveNext() ? value : throw new SqlError(512, 16, 1,
                "Subquery returned more than 1 value. This is not permitted when the subquery follows =, !=, <, <= , >, >= or when the subquery is used as an expression.");
        });
    }

    /// <summary>The stand-in compares every text as its one collation does, so another one must not be taken silently.</summary>
    private static void CheckCollation(string name)
    {
        if (!name.Equals("DATABASE_DEFAULT", StringComparison.OrdinalIgnoreCase) && !name.Equals("CATALOG_DEFAULT", StringComparison.OrdinalIgnoreCase)
            && !name.Contains("_CI_", StringComparison.OrdinalIgnoreCase))
            throw SqlError.Unsupported($"the collation {name}");
    }
}
