using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Postgres;

/// <summary>One column of a <see cref="RowDescription"/>.</summary>
public readonly ref struct FieldDescription
{
    /// <summary>The name that the client sees, which the statement may have chosen freely.</summary>
    public ReadOnlySpan<byte> Name { get; init; }

    /// <summary>OID of the table that the column comes from as it is; 0 for an expression.</summary>
    public uint TableId { get; init; }

    /// <summary>The column's number in that table; 0 where there is no table.</summary>
    public short AttributeNumber { get; init; }

    /// <summary>OID of the data type.</summary>
    public uint TypeId { get; init; }

    /// <summary>pg_type.typlen: bytes, negative for types of variable width.</summary>
    public short TypeSize { get; init; }

    /// <summary>pg_attribute.atttypmod, such as the length of a varchar; -1 for none.</summary>
    public int TypeModifier { get; init; }

    /// <summary>0 text, 1 binary. Always 0 in the answer to the Describe of a statement, where it is not known yet.</summary>
    public short Format { get; init; }

    internal static FieldDescription Read(scoped ref WireReader reader) => new()
    {
        Name = reader.ReadCString(),
        TableId = reader.ReadUInt32(),
        AttributeNumber = reader.ReadInt16(),
        TypeId = reader.ReadUInt32(),
        TypeSize = reader.ReadInt16(),
        TypeModifier = reader.ReadInt32(),
        Format = reader.ReadInt16(),
    };

    /// <summary>Writes this column into a RowDescription begun with <see cref="RowDescription.Begin"/>.</summary>
    public void Write(WireWriter writer)
    {
        writer.WriteCString(Name);
        writer.WriteUInt32(TableId);
        writer.WriteInt16(AttributeNumber);
        writer.WriteUInt32(TypeId);
        writer.WriteInt16(TypeSize);
        writer.WriteInt32(TypeModifier);
        writer.WriteInt16(Format);
    }
}
