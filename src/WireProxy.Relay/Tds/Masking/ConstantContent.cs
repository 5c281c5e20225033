using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Xml;
using WireProxy.Protocols.Tds.Types;

namespace WireProxy.Relay.Tds.Masking;

/// <summary>Writes a policy's constant as a value of a type. Null where it is no legal value of that type, or where the type's
/// values cannot be checked here; then the cell is NULL.</summary>
internal static class ConstantContent
{
    private const int MostDigits = 38;
    private const decimal LargestSmallMoney = 214_748.3647m;
    private const decimal LargestMoney = 922_337_203_685_477.5807m;

    private static readonly CultureInfo _culture = CultureInfo.InvariantCulture;
    private static readonly DateTime _firstDateTime = new(1753, 1, 1);
    private static readonly DateTime _firstSmallDateTime = new(1900, 1, 1);
    private static readonly DateTime _endOfSmallDateTime = new(2079, 6, 7);
    private static readonly string[] _times = ["HH:mm", "HH:mm:ss", "HH:mm:ss.FFFFFFF"];
    private static readonly string[] _moments =
        ["yyyy-MM-dd", "yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd HH:mm:ss.FFFFFFF"];

    private static readonly string[] _instants =
        [.. _moments.Select(format => format + "zzz"), .. _moments.Select(format => format + " zzz"), .. _moments];

    public static byte[]? Of(string value, in TypeInfo type)
    {
        switch (type.Type)
        {
            case DataType.Bit or DataType.BitN:
                return Bit(value);
            case DataType.Int1 or DataType.Int2 or DataType.Int4 or DataType.Int8 or DataType.IntN:
                return Integer(value, type.MaxLength);
            case DataType.Flt4 or DataType.Flt8 or DataType.FltN:
                return Float(value, type);
            case DataType.Money or DataType.Money4 or DataType.MoneyN:
                return Money(value, type);
            case DataType.DecimalN or DataType.NumericN or DataType.Decimal or DataType.Numeric:
                return Decimal(value, type);
            case DataType.DateN or DataType.TimeN or DataType.DateTime2N or DataType.DateTimeOffsetN:
            case DataType.DateTime or DataType.DateTim4 or DataType.DateTimN:
                return TryReadMoment(value, type, out var moment) ? ScalarContent.Of(type, moment) : null;
            case DataType.Guid:
                return Guid.TryParseExact(value, "D", out var guid) ? guid.ToByteArray() : null;
            case DataType.Xml:
                return IsXml(value) ? Encoding.Unicode.GetBytes(value) : null;
            case DataType.Json:
                return IsJson(value) ? Encoding.UTF8.GetBytes(value) : null;
            default:
                return DataTypes.IsBinary(type.Type) ? Binary(value, type)
                    : DataTypes.IsWideText(type.Type) || DataTypes.IsCodePageText(type.Type) ? Text(value, new TextForm(type)) : null;
        }
    }

    /// <summary>Has to fit, and to come back from the type's code page as it was.</summary>
    private static byte[]? Text(string value, TextForm form)
    {
        byte[] bytes = form.Encoding.GetBytes(value);
        if (bytes.Length > form.Room || form.Encoding.GetString(bytes) != value)
            return null;
        byte[] content = new byte[form.Bound(bytes.Length)];
        bytes.CopyTo(content, 0);
        form.Pad(content, bytes.Length);
        return content;
    }

    private static byte[]? Bit(string value) => value.ToLowerInvariant() switch
    {
        "true" or "t" or "yes" or "on" or "1" => [1],
        "false" or "f" or "no" or "off" or "0" => [0],
        _ => null,
    };

    private static byte[]? Integer(string value, int size)
    {
        if (!long.TryParse(value, NumberStyles.AllowLeadingSign, _culture, out long number))
            return null;
        bool fits = size switch
        {
            sizeof(byte) => number is >= byte.MinValue and <= byte.MaxValue,
            sizeof(short) => number is >= short.MinValue and <= short.MaxValue,
            sizeof(int) => number is >= int.MinValue and <= int.MaxValue,
            _ => size == sizeof(long),
        };
        if (!fits)
            return null;
        byte[] content = new byte[size];
        for (int i = 0; i < size; i++)
            content[i] = (byte)(number >> (8 * i));
        return content;
    }

    /// <summary>SQL Server has no infinity and no NaN.</summary>
    private static byte[]? Float(string value, in TypeInfo type)
    {
        bool isFinite = double.TryParse(value, NumberStyles.Float, _culture, out double number) && double.IsFinite(number)
            && (type.MaxLength == sizeof(double) || (type.MaxLength == sizeof(float) && float.IsFinite((float)number)));
        return isFinite ? ScalarContent.Of(type, number) : null;
    }

