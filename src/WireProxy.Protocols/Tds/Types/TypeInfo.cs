using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Types;

/// <summary>
/// TYPE_INFO (MS-TDS 2.2.5.6): the type of a column or a parameter, with what it takes to measure, read and write its values.
/// Make one with a method of <see cref="TypeInfos"/>, or take one from the wire with <see cref="Read"/>.
/// </summary>
/// <param name="Type">The type byte.</param>
/// <param name="Layout">How values say their length: it follows from the type and the length.</param>
/// <param name="MaxLength">
/// Bytes, as stated: 0xFFFF for a varchar(max) and its kin; the value's size for a fixed-length type; 0 where none is stated.
/// </param>
/// <param name="Precision">Decimal digits, 1 to 38, of decimal and numeric.</param>
/// <param name="Scale">Digits behind the point of decimal and numeric, of seconds, or a vector's dimension type.</param>
/// <param name="Collation">Of char, varchar, text and their wide forms.</param>
/// <param name="Udt">Of a UDT, never null there.</param>
/// <param name="XmlSchema">Of an XML type that is bound to a schema collection.</param>
public readonly record struct TypeInfo(
    DataType Type, ValueLayout Layout, int MaxLength = 0, byte Precision = 0, byte Scale = 0, Collation Collation = default,
    UdtInfo? Udt = null, XmlSchemaInfo? XmlSchema = null)
{
    /// <summary>
    /// The stated length of varchar(max), nvarchar(max) and varbinary(max), whose values come in parts since TDS 7.2. Earlier
    /// versions have no such length; Babelfish sends it, and parts, to their clients too. From a client of theirs it is refused.
    /// </summary>
    public const int UnlimitedLength = 0xFFFF;

    private const int MaximumPrecision = 38;

    /// <summary>A value can be NULL: every type but those of fixed length, and the one that is nothing but NULL.</summary>
    public bool IsNullable => Layout != ValueLayout.Fixed || Type == DataType.Null;

    /// <exception cref="ProtocolException">An unknown type, or a length, precision or scale that the type does not have.</exception>
    public static TypeInfo Read(scoped ref WireReader reader, TdsVersion version, TypePlace place = TypePlace.Result)
    {
        var type = (DataType)reader.ReadByte();
        if (DataTypes.FixedSize(type) is >= 0 and var size)
            return new TypeInfo(type, ValueLayout.Fixed, size);
        int length = 0;
        byte precision = 0;
        byte scale = 0;
        UdtInfo? udt = null;
        XmlSchemaInfo? schema = null;
        switch (DataTypes.LayoutOf(type, 0))
        {
            case ValueLayout.ByteLength when DataTypes.HasTimeScale(type):
                scale = reader.ReadByte();
                break;
            case ValueLayout.ByteLength when type != DataType.DateN:
                length = reader.ReadByte();
                break;
            case ValueLayout.UShortLength:
                length = reader.ReadUInt16LittleEndian();
                break;
            case ValueLayout.LongLength or ValueLayout.VariantLength:
                length = reader.ReadInt32LittleEndian();
                break;
            case ValueLayout.PartLength when type == DataType.Udt:
                udt = UdtInfo.Read(ref reader, place);
                break;
            case ValueLayout.PartLength when type == DataType.Xml:
                schema = XmlSchemaInfo.Read(ref reader);
                break;
        }
        if (DataTypes.IsDecimal(type))
            precision = reader.ReadByte();
        if (DataTypes.IsDecimal(type) || type == DataType.Vector)
            scale = reader.ReadByte();
        var collation = DataTypes.HasCollation(type) && version >= TdsVersion.V71 ? Collation.Read(ref reader) : default;
        var layout = DataTypes.LayoutOf(type, length);
        if (length == UnlimitedLength && version < TdsVersion.V72 && place == TypePlace.Parameter)
            throw new ProtocolException("A parameter has a length that its version of TDS does not have.");
        return Checked(new TypeInfo(type, layout, length, precision, scale, collation, udt, schema));
    }

    /// <summary>Writes the TYPE_INFO as this version of TDS has it.</summary>
    public void Write(WireWriter writer, TdsVersion version, TypePlace place = TypePlace.Result)
    {
        writer.WriteByte((byte)Type);
        switch (DataTypes.LayoutOf(Type, 0))
        {
            case ValueLayout.ByteLength when DataTypes.HasTimeScale(Type):
                writer.WriteByte(Scale);
                break;
            case ValueLayout.ByteLength when Type != DataType.DateN:
                writer.WriteByte((byte)MaxLength);
                break;
            case ValueLayout.UShortLength:
                writer.WriteUInt16LittleEndian((ushort)MaxLength);
                break;
            case ValueLayout.LongLength or ValueLayout.VariantLength:
                writer.WriteInt32LittleEndian(MaxLength);
                break;
            case ValueLayout.PartLength when Udt is not null:
                Udt.Write(writer, place);
                break;
            case ValueLayout.PartLength when Type == DataType.Xml:
                XmlSchemaInfo.Write(writer, XmlSchema);
                break;
        }
        if (DataTypes.IsDecimal(Type))
            writer.WriteByte(Precision);
        if (DataTypes.IsDecimal(Type) || Type == DataType.Vector)
            writer.WriteByte(Scale);
        if (DataTypes.HasCollation(Type) && version >= TdsVersion.V71)
            Collation.Write(writer);
    }

    /// <summary>Passes a TYPE_INFO that may not have arrived whole.</summary>
    internal static DataType Skip(scoped ref PartialReader reader, TdsVersion version, TypePlace place = TypePlace.Result)
    {
        var type = (DataType)reader.Byte();
        if (reader.IsShort || DataTypes.FixedSize(type) >= 0)
            return type;
        switch (DataTypes.LayoutOf(type, 0))
        {
            case ValueLayout.ByteLength when type != DataType.DateN:
                reader.Skip(1);
                break;
            case ValueLayout.UShortLength:
                reader.Skip(sizeof(ushort));
                break;
            case ValueLayout.LongLength or ValueLayout.VariantLength:
                reader.Skip(sizeof(int));
                break;
            case ValueLayout.PartLength when type == DataType.Udt:
                UdtInfo.Skip(ref reader, place);
                break;
            case ValueLayout.PartLength when type == DataType.Xml:
                XmlSchemaInfo.Skip(ref reader);
                break;
        }
        if (DataTypes.IsDecimal(type))
            reader.Skip(2);
        if (type == DataType.Vector)
            reader.Skip(1);
        if (DataTypes.HasCollation(type) && version >= TdsVersion.V71)
            reader.Skip(Collation.Length);
        return type;
    }

    private static TypeInfo Checked(TypeInfo type)
    {
        if (!DataTypes.IsLengthOf(type.Type, type.MaxLength))
            throw new ProtocolException("A nullable type states a length that its values cannot have.");
        if (DataTypes.HasTimeScale(type.Type))
            DataTypes.TimeSize(type.Scale);
        if (DataTypes.IsDecimal(type.Type) && (type.Precision > MaximumPrecision || type.Scale > type.Precision))
            throw new ProtocolException("A decimal's precision is greater than 38 or its scale greater than its precision.");
        return type;
    }
}
