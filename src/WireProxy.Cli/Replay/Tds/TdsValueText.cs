using System.Globalization;
using System.Text;
using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Cli.Replay.Tds;

/// <summary>A value of the wire as text, near to how sqlcmd shows it. What is no text, number or time is hexadecimal behind 0x.</summary>
internal static class TdsValueText
{
    private const int MostScale = 7;

    public static string? Of(in TypeInfo type, TypedValue value)
    {
        if (value.IsNull)
            return null;
        try
        {
            return Of(type, value.ToObject(type)!);
        }
        catch (Exception exception) when (exception is ProtocolException or ArgumentException or OverflowException)
        {
            // A decoder's fallback is no loss to an auditor: the bytes are there.
            return Hexadecimal(value.Data);
        }
    }

    /// <summary>The rows of a table valued parameter, as VALUES would have them.</summary>
    public static string? Of(TvpValue table)
    {
        if (table.Type.IsNull)
            return null;
        var text = new StringBuilder();
        foreach (var row in table)
        {
            text.Append(text.Length > 0 ? ", (" : "(");
            foreach (var cell in row)
            {
                if (cell.Column > 0)
                    text.Append(", ");
                text.Append(Of(table.Layout[cell.Column], cell.Value) is { } value ? $"'{value}'" : "NULL");
            }
            text.Append(')');
        }
        return text.ToString();
    }

    private static string Of(in TypeInfo type, object value) => value switch
    {
        string text => text,
        bool bit => bit ? "1" : "0",
        byte[] bytes => Hexadecimal(bytes),
        DateTime moment => moment.ToString(Pattern(type), CultureInfo.InvariantCulture),
        DateTimeOffset moment => moment.ToString("yyyy-MM-dd HH:mm:ss" + Fraction(ScaleOf(type)) + " zzz", CultureInfo.InvariantCulture),
        DateOnly day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        TimeOnly time => time.ToString("HH:mm:ss" + Fraction(ScaleOf(type)), CultureInfo.InvariantCulture),
        float[] vector => $"[{string.Join(", ", vector.Select(number => number.ToString(CultureInfo.InvariantCulture)))}]",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private static string Pattern(in TypeInfo type) => type.Type switch
    {
        DataType.DateTime2N => "yyyy-MM-dd HH:mm:ss" + Fraction(type.Scale),
        // A variant does not say here what it holds.
        DataType.SsVariant => "yyyy-MM-dd HH:mm:ss.FFFFFFF",
        _ when type.MaxLength == sizeof(int) => "yyyy-MM-dd HH:mm:ss",
        _ => "yyyy-MM-dd HH:mm:ss.fff",
    };

    private static int ScaleOf(in TypeInfo type) => type.Type == DataType.SsVariant ? MostScale : type.Scale;

    private static string Fraction(int scale) => scale == 0 ? "" : "." + new string('f', scale);

    private static string Hexadecimal(ReadOnlySpan<byte> bytes) => "0x" + Convert.ToHexString(bytes);
}
