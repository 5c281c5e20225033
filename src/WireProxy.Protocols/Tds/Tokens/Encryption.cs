using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Tokens;

/// <summary>One encryption of a column key by a master key (EncryptionKeyValue, MS-TDS 2.2.5.7).</summary>
public readonly record struct EncryptionKeyValue(ByteString EncryptedKey, string KeyStoreName, string KeyPath, string Algorithm);

/// <summary>A row of the table of column encryption keys (EK_INFO, MS-TDS 2.2.5.7).</summary>
public sealed record EncryptionKey(
    uint DatabaseId, uint KeyId, uint KeyVersion, ulong MetadataVersion, ValueList<EncryptionKeyValue> Values)
{
    internal static EncryptionKey Read(scoped ref WireReader reader) => new(
        reader.ReadUInt32LittleEndian(), reader.ReadUInt32LittleEndian(), reader.ReadUInt32LittleEndian(),
        reader.ReadUInt64LittleEndian(), ValueList.Read(ref reader, reader.ReadByte(), ReadValue));

    internal void Write(WireWriter writer)
    {
        writer.WriteUInt32LittleEndian(DatabaseId);
        writer.WriteUInt32LittleEndian(KeyId);
        writer.WriteUInt32LittleEndian(KeyVersion);
        writer.WriteUInt64LittleEndian(MetadataVersion);
        writer.WriteByte(checked((byte)Values.Count));
        foreach (var value in Values)
        {
            writer.WriteUInt16LittleEndian(checked((ushort)value.EncryptedKey.Length));
            writer.WriteBytes(value.EncryptedKey.Span);
            TdsText.WriteByteText(writer, value.KeyStoreName);
            TdsText.WriteUShortText(writer, value.KeyPath);
            TdsText.WriteByteText(writer, value.Algorithm);
        }
    }

    internal static void Skip(scoped ref PartialReader reader)
    {
        reader.Skip((3 * sizeof(uint)) + sizeof(ulong));
        int values = reader.Byte();
        for (int i = 0; i < values && !reader.IsShort; i++)
        {
            reader.Skip(reader.UInt16());
            reader.SkipByteText();
            reader.SkipUShortText();
            reader.SkipByteText();
        }
    }

    private static EncryptionKeyValue ReadValue(scoped ref WireReader reader) => new(
        new ByteString(reader.ReadBytes(reader.ReadUInt16LittleEndian())), TdsText.ReadByteText(ref reader),
        TdsText.ReadUShortText(ref reader), TdsText.ReadByteText(ref reader));
}

/// <summary>What an encrypted column or return value is under its encryption (CryptoMetaData, MS-TDS 2.2.7.4, 2.2.7.19).</summary>
/// <param name="Ordinal">Row of the key table, from 0; not sent in a RETURNVALUE, where it is 0 here.</param>
/// <param name="BaseType">The type of the clear value; the column's own type is a binary.</param>
/// <param name="Algorithm">0 for one that is named; 1 and 2 are AES-256-CBC with HMAC.</param>
/// <param name="AlgorithmName">With algorithm 0 alone, else null.</param>
/// <param name="AlgorithmType">1 deterministic, 2 randomized.</param>
public sealed record CryptoMetadata(
    ushort Ordinal, uint UserType, TypeInfo BaseType, byte Algorithm, string? AlgorithmName, byte AlgorithmType,
    byte NormalizationVersion)
{
    private const byte NamedAlgorithm = 0;

    internal static CryptoMetadata Read(scoped ref WireReader reader, TokenFormat format, bool hasOrdinal)
    {
        ushort ordinal = hasOrdinal ? reader.ReadUInt16LittleEndian() : (ushort)0;
        uint userType = reader.ReadUInt32LittleEndian();
        var type = TypeInfo.Read(ref reader, format.Version);
        byte algorithm = reader.ReadByte();
        string? name = algorithm == NamedAlgorithm ? TdsText.ReadByteText(ref reader) : null;
        return new CryptoMetadata(ordinal, userType, type, algorithm, name, reader.ReadByte(), reader.ReadByte());
    }

    internal void Write(WireWriter writer, TokenFormat format, bool hasOrdinal)
    {
        if (hasOrdinal)
            writer.WriteUInt16LittleEndian(Ordinal);
        writer.WriteUInt32LittleEndian(UserType);
        BaseType.Write(writer, format.Version);
        writer.WriteByte(Algorithm);
        if (Algorithm == NamedAlgorithm)
            TdsText.WriteByteText(writer, AlgorithmName);
        writer.WriteByte(AlgorithmType);
        writer.WriteByte(NormalizationVersion);
    }

    internal static void Skip(scoped ref PartialReader reader, TokenFormat format, bool hasOrdinal)
    {
        reader.Skip((hasOrdinal ? sizeof(ushort) : 0) + sizeof(uint));
        TypeInfo.Skip(ref reader, format.Version);
        if (reader.Byte() == NamedAlgorithm)
            reader.SkipByteText();
        reader.Skip(2);
    }
}
