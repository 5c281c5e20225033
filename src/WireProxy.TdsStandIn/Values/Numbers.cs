using System.Buffers;
using System.Data.SqlTypes;
using System.Globalization;

namespace WireProxy.TdsStandIn.Values;

/// <summary>Numbers brought to numbers, and read from text.</summary>
internal static class Numbers
{
    private static readonly SearchValues<char> DigitsAndPoint = SearchValues.Create("0123456789.");

    private const NumberStyles Whole = NumberStyles.AllowLeadingSign;
    private const NumberStyles Point = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;

    public static object FromNumber(object value, SqlType from, SqlType to) => value switch
    {
        bool flag => FromInteger(flag ? 1 : 0, from, to),
        byte or short or int or long => FromInteger(System.Convert.ToInt64(value, null), from, to),
        decimal money => FromDecimal(new SqlDecimal(money), from, to, round: true),
        SqlDecimal number => FromDecimal(number, from, to, round: false),
        _ => FromDouble(System.Convert.ToDouble(value, null), from, to),
    };

    public static object FromInteger(long value, SqlType from, SqlType to) => to.Kind switch
    {
        SqlKind.Bit => value != 0,
        SqlKind.TinyInt when value is >= byte.MinValue and <= byte.MaxValue => (byte)value,
        SqlKind.SmallInt when value is >= short.MinValue and <= short.MaxValue => (short)value,
        SqlKind.Int when value is >= int.MinValue and <= int.MaxValue => (int)value,
        SqlKind.BigInt => value,
        SqlKind.Real => (float)value,
        SqlKind.Float => (double)value,
        SqlKind.Decimal or SqlKind.Numeric => Fit(new SqlDecimal(value), from, to),
        SqlKind.Money => ToMoney(value, from, to),
        SqlKind.SmallMoney => ToMoney(value, from, to),
        SqlKind.TinyInt or SqlKind.SmallInt => throw new SqlError(220, 16, 1, string.Create(
            CultureInfo.InvariantCulture, $"Arithmetic overflow error for data type {to.Name}, value = {value}.")),
        _ => throw SqlError.Overflow(from, to),
    };

    public static object FromDouble(double value, SqlType from, SqlType to)
    {
        switch (to.Kind)
        {
            case SqlKind.Float:
                return value;
            case SqlKind.Real:
                return float.IsInfinity((float)value) ? throw SqlError.Overflow(from, to) : (float)value;
            case SqlKind.Bit:
                return value != 0;
            case SqlKind.Decimal or SqlKind.Numeric:
                return Fit(FromDouble(value, from, to.Scale), from, to);
            case SqlKind.Money or SqlKind.SmallMoney:
                return Math.Abs(value) > 1e15 ? throw SqlError.Overflow(from, to) : ToMoney((decimal)value, from, to);
            default:
                return Math.Abs(value) < 9.2e18 ? FromInteger((long)Math.Truncate(value), from, to) : throw SqlError.Overflow(from, to);
        }
    }

