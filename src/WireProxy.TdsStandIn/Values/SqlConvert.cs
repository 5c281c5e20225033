using System.Data.SqlTypes;
using System.Text;

namespace WireProxy.TdsStandIn.Values;

/// <summary>
/// Brings a value to another type, as CAST, CONVERT, assignment and comparison do. Values are held so: bit <see cref="bool"/>,
/// tinyint <see cref="byte"/>, smallint <see cref="short"/>, int <see cref="int"/>, bigint <see cref="long"/>, decimal and numeric
/// <see cref="SqlDecimal"/>, money <see cref="decimal"/>, real <see cref="float"/>, float <see cref="double"/>, date
/// <see cref="DateOnly"/>, time <see cref="TimeSpan"/>, the three datetimes <see cref="DateTime"/>, datetimeoffset
/// <see cref="DateTimeOffset"/>, texts and XML <see cref="string"/>, binaries <see cref="byte"/>[], sql_variant <see cref="SqlVariant"/>.
/// </summary>
internal static class SqlConvert
{
    /// <param name="style">CONVERT's third argument; null where there is none.</param>
    /// <exception cref="SqlError">As SQL Server would say it: 245, 8114, 8115, 241, 8169, 529.</exception>
    public static object? Convert(object? value, SqlType from, SqlType to, int? style = null)
    {
        if (value is null)
            return null;
        if (value is SqlVariant variant)
            return to.Kind == SqlKind.Variant ? value : Convert(variant.Value, variant.Type, to, style);
        if (from == to && style is null)
            return value;
        if (to.Kind == SqlKind.Variant)
            return new SqlVariant(Narrowed(from, value), value);
        if (to.IsText || to.Kind == SqlKind.Xml)
            return TextForms.ToText(value, from, to, style);
        if (to.IsBinary)
            return Binaries.FromValue(value, from, to, style);
        if (to.IsDateOrTime)
            return DateForms.FromValue(value, from, to, style);
        if (to.Kind == SqlKind.UniqueIdentifier)
            return ToGuid(value, from, to);
        if (from.IsText)
            return Numbers.FromText(((string)value).Trim(), from, to);
        if (from.IsBinary)
            return to.IsInteger || to.Kind == SqlKind.Bit ? Numbers.FromInteger(Binaries.ToInteger((byte[])value, to), from, to) : throw SqlError.NoConversion(from, to);
        if (value is DateTime moment && from.Kind is SqlKind.DateTime or SqlKind.SmallDateTime)
            return Numbers.FromDouble((moment - DateForms.Year1900).TotalDays, SqlType.Float, to);
        return from.IsNumber ? Numbers.FromNumber(value, from, to) : throw SqlError.NoConversion(from, to);
    }

    /// <summary>As <see cref="Convert"/>; NULL where the value cannot be converted.</summary>
    public static object? TryConvert(object? value, SqlType from, SqlType to, int? style = null)
    {
        try
        {
            return Convert(value, from, to, style);
        }
        catch (SqlError error) when (error.Number != 529)
        {
            return null;
        }
    }

    /// <summary>Assignment to a column: unlike CAST, it does not cut texts that are too long.</summary>
    public static object? Store(object? value, SqlType from, SqlType to, string table, string column)
    {
        if (value is string text && (to.IsText && to.Length != SqlType.Max) && text.Length > to.Length && text.AsSpan().TrimEnd(' ').Length > to.Length)
            throw SqlError.Truncated(table, column, text[..to.Length]);
        if (value is byte[] bytes && to.IsBinary && to.Length != SqlType.Max && bytes.Length > to.Length)
            throw SqlError.Truncated(table, column, System.Convert.ToHexString(bytes.AsSpan(0, to.Length)));
        return Convert(value, from, to);
    }

    /// <summary>What a value alone says of its type, for a variant made of a (max) type.</summary>
    private static SqlType Narrowed(SqlType type, object value) => value switch
    {
        string text when type.Length == SqlType.Max => type with { Length = Math.Max(1, Math.Min(text.Length, 4000)) },
        byte[] bytes when type.Length == SqlType.Max => type with { Length = Math.Max(1, Math.Min(bytes.Length, 8000)) },
        _ => type,
    };

    private static object ToGuid(object value, SqlType from, SqlType to) => value switch
    {
        Guid => value,
        string text when Guid.TryParse(text.Trim().Length > 36 && !text.StartsWith('{') ? text.Trim()[..36] : text.Trim(), out var guid) => guid,
        string => throw new SqlError(8169, 16, 2, "Conversion failed when converting from a character string to uniqueidentifier."),
        byte[] bytes => new Guid([.. bytes.AsSpan(0, Math.Min(16, bytes.Length)), .. new byte[16 - Math.Min(16, bytes.Length)]]),
        _ => throw SqlError.NoConversion(from, to),
    };
}

/// <summary>Binaries of values and values of binaries.</summary>
internal static class Binaries
{
    private static readonly Encoding CodePage = CodePagesEncodingProvider.Instance.GetEncoding(1252)!;

    public static object FromValue(object value, SqlType from, SqlType to, int? style)
    {
        byte[] bytes = value switch
        {
            byte[] own => own,
            string text when style is 1 or 2 => FromHex(text, style == 1, from, to),
            string text when from.IsWideText => Encoding.Unicode.GetBytes(text),
            string text => CodePage.GetBytes(text),
            Guid guid => guid.ToByteArray(),
            bool flag => [flag ? (byte)1 : (byte)0],
            byte or short or int or long => FromInteger(System.Convert.ToInt64(value, null), from.StorageLength),
            _ => throw SqlError.Unsupported($"the conversion of {from.Name} to {to.Name}"),
        };
        return Fit(bytes, to, from.IsInteger);
    }

    public static byte[] FromInteger(long value, int length)
    {
        byte[] bytes = new byte[length];
        for (int i = length - 1; i >= 0; i--, value >>= 8)
            bytes[i] = (byte)value;
        return bytes;
    }

    /// <summary>The last bytes, the most significant first.</summary>
    public static long ToInteger(ReadOnlySpan<byte> bytes, SqlType to)
    {
        long value = 0;
        foreach (byte part in bytes[Math.Max(0, bytes.Length - 8)..])
            value = (value << 8) | part;
        return to.Kind switch
        {
            SqlKind.Int => (int)value,
            SqlKind.SmallInt => (short)value,
            SqlKind.TinyInt => (byte)value,
            _ => value,
        };
    }

    private static byte[] FromHex(string text, bool prefixed, SqlType from, SqlType to)
    {
        var digits = prefixed && text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? text[2..] : text;
        try
        {
            return System.Convert.FromHexString(digits);
        }
        catch (FormatException)
        {
            throw SqlError.ConversionError(from, to);
        }
    }

    /// <summary>Numbers keep their last bytes, everything else its first.</summary>
    private static byte[] Fit(byte[] bytes, SqlType to, bool fromNumber)
    {
        if (to.Length == SqlType.Max || bytes.Length == to.Length || bytes.Length < to.Length && to.Kind == SqlKind.VarBinary)
            return bytes;
        if (bytes.Length > to.Length)
            return fromNumber ? bytes[^to.Length..] : bytes[..to.Length];
        byte[] padded = new byte[to.Length];
        bytes.CopyTo(padded, fromNumber ? to.Length - bytes.Length : 0);
        return padded;
    }
}
