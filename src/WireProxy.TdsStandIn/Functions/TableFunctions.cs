using System.Globalization;
using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.TdsStandIn.Binding;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Functions;

/// <summary>Functions that give rows: STRING_SPLIT, and GENERATE_SERIES for tests that need many rows.</summary>
internal static class TableFunctions
{
    public static BoundSource Bind(string name, BoundExpression[] arguments, string? alias, IList<Identifier> columns, BindContext context)
    {
        _ = context;
        return name.ToUpperInvariant() switch
        {
            "STRING_SPLIT" when arguments.Length == 2 => Split(arguments, alias ?? name, NameOf(columns)),
            "GENERATE_SERIES" when arguments.Length is 2 or 3 => Series(arguments, alias ?? name, NameOf(columns)),
            _ => throw SqlError.InvalidObject(name),
        };
    }

    private static string NameOf(IList<Identifier> columns) => columns.Count > 0 ? columns[0].Value : "value";

    private static BoundSource Split(BoundExpression[] arguments, string alias, string column)
    {
        var wide = SqlType.NVarChar(SqlType.Max);
        var text = arguments[0].To(wide).Evaluate;
        var separator = arguments[1].To(wide).Evaluate;
        return new BoundSource([new ScopeColumn(alias, "", column, wide, false)], outer =>
        {
            var frame = outer ?? Frame.Empty;
            return text(frame) is string whole && separator(frame) is string { Length: 1 } sign ? whole.Split(sign[0]).Select(part => new object?[] { part }) : [];
        });
    }

    private static BoundSource Series(BoundExpression[] arguments, string alias, string column)
    {
        var numbers = Array.ConvertAll(arguments, argument => argument.To(SqlType.BigInt).Evaluate);
        var type = arguments[0].Type.IsInteger ? arguments[0].Type : SqlType.BigInt;
        return new BoundSource([new ScopeColumn(alias, "", column, type, false)], outer =>
        {
            long[] bounds = Array.ConvertAll(numbers, number => Convert.ToInt64(number(outer ?? Frame.Empty), CultureInfo.InvariantCulture));
            return Numbers(bounds[0], bounds[1], bounds.Length > 2 ? bounds[2] : 1, type);
        });
    }

    private static IEnumerable<object?[]> Numbers(long first, long last, long step, SqlType type)
    {
        if (step == 0)
            throw new SqlError(4199, 16, 1, "Argument value 0 is invalid for argument 3 of generate_series function.");
        for (long number = first; step > 0 ? number <= last : number >= last; number += step)
            yield return [Values.Numbers.FromInteger(number, SqlType.BigInt, type)];
    }
}