    public static object FromText(string text, SqlType from, SqlType to)
    {
        switch (to.Kind)
        {
            case SqlKind.Bit:
                return text.ToUpperInvariant() switch
                {
                    "TRUE" => true,
                    "FALSE" => false,
                    _ => FromInteger(long.TryParse(text, Whole, null, out long number) ? number : throw SqlError.ConversionFailed(from, text, to), from, to),
                };
            case SqlKind.Real or SqlKind.Float:
                return text.Length == 0 ? FromDouble(0, from, to)
                    : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double real) ? FromDouble(real, from, to)
                    : throw SqlError.ConversionError(from, to);
            case SqlKind.Decimal or SqlKind.Numeric:
                return Fit(ParseDecimal(text) ?? throw SqlError.ConversionError(from, to), from, to);
            case SqlKind.Money or SqlKind.SmallMoney:
                var digits = text.Replace("$", "", StringComparison.Ordinal).Replace(",", "", StringComparison.Ordinal);
                return digits.Length == 0 ? 0m : decimal.TryParse(digits, Point, CultureInfo.InvariantCulture, out decimal money) ? ToMoney(money, from, to)
                    : throw new SqlError(235, 16, 0, "Cannot convert a char value to money. The char value has incorrect syntax.");
            default:
                return text.Length == 0 ? FromInteger(0, from, to)
                    : Int128.TryParse(text, Whole, CultureInfo.InvariantCulture, out var whole) ? FromText(whole, text, from, to)
                    : to.Kind == SqlKind.BigInt ? throw SqlError.ConversionError(from, to) : throw SqlError.ConversionFailed(from, text, to);
        }
    }

    /// <summary>Digits with a point, without an exponent.</summary>
    public static SqlDecimal? ParseDecimal(string text)
    {
        var digits = text.AsSpan().TrimStart("+-");
        if (digits.Length == 0 || digits.IndexOfAnyExcept(DigitsAndPoint) >= 0 || digits.Count('.') > 1 || digits is ".")
            return null;
        try
        {
            return SqlDecimal.Parse(text);
        }
        catch (Exception error) when (error is OverflowException or FormatException)
        {
            return null;
        }
    }

    /// <summary>The number rounded to the type's scale.</summary>
    /// <exception cref="SqlError">8115: it has more digits before the point than the type.</exception>
    public static SqlDecimal Fit(SqlDecimal value, SqlType from, SqlType to)
    {
        try
        {
            return SqlDecimal.ConvertToPrecScale(SqlDecimal.Round(value, Math.Min((int)to.Scale, (int)value.Scale)), to.Precision, to.Scale);
        }
        catch (Exception error) when (error is SqlTruncateException or OverflowException)
        {
            throw SqlError.Overflow(from, to);
        }
    }

    private static object FromText(Int128 value, string text, SqlType from, SqlType to)
    {
        if (to.Kind == SqlKind.Int && (value > int.MaxValue || value < int.MinValue))
            throw new SqlError(248, 16, 1, $"The conversion of the {from.Name} value '{text}' overflowed an int column.");
        if (to.Kind is SqlKind.SmallInt or SqlKind.TinyInt && (value > long.MaxValue || FromRange((long)value, to)))
            throw new SqlError(244, 16, to.Kind == SqlKind.TinyInt ? (byte)1 : (byte)2,
                $"The conversion of the {from.Name} value '{text}' overflowed an {(to.Kind == SqlKind.TinyInt ? "INT1" : "INT2")} column. Use a larger integer column.");
        return value > long.MaxValue || value < long.MinValue ? throw SqlError.Overflow(from, to) : FromInteger((long)value, from, to);
    }

    private static bool FromRange(long value, SqlType to) =>
        to.Kind == SqlKind.TinyInt ? value is < byte.MinValue or > byte.MaxValue : value is < short.MinValue or > short.MaxValue;

    private static object FromDecimal(SqlDecimal value, SqlType from, SqlType to, bool round)
    {
        switch (to.Kind)
        {
            case SqlKind.Decimal or SqlKind.Numeric:
                return Fit(value, from, to);
            case SqlKind.Real or SqlKind.Float:
                return FromDouble(value.ToDouble(), from, to);
            case SqlKind.Bit:
                return value.CompareTo(new SqlDecimal(0)) != 0;
            case SqlKind.Money or SqlKind.SmallMoney:
                var cut = Fit(value, from, SqlType.Decimal(SqlType.MaxPrecision, 4));
                return ToMoney(ToDecimal(cut, from, to), from, to);
            default:
                var whole = round ? SqlDecimal.Round(value, 0) : SqlDecimal.Truncate(value, 0);
                return FromInteger(ToLong(whole, from, to), from, to);
        }
    }

    private static long ToLong(SqlDecimal value, SqlType from, SqlType to)
    {
        try
        {
            return decimal.ToInt64(ToDecimal(SqlDecimal.ConvertToPrecScale(value, 28, 0), from, to));
        }
        catch (Exception error) when (error is OverflowException or SqlTruncateException)
        {
            throw SqlError.Overflow(from, to);
        }
    }

    private static decimal ToDecimal(SqlDecimal value, SqlType from, SqlType to)
    {
        try
        {
            return value.Value;
        }
        catch (OverflowException)
        {
            throw SqlError.Overflow(from, to);
        }
    }

    private static SqlDecimal FromDouble(double value, SqlType from, byte scale)
    {
        if (double.IsNaN(value) || Math.Abs(value) >= 1e38)
            throw SqlError.Overflow(from, SqlType.Numeric(SqlType.MaxPrecision, scale));
        if (Math.Abs(value) < 7e27)
        {
            int digits = Math.Min(17, (int)scale);
            return new SqlDecimal(Math.Round((decimal)value, digits, MidpointRounding.AwayFromZero));
        }
        return SqlDecimal.Parse(value.ToString("F0", CultureInfo.InvariantCulture));
    }

    private static decimal ToMoney(decimal value, SqlType from, SqlType to)
    {
        var rounded = Math.Round(value, 4, MidpointRounding.AwayFromZero);
        var limit = to.Kind == SqlKind.SmallMoney ? int.MaxValue / 10_000m : long.MaxValue / 10_000m;
        return rounded > limit || rounded < -limit - 0.0001m ? throw SqlError.Overflow(from, to) : rounded;
    }
}
