using System.Data.SqlTypes;
using System.Globalization;
using System.Text;

namespace WireProxy.TdsStandIn.Values;

/// <summary>How values look as text: CAST, and the styles of CONVERT.</summary>
internal static class TextForms
{
    private static readonly Encoding CodePage = CodePagesEncodingProvider.Instance.GetEncoding(1252)!;

    public static string ToText(object value, SqlType from, SqlType to, int? style)
    {
        var text = Form(value, from, to, style);
        if (to.Kind is SqlKind.Xml || to.Length == SqlType.Max)
            return text;
        if (text.Length > to.Length)
        {
            // Whole numbers that do not fit become a star, other numbers are an error, texts are cut.
            if (from.IsInteger)
                return to.IsWideText ? throw SqlError.Overflow(from, to) : "*";
            if (from.IsNumber)
                throw SqlError.Overflow(from, to);
            if (from.Kind == SqlKind.UniqueIdentifier)
                throw new SqlError(8170, 16, 2, "Insufficient result space to convert uniqueidentifier value to char.");
            text = text[..to.Length];
        }
        return to.Kind is SqlKind.Char or SqlKind.NChar ? text.PadRight(to.Length) : text;
    }

    /// <summary>The whole text, without regard to a length.</summary>
    public static string Form(object value, SqlType from, SqlType to, int? style = null) => value switch
    {
        string text => text,
        bool flag => flag ? "1" : "0",
        byte or short or int or long => System.Convert.ToInt64(value, null).ToString(CultureInfo.InvariantCulture),
        SqlDecimal number => number.ToString(),
        decimal money => Money(money, style),
        float real => Real(real, style, 6, 7),
        double real => Real(real, style, 6, 16),
        Guid guid => guid.ToString("D").ToUpperInvariant(),
        byte[] bytes => OfBytes(bytes, to, style),
        SqlVariant variant => Form(variant.Value, variant.Type, to, style),
        _ => DateForms.ToText(value, from, style),
    };

    private static string OfBytes(byte[] bytes, SqlType to, int? style) => style switch
    {
        1 => "0x" + System.Convert.ToHexString(bytes),
        2 => System.Convert.ToHexString(bytes),
        _ => to.IsWideText || to.Kind == SqlKind.Xml ? Encoding.Unicode.GetString(bytes.AsSpan(0, bytes.Length & ~1)) : CodePage.GetString(bytes),
    };

    private static string Money(decimal value, int? style) => style switch
    {
        1 => value.ToString("#,##0.00", CultureInfo.InvariantCulture),
        2 or 126 => value.ToString("0.0000", CultureInfo.InvariantCulture),
        _ => value.ToString("0.00", CultureInfo.InvariantCulture),
    };

    /// <summary>Six digits, in scientific notation where the exponent is less than -4 or more than 5, as C's %g; styles 1 to 3 give
    /// every digit in scientific notation.</summary>
    private static string Real(double value, int? style, int digits, int allDigits)
    {
        if (style is 1 or 2)
            return value.ToString($"0.{new string('0', style == 1 ? 7 : 15)}e+000", CultureInfo.InvariantCulture);
        if (style == 3)
            digits = allDigits + 1;
        if (value == 0)
            return "0";
        int exponent = (int)Math.Floor(Math.Log10(Math.Abs(double.Parse(value.ToString("E" + (digits - 1), CultureInfo.InvariantCulture), CultureInfo.InvariantCulture))));
        if (exponent < -4 || exponent >= digits)
            return value.ToString($"0.{new string('#', digits - 1)}e+000", CultureInfo.InvariantCulture);
        return value.ToString("0." + new string('#', Math.Max(0, digits - 1 - exponent)), CultureInfo.InvariantCulture);
    }
}
