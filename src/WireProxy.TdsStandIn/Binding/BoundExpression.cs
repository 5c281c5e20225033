using WireProxy.TdsStandIn.Storage;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Binding;

/// <summary>An expression with its type, ready to be evaluated.</summary>
internal sealed class BoundExpression(SqlType type, Func<Frame, object?> evaluate, bool isNullable = true)
{
    public SqlType Type { get; } = type;

    public Func<Frame, object?> Evaluate { get; } = evaluate;

    public bool IsNullable { get; } = isNullable;

    /// <summary>The table's column that the expression is and nothing more.</summary>
    public Origin? Origin { get; init; }

    /// <summary>The word NULL: it takes the type of what it meets.</summary>
    public bool IsNullLiteral { get; init; }

    public static BoundExpression Constant(SqlType type, object? value) => new(type, _ => value, value is null);

    /// <summary>The same value in another type.</summary>
    public BoundExpression To(SqlType type)
    {
        if (type == Type)
            return this;
        if (IsNullLiteral)
            return Constant(type, null);
        var evaluate = Evaluate;
        var from = Type;
        return new BoundExpression(type, frame => SqlConvert.Convert(evaluate(frame), from, type), IsNullable);
    }
}

/// <summary>A column of a table.</summary>
internal sealed record Origin(Table Table, Column Column);
