using System.Data.SqlTypes;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Functions;

/// <summary>Functions of numbers.</summary>
internal static class MathFunctions
{
    public static void Register(IDictionary<string, ScalarFunction> functions)
    {
        void Float(string name, Func<double, double> compute) =>
            functions[name] = new(1, 1, [SqlType.Float], _ => SqlType.Float, (_, a) => Finite(compute((double)a[0]!)));
        Float("SQRT", Math.Sqrt);
        Float("EXP", Math.Exp);
        Float("LOG10", Math.Log10);
        Float("SIN", Math.Sin);
        Float("COS", Math.Cos);
        Float("TAN", Math.Tan);
        Float("SQUARE", value => value * value);
        Float("RADIANS", value => value * Math.PI / 180);
        functions["LOG"] = new(1, 2, [SqlType.Float], _ => SqlType.Float, (_, a) => Finite(a.Length > 1 ? Math.Log((double)a[0]!, (double)a[1]!) : Math.Log((double)a[0]!)));
        functions["PI"] = new(0, 0, [], _ => SqlType.Float, (_, _) => Math.PI);
        functions["POWER"] = new(2, 2, [null, SqlType.Float], types => Rounded(types[0]), (_, _) => null)
        {
            ComputeTyped = (_, a, types) => Numbers.FromNumber(Finite(Math.Pow(ToDouble(a[0]!, types[0]), (double)a[1]!)), SqlType.Float, Rounded(types[0])),
        };
        functions["ABS"] = new(1, 1, [null], types => Rounded(types[0]), (_, _) => null) { ComputeTyped = (_, a, types) => Abs(a[0]!, types[0]) };
        functions["SIGN"] = new(1, 1, [null], types => Rounded(types[0]), (_, _) => null)
        {
            ComputeTyped = (_, a, types) => Numbers.FromInteger(Math.Sign(ToDouble(a[0]!, types[0])), SqlType.Int, Rounded(types[0])),
        };
        functions["FLOOR"] = Whole(Math.Floor, value => SqlDecimal.Floor(value));
        functions["CEILING"] = Whole(Math.Ceiling, value => SqlDecimal.Ceiling(value));
        functions["ROUND"] = new(2, 3, [null, SqlType.Int], types => Rounded(types[0]), (_, _) => null)
        {
            ComputeTyped = (_, a, types) => Round(a[0]!, types[0], (int)a[1]!, a.Length > 2 && (int)a[2]! != 0),
        };
        functions["RAND"] = new(0, 1, [SqlType.Int], _ => SqlType.Float, (_, a) => a.Length == 0 ? Random.Shared.NextDouble() : new Random((int)a[0]!).NextDouble());
    }

    private static ScalarFunction Whole(Func<double, double> real, Func<SqlDecimal, SqlDecimal> exact) => new(
        1, 1, [null], types => types[0].IsDecimal ? types[0] with { Scale = 0 } : Rounded(types[0]), (_, _) => null)
    {
        ComputeTyped = (_, a, types) => types[0].IsDecimal
            ? Numbers.Fit(exact((SqlDecimal)a[0]!), types[0], types[0] with { Scale = 0 })
            : types[0].IsInteger ? a[0] : Numbers.FromNumber(real(ToDouble(a[0]!, types[0])), SqlType.Float, Rounded(types[0])),
    };

    /// <summary>Smaller whole numbers become int, real and text become float.</summary>
    private static SqlType Rounded(SqlType type) => type.Kind switch
    {
        SqlKind.Bit or SqlKind.TinyInt or SqlKind.SmallInt => SqlType.Int,
        SqlKind.SmallMoney => SqlType.Money,
        _ when type.IsInteger || type.IsDecimal || type.IsMoney => type,
        _ when type.IsText || type.IsFloat => SqlType.Float,
        _ => throw SqlError.InvalidOperand(type, "this"),
    };

    private static double ToDouble(object value, SqlType type) => (double)SqlConvert.Convert(value, type, SqlType.Float)!;

    private static double Finite(double value) => double.IsFinite(value) ? value : throw new SqlError(3623, 16, 1, "An invalid floating point operation occurred.");

    private static object Abs(object value, SqlType type) => value switch
    {
        SqlDecimal number => SqlDecimal.Abs(number),
        decimal money => Math.Abs(money),
        _ when type.IsInteger => Numbers.FromInteger(Math.Abs(Convert.ToInt64(value, null)), type, Rounded(type)),
        _ => Math.Abs(ToDouble(value, type)),
    };

    private static object Round(object value, SqlType type, int digits, bool cut)
    {
        if (value is SqlDecimal number)
        {
            int places = Math.Clamp(digits, number.Scale - number.Precision, number.Scale);
            return Numbers.Fit(cut ? SqlDecimal.Truncate(number, places) : SqlDecimal.Round(number, places), type, type);
        }
        decimal unit = (decimal)Math.Pow(10, Math.Clamp(-digits, -20, 20));
        decimal scaled = (decimal)ToDouble(value, type) / unit;
        if (value is decimal money)
            scaled = money / unit;
        var rounded = (cut ? decimal.Truncate(scaled) : Math.Round(scaled, MidpointRounding.AwayFromZero)) * unit;
        return Numbers.FromNumber(new SqlDecimal(rounded), SqlType.Numeric(38, 10), Rounded(type));
    }
}
