using System.Data.SqlTypes;
using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.TdsStandIn.Binding;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Functions;

/// <summary>COUNT, SUM, AVG, MIN, MAX, STRING_AGG, STDEV, VAR and their kin.</summary>
internal static class AggregateFunctions
{
    private static readonly HashSet<string> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        "COUNT", "COUNT_BIG", "SUM", "AVG", "MIN", "MAX", "STRING_AGG", "STDEV", "STDEVP", "VAR", "VARP", "CHECKSUM_AGG", "GROUPING",
    };

    public static bool IsAggregate(FunctionCall call) => call.CallTarget is null && Known.Contains(call.FunctionName.Value);

    /// <param name="binder">Binds in the scope of the rows that are aggregated.</param>
    public static BoundAggregate Bind(FunctionCall call, ExpressionBinder binder)
    {
        var name = call.FunctionName.Value.ToUpperInvariant();
        bool distinct = call.UniqueRowFilter == UniqueRowFilter.Distinct;
        if (name is "COUNT" or "COUNT_BIG")
            return Count(name, call, binder, distinct);
        if (name == "STRING_AGG")
            return StringAggregate(call, binder, distinct);
        if (name is "CHECKSUM_AGG" or "GROUPING")
            throw SqlError.Unsupported($"the aggregate {name}");
        var argument = binder.Scalar(call.Parameters[0]);
        if (name is "MIN" or "MAX")
        {
            if (argument.Type.IsOldLob || argument.Type.Kind is SqlKind.Bit or SqlKind.Xml)
                throw SqlError.InvalidOperand(argument.Type, name.ToLowerInvariant());
            int sign = name == "MIN" ? 1 : -1;
            return new BoundAggregate(argument.Type, argument, false, values => values.Count == 0 ? null
                : values.Aggregate((best, value) => SqlCompare.Instance.Compare(value, best) * sign < 0 ? value : best));
        }
        if (!argument.Type.IsNumber || argument.Type.Kind == SqlKind.Bit)
            throw SqlError.InvalidOperand(argument.Type, name.ToLowerInvariant());
        return name is "SUM" or "AVG" ? Sum(argument, name == "AVG", distinct) : Deviation(name, argument, distinct);
    }

    private static BoundAggregate Count(string name, FunctionCall call, ExpressionBinder binder, bool distinct)
    {
        bool star = call.Parameters.Count == 0 || call.Parameters[0] is ColumnReferenceExpression { ColumnType: ColumnType.Wildcard };
        var type = name == "COUNT" ? SqlType.Int : SqlType.BigInt;
        return new BoundAggregate(type, star ? null : binder.Scalar(call.Parameters[0]), distinct,
            values => name == "COUNT" ? values.Count : (object)(long)values.Count);
    }

    private static BoundAggregate Sum(BoundExpression argument, bool average, bool distinct)
    {
        var given = argument.Type;
        var type = given.Kind switch
        {
            SqlKind.TinyInt or SqlKind.SmallInt => SqlType.Int,
            SqlKind.Int or SqlKind.BigInt => given,
            SqlKind.Real or SqlKind.Float => SqlType.Float,
            SqlKind.SmallMoney or SqlKind.Money => SqlType.Money,
            _ => given with { Precision = SqlType.MaxPrecision, Scale = average ? Math.Max((byte)6, given.Scale) : given.Scale },
        };
        return new BoundAggregate(type, argument.To(given.IsDecimal ? given : type), distinct, values =>
        {
            if (values.Count == 0)
                return null;
            var sum = values.Aggregate((total, value) => Arithmetic.Apply(BinaryExpressionType.Add, total!, value!, type, type))!;
            if (!average)
                return SqlConvert.Convert(sum, type, type);
            object count = given.IsDecimal ? new SqlDecimal(values.Count) : Numbers.FromInteger(values.Count, SqlType.Int, type);
            return Arithmetic.Apply(BinaryExpressionType.Divide, sum, count, type, type);
        });
    }

    private static BoundAggregate Deviation(string name, BoundExpression argument, bool distinct) =>
        new(SqlType.Float, argument.To(SqlType.Float), distinct, values =>
        {
            int divisor = name.EndsWith('P') ? values.Count : values.Count - 1;
            if (divisor <= 0)
                return null;
            double mean = values.Average(value => (double)value!);
            double variance = values.Sum(value => Math.Pow((double)value! - mean, 2)) / divisor;
            return name.StartsWith("VAR", StringComparison.Ordinal) ? variance : Math.Sqrt(variance);
        });

    private static BoundAggregate StringAggregate(FunctionCall call, ExpressionBinder binder, bool distinct)
    {
        if (call.Parameters.Count != 2)
            throw SqlError.ArgumentCount("STRING_AGG", 2);
        var value = binder.Scalar(call.Parameters[0]);
        var type = value.Type.IsText ? value.Type with { Kind = value.Type.IsWideText ? SqlKind.NVarChar : SqlKind.VarChar, Length = value.Type.Length == SqlType.Max ? SqlType.Max : value.Type.IsWideText ? 4000 : 8000 }
            : SqlType.NVarChar(4000);
        var separator = binder.Scalar(call.Parameters[1], SqlType.NVarChar(SqlType.Max)).Evaluate;
        return new BoundAggregate(type, value.To(type), distinct,
            values => values.Count == 0 ? null : string.Join((string?)separator(Frame.Empty) ?? "", values.Cast<string>()))
        {
            Order = call.WithinGroupClause is null ? [] : [.. call.WithinGroupClause.OrderByClause.OrderByElements.Select(
                element => new SortKey(binder.Scalar(element.Expression).Evaluate, element.SortOrder == SortOrder.Descending))],
        };
    }
}