    private static byte[]? Money(string value, in TypeInfo type)
    {
        decimal largest = type.MaxLength switch { sizeof(int) => LargestSmallMoney, sizeof(long) => LargestMoney, _ => -1 };
        bool fits = decimal.TryParse(value, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, _culture, out decimal number)
            && Math.Abs(number) <= largest && decimal.Round(number, 4) == number;
        return fits ? ScalarContent.Of(type, (TdsDecimal)number) : null;
    }

    /// <summary>A sign, digits and a point; as many digits as the type has, on either side of the point.</summary>
    private static byte[]? Decimal(string value, in TypeInfo type)
    {
        if (type.Precision > MostDigits || type.Scale > type.Precision)
            return null;
        var digits = value.AsSpan();
        bool isNegative = digits.StartsWith("-");
        if (isNegative || digits.StartsWith("+"))
            digits = digits[1..];
        int point = digits.IndexOf('.');
        int behind = point < 0 ? 0 : digits.Length - point - 1;
        UInt128 magnitude = 0;
        int significant = 0;
        foreach (char digit in digits)
        {
            if (digit == '.')
                continue;
            if (!char.IsAsciiDigit(digit))
                return null;
            if (digit != '0' || significant > 0)
                significant++;
            if (significant > type.Precision)
                return null;
            magnitude = (magnitude * 10) + (UInt128)(digit - '0');
        }
        // A second point would be neither digit nor counted above.
        bool isNumber = digits.Length > (point < 0 ? 0 : 1) && digits.Count('.') <= 1;
        if (!isNumber || behind > type.Scale || Math.Max(significant - behind, 0) > type.Precision - type.Scale)
            return null;
        return ScalarContent.Of(type, new TdsDecimal(isNegative && magnitude != 0, magnitude, (byte)behind));
    }

    private static bool TryReadMoment(string value, in TypeInfo type, out DateTimeOffset moment)
    {
        moment = default;
        const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal;
        if (type.Type == DataType.TimeN)
        {
            bool isTime = TimeOnly.TryParseExact(value, _times, _culture, DateTimeStyles.None, out var time);
            moment = new DateTimeOffset(time.Ticks, TimeSpan.Zero);
            return isTime;
        }
        string text = value.Replace('T', ' ');
        if (type.Type == DataType.DateN)
            return DateTimeOffset.TryParseExact(text, "yyyy-MM-dd", _culture, Utc, out moment);
        if (type.Type == DataType.DateTimeOffsetN)
        {
            text = text.EndsWith('Z') ? text[..^1] + "+00:00" : text;
            return DateTimeOffset.TryParseExact(text, _instants, _culture, Utc, out moment);
        }
        if (!DateTimeOffset.TryParseExact(text, _moments, _culture, Utc, out moment))
            return false;
        return type.Type == DataType.DateTime2N || (type.MaxLength == sizeof(uint)
            ? moment.DateTime >= _firstSmallDateTime && moment.DateTime < _endOfSmallDateTime
            : type.MaxLength == sizeof(ulong) && moment.DateTime >= _firstDateTime);
    }

    /// <summary>0x and hexadecimal digits, as T-SQL writes binaries; padded with zeros where the type is.</summary>
    private static byte[]? Binary(string value, in TypeInfo type)
    {
        if (!value.StartsWith("0x", StringComparison.OrdinalIgnoreCase) || value.Length % 2 != 0)
            return null;
        int room = type.Layout is ValueLayout.PartLength or ValueLayout.LongLength ? int.MaxValue : type.MaxLength;
        byte[] content = new byte[(value.Length / 2) - 1];
        if (content.Length > room
            || Convert.FromHexString(value.AsSpan(2), content, out _, out _) != System.Buffers.OperationStatus.Done)
            return null;
        if (DataTypes.IsPadded(type.Type))
            Array.Resize(ref content, room);
        return content;
    }

    private static bool IsJson(string value)
    {
        try
        {
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(value));
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

    /// <summary>A document or a piece of one; never with a DTD, which the type does not have.</summary>
    private static bool IsXml(string value)
    {
        var settings = new XmlReaderSettings
        {
            ConformanceLevel = ConformanceLevel.Fragment,
            DtdProcessing = DtdProcessing.Prohibit,
            XmlResolver = null,
        };
        try
        {
            using var reader = XmlReader.Create(new StringReader(value), settings);
            while (reader.Read())
            {
            }
            return true;
        }
        catch (XmlException)
        {
            return false;
        }
    }
}
