using System.Text;
using WireProxy.Protocols.Tds.Types;

namespace WireProxy.Relay.Tds.Masking;

/// <summary>The value that stands for a redacted one, by type: stars for characters, zero for numbers, 1970-01-01 for dates, empty
/// for what can be empty.</summary>
/// <remarks>A bit has none: either value would be the original of many rows, and 0 would read as a finding. Nor has a UDT, whose
/// legal values its own assembly knows. These are NULL.</remarks>
internal static class RedactedContent
{
    private const int GuidLength = 16;
    private const int VectorHeaderLength = 8;
    private const byte VectorFormat = 0xA9;
    private const byte VectorVersion = 1;
    private const byte SinglePrecision = 0;

    private static readonly DateTimeOffset _day = new(1970, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The content without a length, or null where the type has none.</summary>
    public static byte[]? Of(in TypeInfo type)
    {
        switch (type.Type)
        {
            case DataType.Int1 or DataType.Int2 or DataType.Int4 or DataType.Int8 or DataType.Flt4 or DataType.Flt8:
            case DataType.Money or DataType.Money4:
            case DataType.IntN or DataType.FltN or DataType.MoneyN when type.MaxLength > 0:
                return new byte[type.MaxLength];
            case DataType.DecimalN or DataType.NumericN or DataType.Decimal or DataType.Numeric:
                byte[] zero = new byte[TdsDecimal.SizeOf(type.Precision)];
                zero[0] = 1; // The sign: 1 is not negative (MS-TDS 2.2.5.5.1.6).
                return zero;
            case DataType.DateTime or DataType.DateTim4 or DataType.DateN or DataType.TimeN:
            case DataType.DateTime2N or DataType.DateTimeOffsetN:
            case DataType.DateTimN when type.MaxLength > 0:
                return ScalarContent.Of(type, _day);
            case DataType.Guid:
                return new byte[GuidLength];
            case DataType.Binary or DataType.BigBinary when type.MaxLength < ushort.MaxValue:
                return new byte[type.MaxLength];
            case DataType.VarBinary or DataType.BigVarBinary or DataType.Image:
                return [];
            case DataType.Xml:
                return Encoding.Unicode.GetBytes("<redacted/>");
            case DataType.Json:
                return "\"****\""u8.ToArray();
            case DataType.Vector:
                return Vector(type);
            default:
                return DataTypes.IsWideText(type.Type) || DataTypes.IsCodePageText(type.Type) ? Stars(new TextForm(type)) : null;
        }
    }

    private static byte[] Stars(TextForm form)
    {
        byte[] content = new byte[form.Bound("****"u8.Length * form.Unit)];
        return content[..form.Put("****"u8, content)];
    }

    /// <summary>A header and as many zeros as the type has dimensions (MS-TDS 2.2.5.5.7).</summary>
    private static byte[]? Vector(in TypeInfo type)
    {
        int size = type.MaxLength - VectorHeaderLength;
        if (type.Scale != SinglePrecision || size <= 0 || size % sizeof(float) != 0)
            return null;
        byte[] content = new byte[type.MaxLength];
        int dimensions = size / sizeof(float);
        content[0] = VectorFormat;
        content[1] = VectorVersion;
        content[2] = (byte)dimensions;
        content[3] = (byte)(dimensions >> 8);
        return content;
    }
}
