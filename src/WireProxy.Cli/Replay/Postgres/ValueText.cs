using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using WireProxy.Protocols.Postgres;
using WireProxy.Protocols.Wire;

namespace WireProxy.Cli.Replay.Postgres;

/// <summary>A value of the wire as text. In text format it is as it came; of the binary formats those of the common types are
/// known (PostgreSQL's src/backend/utils/adt, the *send functions), and anything else is shown as <c>\x</c> and hexadecimal.</summary>
internal static class ValueText
{
    private static readonly SearchValues<char> NeedQuotes = SearchValues.Create("{}\",\\ ");

    // Dates and times count from 2000-01-01 (POSTGRES_EPOCH_JDATE).
    private static readonly DateTime Epoch = new(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <param name="type">OID of the type (pg_type.dat); 0 where it is not known.</param>
    /// <param name="format">0 text, 1 binary.</param>
    public static string? Of(FieldValue value, uint type, short format)
    {
        if (value.IsNull)
            return null;
        if (format == 0)
            return Encoding.UTF8.GetString(value.Bytes);
        try
        {
            return Binary(value.Bytes, type) ?? Hexadecimal(value.Bytes);
        }
        catch (Exception exception) when (exception is ArgumentException or ProtocolException or OverflowException)
        {
            return Hexadecimal(value.Bytes);
        }
    }

    private static string Hexadecimal(ReadOnlySpan<byte> bytes) => "\\x" + Convert.ToHexStringLower(bytes);

    private static string? Binary(ReadOnlySpan<byte> bytes, uint type) => (type, bytes.Length) switch
    {
        (16, 1) => bytes[0] != 0 ? "t" : "f",
        (21, 2) => Invariant(BinaryPrimitives.ReadInt16BigEndian(bytes)),
        (23, 4) => Invariant(BinaryPrimitives.ReadInt32BigEndian(bytes)),
        (26, 4) => Invariant(BinaryPrimitives.ReadUInt32BigEndian(bytes)),
        (20, 8) => Invariant(BinaryPrimitives.ReadInt64BigEndian(bytes)),
        (700, 4) => Invariant(BinaryPrimitives.ReadSingleBigEndian(bytes)),
        (701, 8) => Invariant(BinaryPrimitives.ReadDoubleBigEndian(bytes)),
        // name, text, json, xml, bpchar, varchar, unknown
        (19 or 25 or 114 or 142 or 1042 or 1043 or 705, _) => Encoding.UTF8.GetString(bytes),
        // jsonb has a version before the text.
        (3802, > 0) => Encoding.UTF8.GetString(bytes[1..]),
        (2950, 16) => new Guid(bytes, bigEndian: true).ToString(),
        (1082, 4) => Date(BinaryPrimitives.ReadInt32BigEndian(bytes)),
        (1083, 8) => Time(BinaryPrimitives.ReadInt64BigEndian(bytes)),
        (1114, 8) => Timestamp(BinaryPrimitives.ReadInt64BigEndian(bytes), ""),
        (1184, 8) => Timestamp(BinaryPrimitives.ReadInt64BigEndian(bytes), "+00"),
        (1700, _) => Numeric(bytes),
        ( >= 1000 and <= 1041 or 1115 or 1182 or 1183 or 1185 or 1231 or 143 or 199 or 2951 or 3807, _) => Array(bytes),
        _ => null,
    };

    private static string Invariant<T>(T value)
        where T : IFormattable => value.ToString(null, CultureInfo.InvariantCulture);

    private static string Date(int days) => days switch
    {
        int.MaxValue => "infinity",
        int.MinValue => "-infinity",
        _ => Epoch.AddDays(days).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
    };

    private static string Time(long microseconds) =>
        Epoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond).ToString("HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture);

    private static string Timestamp(long microseconds, string zone) => microseconds switch
    {
        long.MaxValue => "infinity",
        long.MinValue => "-infinity",
        _ => Epoch.AddTicks(checked(microseconds * TimeSpan.TicksPerMicrosecond))
            .ToString("yyyy-MM-dd HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture) + zone,
    };

    /// <summary>numeric_send: digits, weight, sign, scale, and then that many digits of base 10000.</summary>
    private static string Numeric(ReadOnlySpan<byte> bytes)
    {
        var reader = new WireReader(bytes);
        int digits = reader.ReadUInt16();
        int weight = reader.ReadInt16();
        int sign = reader.ReadUInt16();
        int scale = reader.ReadUInt16();
        switch (sign)
        {
            case 0xC000:
                return "NaN";
            case 0xD000:
                return "Infinity";
            case 0xF000:
                return "-Infinity";
        }
        var text = new StringBuilder(sign == 0x4000 ? "-" : "");
        var read = 0;
        int Next(ref WireReader from) => read++ < digits ? from.ReadInt16() : 0;
        if (weight < 0)
            text.Append('0');
        for (var group = 0; group <= weight; group++)
            text.Append(Next(ref reader).ToString(group == 0 ? "0" : "0000", CultureInfo.InvariantCulture));
        if (scale == 0)
            return text.ToString();
        var fraction = new StringBuilder();
        // Groups between the point and the first digit are not stored.
        for (var group = -1; group > weight; group--)
            fraction.Append("0000");
        while (fraction.Length < scale)
            fraction.Append(Next(ref reader).ToString("0000", CultureInfo.InvariantCulture));
        return text.Append('.').Append(fraction, 0, scale).ToString();
    }

    /// <summary>array_send: dimensions, whether there are NULLs, the elements' type, then length and lower bound of each dimension.</summary>
    private static string Array(ReadOnlySpan<byte> bytes)
    {
        var reader = new WireReader(bytes);
        var dimensions = reader.ReadInt32();
        reader.ReadInt32();
        var type = reader.ReadUInt32();
        if (dimensions == 0)
            return "{}";
        var lengths = new int[Math.Min(dimensions, 6)];
        for (var dimension = 0; dimension < lengths.Length; dimension++)
        {
            lengths[dimension] = reader.ReadInt32();
            reader.ReadInt32();
        }
        var text = new StringBuilder();
        Elements(ref reader, type, lengths, 0, text);
        return text.ToString();
    }

    private static void Elements(ref WireReader reader, uint type, int[] lengths, int dimension, StringBuilder text)
    {
        text.Append('{');
        for (var index = 0; index < lengths[dimension]; index++)
        {
            if (index > 0)
                text.Append(',');
            if (dimension + 1 < lengths.Length)
            {
                Elements(ref reader, type, lengths, dimension + 1, text);
                continue;
            }
            var length = reader.ReadInt32();
            if (length < 0)
            {
                text.Append("NULL");
                continue;
            }
            var element = reader.ReadBytes(length);
            Element(Binary(element, type) ?? Hexadecimal(element), text);
        }
        text.Append('}');
    }

    private static void Element(string value, StringBuilder text)
    {
        if (value.Length > 0 && value != "NULL" && !value.AsSpan().ContainsAny(NeedQuotes))
            text.Append(value);
        else
            text.Append('"').Append(value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)).Append('"');
    }
}
