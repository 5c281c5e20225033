using WireProxy.TdsStandIn.Binding;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Functions;

/// <summary>A function of values.</summary>
/// <param name="Fewest">Arguments at least; <paramref name="Most"/> at most.</param>
/// <param name="Parameters">The types to which the arguments are brought, the last one for all further ones; null leaves one as it is.</param>
/// <param name="Result">The result's type, of the arguments' types.</param>
/// <param name="Compute">The value; an argument that is NULL makes the result NULL before it is asked, unless <see cref="TakesNull"/>.</param>
internal sealed record ScalarFunction(
    int Fewest, int Most, SqlType?[] Parameters, Func<IReadOnlyList<SqlType>, SqlType> Result, Func<BindContext, object?[], object?> Compute)
{
    public bool TakesNull { get; init; }

    /// <summary>The last argument's own type is needed to compute.</summary>
    public Func<BindContext, object?[], IReadOnlyList<SqlType>, object?>? ComputeTyped { get; init; }

    public BoundExpression Bind(string name, BoundExpression[] arguments, BindContext context)
    {
        if (arguments.Length < Fewest || arguments.Length > Most)
            throw SqlError.ArgumentCount(name, Fewest);
        var converted = arguments.Select((argument, i) =>
            Parameters.Length > 0 && Parameters[Math.Min(i, Parameters.Length - 1)] is { } type ? argument.To(Fit(argument.Type, type)) : argument).ToArray();
        SqlType[] types = [.. converted.Select(argument => argument.Type)];
        var result = Result(types);
        var evaluate = Array.ConvertAll(converted, argument => argument.Evaluate);
        return new BoundExpression(result, frame =>
        {
            var values = new object?[evaluate.Length];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = evaluate[i](frame);
                if (values[i] is null && !TakesNull)
                    return null;
            }
            var value = ComputeTyped is null ? Compute(context, values) : ComputeTyped(context, values, types);
            return value is string text && result.IsText && result.Length != SqlType.Max && text.Length > result.Length ? text[..result.Length] : value;
        });
    }

    /// <summary>A text stays the text that it is: only what is none becomes one.</summary>
    private static SqlType Fit(SqlType from, SqlType to) => to.IsText && from.IsText && !from.IsOldLob ? from : to;
}
