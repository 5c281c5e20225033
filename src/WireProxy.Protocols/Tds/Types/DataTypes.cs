using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Types;

/// <summary>What is true of a data type whatever its length is (MS-TDS 2.2.5.4).</summary>
public static class DataTypes
{
    /// <summary>Bytes of a value of a fixed-length type (2.2.5.4.1, 2.2.5.4.2); -1 for every other type.</summary>
    public static int FixedSize(DataType type) => type switch
    {
        DataType.Null => 0,
        DataType.Int1 or DataType.Bit => 1,
        DataType.Int2 => 2,
        DataType.Int4 or DataType.DateTim4 or DataType.Flt4 or DataType.Money4 => 4,
        DataType.Money or DataType.DateTime or DataType.Flt8 or DataType.Int8 => 8,
        _ => -1,
    };

    /// <summary>char, varchar and text in a code page, the legacy forms too.</summary>
    public static bool IsCodePageText(DataType type) =>
        type is DataType.BigChar or DataType.BigVarChar or DataType.Text or DataType.Char or DataType.VarChar;

    /// <summary>nchar, nvarchar and ntext: UTF-16.</summary>
    public static bool IsWideText(DataType type) => type is DataType.NChar or DataType.NVarChar or DataType.NText;

    public static bool IsBinary(DataType type) => type is DataType.BigBinary or DataType.BigVarBinary or DataType.Image
        or DataType.Binary or DataType.VarBinary;

    public static bool IsDecimal(DataType type) =>
        type is DataType.DecimalN or DataType.NumericN or DataType.Decimal or DataType.Numeric;

    /// <summary>Types whose TYPE_INFO is a scale of 0 to 7: time, datetime2, datetimeoffset.</summary>
    public static bool HasTimeScale(DataType type) =>
        type is DataType.TimeN or DataType.DateTime2N or DataType.DateTimeOffsetN;

    /// <summary>Types whose TYPE_INFO has a collation since TDS 7.1 (2.2.5.6).</summary>
    public static bool HasCollation(DataType type) => type is DataType.BigChar or DataType.BigVarChar or DataType.Text
        or DataType.NText or DataType.NChar or DataType.NVarChar;

    /// <summary>text, ntext and image: with a text pointer in rows, with a table name in COLMETADATA.</summary>
    public static bool IsLegacyLob(DataType type) => type is DataType.Text or DataType.NText or DataType.Image;

    /// <summary>Values that a row pads to the type's whole length.</summary>
    public static bool IsPadded(DataType type) =>
        type is DataType.BigChar or DataType.NChar or DataType.BigBinary or DataType.Char or DataType.Binary;

    /// <summary>Bytes of a time of this scale: 3 up to 2, 4 up to 4, 5 up to 7 (2.2.5.5.1.8).</summary>
    /// <exception cref="ProtocolException">The scale is greater than 7.</exception>
    public static int TimeSize(byte scale) => scale switch
    {
        <= 2 => 3,
        <= 4 => 4,
        <= 7 => 5,
        _ => throw new ProtocolException("A time's scale is greater than 7."),
    };

    /// <exception cref="ProtocolException">The specification has no such type.</exception>
    internal static ValueLayout LayoutOf(DataType type, int maxLength)
    {
        if (FixedSize(type) >= 0)
            return ValueLayout.Fixed;
        switch (type)
        {
            case DataType.Guid or DataType.IntN or DataType.BitN or DataType.FltN or DataType.MoneyN or DataType.DateTimN:
            case DataType.Decimal or DataType.Numeric or DataType.DecimalN or DataType.NumericN:
            case DataType.DateN or DataType.TimeN or DataType.DateTime2N or DataType.DateTimeOffsetN:
            case DataType.Char or DataType.VarChar or DataType.Binary or DataType.VarBinary:
                return ValueLayout.ByteLength;
            case DataType.BigVarBinary or DataType.BigVarChar or DataType.NVarChar
                when maxLength == TypeInfo.UnlimitedLength:
            case DataType.Xml or DataType.Udt or DataType.Json:
                return ValueLayout.PartLength;
            case DataType.BigVarBinary or DataType.BigVarChar or DataType.NVarChar:
            case DataType.BigBinary or DataType.BigChar or DataType.NChar or DataType.Vector:
                return ValueLayout.UShortLength;
            case DataType.Text or DataType.NText or DataType.Image:
                return ValueLayout.LongLength;
            case DataType.SsVariant:
                return ValueLayout.VariantLength;
            default:
                throw new ProtocolException("A column or parameter has a data type that the specification does not know here.");
        }
    }

    /// <summary>
    /// The lengths that a nullable form of a fixed-length type can have (2.2.5.4.3). A client that describes a parameter may
    /// state 0 for one that is NULL.
    /// </summary>
    internal static bool IsLengthOf(DataType type, int length) => type switch
    {
        DataType.Guid => length is 0 or 16,
        DataType.IntN => length is 0 or 1 or 2 or 4 or 8,
        DataType.BitN => length is 0 or 1,
        DataType.FltN or DataType.MoneyN or DataType.DateTimN => length is 0 or 4 or 8,
        _ => true,
    };
}
