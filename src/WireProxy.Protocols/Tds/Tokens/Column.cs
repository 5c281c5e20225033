using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Tokens;

/// <summary>One column of a <see cref="ColMetadata"/> (ColumnData, MS-TDS 2.2.7.4).</summary>
/// <param name="UserType">0, but 0x50 for timestamp and more than 0xFF for an alias type.</param>
/// <param name="Name">The name that the client sees, which the statement may have chosen freely; empty for none.</param>
/// <param name="TableName">Of text, ntext and image alone: the base table, in its parts since TDS 7.2, else one part.</param>
/// <param name="Crypto">Of an encrypted column, else null.</param>
public sealed record Column(
    uint UserType, ColumnFlags Flags, TypeInfo Type, string Name, ValueList<string> TableName = default,
    CryptoMetadata? Crypto = null)
{
    internal static Column Read(scoped ref WireReader reader, TokenFormat format)
    {
        uint userType = format.HasWideUserType ? reader.ReadUInt32LittleEndian() : reader.ReadUInt16LittleEndian();
        var flags = (ColumnFlags)reader.ReadUInt16LittleEndian();
        var type = TypeInfo.Read(ref reader, format.Version);
        if (format is { IsBulkLoad: true, Version: < TdsVersion.V72 } && type.Layout == ValueLayout.PartLength)
            throw new ProtocolException("A bulk load has a type that its version of TDS does not have.");
        ValueList<string> table = DataTypes.IsLegacyLob(type.Type) ? ReadTableName(ref reader, format) : [];
        var crypto = IsEncrypted(flags, format) ? CryptoMetadata.Read(ref reader, format, hasOrdinal: true) : null;
        return new Column(userType, flags, type, TdsText.ReadByteText(ref reader), table, crypto);
    }

    internal void Write(WireWriter writer, TokenFormat format)
    {
        WriteUserType(writer, UserType, format);
        writer.WriteUInt16LittleEndian((ushort)Flags);
        Type.Write(writer, format.Version);
        if (DataTypes.IsLegacyLob(Type.Type))
            WriteTableName(writer, TableName, format);
        if (IsEncrypted(Flags, format))
            (Crypto ?? throw new InvalidOperationException("An encrypted column lacks its crypto metadata."))
                .Write(writer, format, hasOrdinal: true);
        TdsText.WriteByteText(writer, Name);
    }

    internal static void Skip(scoped ref PartialReader reader, TokenFormat format)
    {
        reader.Skip(format.HasWideUserType ? sizeof(uint) : sizeof(ushort));
        var flags = (ColumnFlags)reader.UInt16();
        var type = TypeInfo.Skip(ref reader, format.Version);
        if (DataTypes.IsLegacyLob(type))
            SkipTableName(ref reader, format);
        if (IsEncrypted(flags, format))
            CryptoMetadata.Skip(ref reader, format, hasOrdinal: true);
        reader.SkipByteText();
    }

    internal static void WriteUserType(WireWriter writer, uint userType, TokenFormat format)
    {
        if (format.HasWideUserType)
            writer.WriteUInt32LittleEndian(userType);
        else
            writer.WriteUInt16LittleEndian(checked((ushort)userType));
    }

    internal static ValueList<string> ReadTableName(scoped ref WireReader reader, TokenFormat format) =>
        ValueList.Read(ref reader, format.HasTableNameParts ? reader.ReadByte() : 1, TdsText.ReadUShortText);

    internal static void WriteTableName(WireWriter writer, ValueList<string> parts, TokenFormat format)
    {
        if (format.HasTableNameParts)
            writer.WriteByte(checked((byte)parts.Count));
        else if (parts.Count != 1)
            throw new InvalidOperationException("A table's name is not in parts before TDS 7.2.");
        foreach (string part in parts)
            TdsText.WriteUShortText(writer, part);
    }

    internal static void SkipTableName(scoped ref PartialReader reader, TokenFormat format)
    {
        int parts = format.HasTableNameParts ? reader.Byte() : 1;
        for (int i = 0; i < parts && !reader.IsShort; i++)
            reader.SkipUShortText();
    }

    /// <summary>The bit means encryption where that was negotiated, and nothing where it was not.</summary>
    internal static bool IsEncrypted(ColumnFlags flags, TokenFormat format) =>
        format.ColumnEncryption && (flags & ColumnFlags.Encrypted) != 0;
}
