using System.Collections.Immutable;
using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Tokens;

/// <summary>One total of an <see cref="AltMetadata"/> (ComputeData, MS-TDS 2.2.7.1).</summary>
/// <param name="Operator">The aggregate: 0x4B COUNT, 0x4D SUM, 0x4F AVG, 0x51 MIN, 0x52 MAX, 0x30 to 0x33 STDEV and VAR.</param>
/// <param name="Operand">The column, from 1, that it is computed of.</param>
public sealed record AltColumn(
    byte Operator, ushort Operand, uint UserType, ColumnFlags Flags, TypeInfo Type, string Name,
    ValueList<string> TableName = default)
{
    internal static AltColumn Read(scoped ref WireReader reader, TokenFormat format)
    {
        byte operation = reader.ReadByte();
        ushort operand = reader.ReadUInt16LittleEndian();
        uint userType = format.HasWideUserType ? reader.ReadUInt32LittleEndian() : reader.ReadUInt16LittleEndian();
        var flags = (ColumnFlags)reader.ReadUInt16LittleEndian();
        var type = TypeInfo.Read(ref reader, format.Version);
        ValueList<string> table = DataTypes.IsLegacyLob(type.Type) ? Column.ReadTableName(ref reader, format) : [];
        return new AltColumn(operation, operand, userType, flags, type, TdsText.ReadByteText(ref reader), table);
    }

    internal void Write(WireWriter writer, TokenFormat format)
    {
        writer.WriteByte(Operator);
        writer.WriteUInt16LittleEndian(Operand);
        Column.WriteUserType(writer, UserType, format);
        writer.WriteUInt16LittleEndian((ushort)Flags);
        Type.Write(writer, format.Version);
        if (DataTypes.IsLegacyLob(Type.Type))
            Column.WriteTableName(writer, TableName, format);
        TdsText.WriteByteText(writer, Name);
    }

    internal static void Skip(scoped ref PartialReader reader, TokenFormat format)
    {
        reader.Skip(sizeof(byte) + sizeof(ushort) + (format.HasWideUserType ? sizeof(uint) : sizeof(ushort)) + sizeof(ushort));
        var type = TypeInfo.Skip(ref reader, format.Version);
        if (DataTypes.IsLegacyLob(type))
            Column.SkipTableName(ref reader, format);
        reader.SkipByteText();
    }
}

/// <summary>ALTMETADATA (MS-TDS 2.2.7.1): the totals of a COMPUTE clause, which ALTROW tokens of the same id give.</summary>
/// <param name="ByColumns">The columns, from 1, of the result set that are grouped by.</param>
public sealed record AltMetadata(ushort Id, ValueList<ushort> ByColumns, ValueList<AltColumn> Columns)
{
    public static AltMetadata Decode(ReadOnlySpan<byte> token, TokenFormat format)
    {
        var reader = TokenFrame.Open(token, TokenType.AltMetadata);
        int count = reader.ReadUInt16LittleEndian();
        ushort id = reader.ReadUInt16LittleEndian();
        var byColumns = ValueList.Read(ref reader, reader.ReadByte(), static (scoped ref r) => r.ReadUInt16LittleEndian());
        var columns = ImmutableArray.CreateBuilder<AltColumn>();
        for (int i = 0; i < count; i++)
            columns.Add(AltColumn.Read(ref reader, format));
        reader.End();
        return new AltMetadata(id, byColumns, new ValueList<AltColumn>(columns.DrainToImmutable()));
    }

    public void Encode(WireWriter writer, TokenFormat format)
    {
        writer.WriteByte((byte)TokenType.AltMetadata);
        writer.WriteUInt16LittleEndian(checked((ushort)Columns.Count));
        writer.WriteUInt16LittleEndian(Id);
        writer.WriteByte(checked((byte)ByColumns.Count));
        foreach (ushort column in ByColumns)
            writer.WriteUInt16LittleEndian(column);
        foreach (var column in Columns)
            column.Write(writer, format);
    }

    /// <summary>Works out how the cells of an ALTROW with this id lie.</summary>
    public RowLayout ToRowLayout()
    {
        var types = ImmutableArray.CreateBuilder<TypeInfo>(Columns.Count);
        foreach (var column in Columns)
            types.Add(column.Type);
        return new RowLayout(types.MoveToImmutable(), CellForm.Parameter);
    }

    internal static void Skip(scoped ref PartialReader reader, TokenFormat format)
    {
        int count = reader.UInt16();
        reader.Skip(sizeof(ushort));
        reader.Skip(reader.Byte() * sizeof(ushort));
        for (int i = 0; i < count && !reader.IsShort; i++)
            AltColumn.Skip(ref reader, format);
    }
}
