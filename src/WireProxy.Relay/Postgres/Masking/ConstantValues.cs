using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace WireProxy.Relay.Postgres.Masking;

/// <summary>Writes a policy's constant as a value of a type. Null where it is no legal value of that type, or where the type's values
/// cannot be checked here; then the cell is NULL.</summary>
internal static class ConstantValues
{
    private static readonly CultureInfo _culture = CultureInfo.InvariantCulture;
    private static readonly DateTime _epoch = new(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private static readonly string[] _times = ["HH:mm", "HH:mm:ss", "HH:mm:ss.FFFFFF"];
    private static readonly string[] _moments = ["yyyy-MM-dd", "yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd HH:mm:ss.FFFFFF"];

    public static byte[]? Of(string value, uint typeId, bool binary) => typeId switch
    {
        _ when TypeId.IsCharacters(typeId) => Encoding.UTF8.GetBytes(value),
        TypeId.Char => value is [<= '\x7F'] ? [(byte)value[0]] : null,
        TypeId.Bool => Bool(value, binary),
        TypeId.Int2 => short.TryParse(value, NumberStyles.AllowLeadingSign, _culture, out short n)
            ? Either(binary, n.ToString(_culture), n, 2) : null,
        TypeId.Int4 => int.TryParse(value, NumberStyles.AllowLeadingSign, _culture, out int n)
            ? Either(binary, n.ToString(_culture), n, 4) : null,
        TypeId.Int8 => long.TryParse(value, NumberStyles.AllowLeadingSign, _culture, out long n)
            ? Either(binary, n.ToString(_culture), n, 8) : null,
        TypeId.Oid => uint.TryParse(value, NumberStyles.None, _culture, out uint n) ? Either(binary, n.ToString(_culture), n, 4) : null,
        TypeId.Float4 => float.TryParse(value, NumberStyles.Float, _culture, out float n)
            ? Either(binary, n.ToString("R", _culture), BitConverter.SingleToUInt32Bits(n), 4) : null,
        TypeId.Float8 => double.TryParse(value, NumberStyles.Float, _culture, out double n)
            ? Either(binary, n.ToString("R", _culture), BitConverter.DoubleToInt64Bits(n), 8) : null,
        TypeId.Numeric => NumericFormat.IsNumber(value) ? binary ? NumericFormat.Encode(value) : Encoding.ASCII.GetBytes(value) : null,
        TypeId.Date => DateOnly.TryParseExact(value, "yyyy-MM-dd", _culture, DateTimeStyles.None, out DateOnly date)
            ? Either(binary, value, date.DayNumber - DateOnly.FromDateTime(_epoch).DayNumber, 4) : null,
        TypeId.Time => TimeOnly.TryParseExact(value, _times, _culture, DateTimeStyles.None, out TimeOnly time)
            ? Either(binary, value, time.Ticks / TimeSpan.TicksPerMicrosecond, 8) : null,
        TypeId.Timestamp => TryReadMoment(value, out DateTime moment) ? Moment(binary, moment, "") : null,
        TypeId.Timestamptz => TryReadInstant(value, out DateTime instant) ? Moment(binary, instant, "+00") : null,
        TypeId.Uuid => Guid.TryParseExact(value, "D", out Guid uuid)
            ? binary ? uuid.ToByteArray(bigEndian: true) : Encoding.ASCII.GetBytes(uuid.ToString("D")) : null,
        TypeId.Json => IsJson(value) ? Encoding.UTF8.GetBytes(value) : null,
        TypeId.Jsonb => IsJson(value) && !value.Contains("\\u0000", StringComparison.Ordinal)
            ? binary ? [1, .. Encoding.UTF8.GetBytes(value)] : Encoding.UTF8.GetBytes(value) : null,
        TypeId.Bytea => Bytea(value, binary),
        TypeId.Inet => Inet(value, binary),
        _ => null,
    };

    private static byte[]? Bool(string value, bool binary) => value.ToLowerInvariant() switch
    {
        "true" or "t" or "yes" or "on" or "1" => binary ? [1] : "t"u8.ToArray(),
        "false" or "f" or "no" or "off" or "0" => binary ? [0] : "f"u8.ToArray(),
        _ => null,
    };

    /// <summary>The text, or the last <paramref name="width"/> bytes of the number in network order.</summary>
    private static byte[] Either(bool binary, string text, long number, int width)
    {
        if (!binary)
            return Encoding.ASCII.GetBytes(text);
        byte[] bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        return bytes[^width..];
    }

    private static byte[] Moment(bool binary, DateTime moment, string zone) => Either(
        binary, moment.ToString("yyyy-MM-dd HH:mm:ss.FFFFFF", _culture) + zone, (moment.Ticks - _epoch.Ticks) / TimeSpan.TicksPerMicrosecond, 8);

    private static bool TryReadMoment(string value, out DateTime moment) =>
        DateTime.TryParseExact(value.Replace('T', ' '), _moments, _culture, DateTimeStyles.None, out moment);

    /// <summary>With an offset, a Z, or neither for UTC.</summary>
    private static bool TryReadInstant(string value, out DateTime instant)
    {
        string[] withZone = [.. _moments.Select(format => format + "zzz"), .. _moments.Select(format => format + "zz")];
        string text = value.Replace('T', ' ');
        text = text.EndsWith('Z') ? text[..^1] + "+00:00" : text;
        if (DateTimeOffset.TryParseExact(text, withZone, _culture, DateTimeStyles.None, out DateTimeOffset moment))
        {
            instant = moment.UtcDateTime;
            return true;
        }
        return TryReadMoment(text, out instant);
    }

    private static bool IsJson(string value)
    {
        try
        {
            Utf8JsonReader reader = new(Encoding.UTF8.GetBytes(value));
            while (reader.Read())
            {
            }
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>\x and hexadecimal digits (8.4.1).</summary>
    private static byte[]? Bytea(string value, bool binary)
    {
        if (!value.StartsWith("\\x", StringComparison.Ordinal) || value.Length % 2 != 0 || !value.AsSpan(2).IsHex())
            return null;
        return binary ? Convert.FromHexString(value.AsSpan(2)) : Encoding.ASCII.GetBytes(value);
    }

    private static bool IsHex(this ReadOnlySpan<char> digits)
    {
        foreach (char digit in digits)
            if (!char.IsAsciiHexDigit(digit))
                return false;
        return true;
    }

    /// <summary>One address, without a prefix length.</summary>
    private static byte[]? Inet(string value, bool binary)
    {
        if (!IPAddress.TryParse(value, out IPAddress? address) || address.ToString() != value || value.Contains('%', StringComparison.Ordinal))
            return null;
        if (!binary)
            return Encoding.ASCII.GetBytes(value);
        byte[] bytes = address.GetAddressBytes();
        byte family = address.AddressFamily == AddressFamily.InterNetwork ? (byte)2 : (byte)3; // PGSQL_AF_INET, PGSQL_AF_INET6 (inet.h).
        return [family, (byte)(bytes.Length * 8), 0, (byte)bytes.Length, .. bytes];
    }
}
