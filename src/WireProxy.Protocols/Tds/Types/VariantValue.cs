using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Types;

/// <summary>What a sql_variant that is not NULL holds: a base type with its properties, and the value (MS-TDS 2.2.5.5.4).</summary>
public readonly ref struct VariantValue
{
    private const int HeaderLength = 2;

    private VariantValue(TypeInfo type, ReadOnlySpan<byte> data)
    {
        Type = type;
        Data = data;
    }

    /// <summary>The base type, of fixed length or of a length in two bytes; never a sql_variant or a lob.</summary>
    public TypeInfo Type { get; }

    /// <summary>The value without any length: it ends where the variant ends.</summary>
    public ReadOnlySpan<byte> Data { get; }

    /// <param name="data">The variant without the length before it.</param>
    /// <exception cref="ProtocolException">A base type that a variant cannot hold, or other properties than the type has.</exception>
    public static VariantValue Read(ReadOnlySpan<byte> data)
    {
        var reader = new WireReader(data);
        var type = (DataType)reader.ReadByte();
        if (reader.ReadByte() != PropertiesLength(type))
            throw new ProtocolException("A variant has other properties than its base type has.");
        byte precision = 0;
        byte scale = 0;
        int maxLength = Math.Max(0, DataTypes.FixedSize(type));
        var collation = default(Collation);
        if (DataTypes.IsDecimal(type))
            precision = reader.ReadByte();
        if (DataTypes.IsDecimal(type) || DataTypes.HasTimeScale(type))
            scale = reader.ReadByte();
        if (DataTypes.HasCollation(type))
            collation = Collation.Read(ref reader);
        if (DataTypes.HasCollation(type) || DataTypes.IsBinary(type))
            maxLength = reader.ReadUInt16LittleEndian();
        var layout = DataTypes.LayoutOf(type, 0);
        return new VariantValue(new TypeInfo(type, layout, maxLength, precision, scale, collation), reader.RemainingBytes);
    }

    /// <summary>Bytes that stand before the value: type, number of properties, properties.</summary>
    /// <exception cref="ArgumentException">A variant cannot hold this type.</exception>
    internal static int PrefixLength(in TypeInfo type)
    {
        int properties = PropertiesLength(type.Type);
        return properties >= 0 ? HeaderLength + properties
            : throw new ArgumentException("A sql_variant cannot hold this type.", nameof(type));
    }

    internal static void WritePrefix(WireWriter writer, in TypeInfo type)
    {
        writer.WriteByte((byte)type.Type);
        writer.WriteByte((byte)PropertiesLength(type.Type));
        if (DataTypes.IsDecimal(type.Type))
            writer.WriteByte(type.Precision);
        if (DataTypes.IsDecimal(type.Type) || DataTypes.HasTimeScale(type.Type))
            writer.WriteByte(type.Scale);
        if (DataTypes.HasCollation(type.Type))
            type.Collation.Write(writer);
        if (DataTypes.HasCollation(type.Type) || DataTypes.IsBinary(type.Type))
            writer.WriteUInt16LittleEndian((ushort)type.MaxLength);
    }

    private static int PropertiesLength(DataType type) => type switch
    {
        DataType.Guid or DataType.Bit or DataType.Int1 or DataType.Int2 or DataType.Int4 or DataType.Int8 => 0,
        DataType.DateTime or DataType.DateTim4 or DataType.Flt4 or DataType.Flt8 => 0,
        DataType.Money or DataType.Money4 or DataType.DateN => 0,
        DataType.TimeN or DataType.DateTime2N or DataType.DateTimeOffsetN => 1,
        DataType.BigVarBinary or DataType.BigBinary or DataType.NumericN or DataType.DecimalN => 2,
        DataType.BigVarChar or DataType.BigChar or DataType.NVarChar or DataType.NChar => 7,
        _ => -1,
    };
}
