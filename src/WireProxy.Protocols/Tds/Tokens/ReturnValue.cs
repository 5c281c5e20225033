using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Tokens;

/// <summary>
/// RETURNVALUE (MS-TDS 2.2.7.19): an output parameter of a procedure, or the result of a function. A view over the token:
/// the value may be as large as any.
/// </summary>
public readonly ref struct ReturnValue
{
    /// <summary>The parameter's place in the request, from 0.</summary>
    public ushort Ordinal { get; init; }

    /// <summary>UTF-16; empty for a parameter without a name.</summary>
    public ReadOnlySpan<byte> NameBytes { get; init; }

    /// <summary>0x01 output parameter, 0x02 result of a function.</summary>
    public byte Status { get; init; }

    public uint UserType { get; init; }

    public ColumnFlags Flags { get; init; }

    public TypeInfo Type { get; init; }

    /// <summary>Of an encrypted value, else null.</summary>
    public CryptoMetadata? Crypto { get; init; }

    public TypedValue Value { get; init; }

    public string Name => TdsText.FromBytes(NameBytes);

    public static ReturnValue Decode(ReadOnlySpan<byte> token, TokenFormat format)
    {
        var reader = TokenFrame.Open(token, TokenType.ReturnValue);
        ushort ordinal = reader.ReadUInt16LittleEndian();
        var name = reader.ReadBytes(reader.ReadByte() * sizeof(char));
        byte status = reader.ReadByte();
        uint userType = format.HasWideUserType ? reader.ReadUInt32LittleEndian() : reader.ReadUInt16LittleEndian();
        var flags = (ColumnFlags)reader.ReadUInt16LittleEndian();
        var type = TypeInfo.Read(ref reader, format.Version);
        var crypto = Column.IsEncrypted(flags, format) ? CryptoMetadata.Read(ref reader, format, hasOrdinal: false) : null;
        var value = TypedValue.Read(type, CellForm.Parameter, ref reader);
        reader.End();
        return new ReturnValue
        {
            Ordinal = ordinal,
            NameBytes = name,
            Status = status,
            UserType = userType,
            Flags = flags,
            Type = type,
            Crypto = crypto,
            Value = value,
        };
    }

    public void Encode(WireWriter writer, TokenFormat format)
    {
        EncodeHead(writer, format);
        writer.WriteBytes(Value.Encoded);
    }

    /// <summary>
    /// Writes all but the value: write another one of <see cref="Type"/> with <see cref="ValueWriter"/> as
    /// <see cref="CellForm.Parameter"/>.
    /// </summary>
    public void EncodeHead(WireWriter writer, TokenFormat format)
    {
        writer.WriteByte((byte)TokenType.ReturnValue);
        writer.WriteUInt16LittleEndian(Ordinal);
        writer.WriteByte(checked((byte)(NameBytes.Length / sizeof(char))));
        writer.WriteBytes(NameBytes);
        writer.WriteByte(Status);
        Column.WriteUserType(writer, UserType, format);
        writer.WriteUInt16LittleEndian((ushort)Flags);
        Type.Write(writer, format.Version);
        if (Column.IsEncrypted(Flags, format))
            (Crypto ?? throw new InvalidOperationException("An encrypted value lacks its crypto metadata."))
                .Write(writer, format, hasOrdinal: false);
    }

    internal static void Skip(scoped ref PartialReader reader, TokenFormat format)
    {
        reader.Skip(sizeof(ushort));
        reader.SkipByteText();
        reader.Skip(sizeof(byte) + (format.HasWideUserType ? sizeof(uint) : sizeof(ushort)));
        var flags = (ColumnFlags)reader.UInt16();
        var typeBytes = reader.Rest;
        int before = reader.Position;
        TypeInfo.Skip(ref reader, format.Version);
        int typeLength = reader.Position - before;
        if (Column.IsEncrypted(flags, format))
            CryptoMetadata.Skip(ref reader, format, hasOrdinal: false);
        if (reader.IsShort)
            return;
        var typeReader = new WireReader(typeBytes[..typeLength]);
        var type = TypeInfo.Read(ref typeReader, format.Version);
        if (TypedValue.TryMeasure(type, CellForm.Parameter, reader.Rest, out int length))
            reader.Skip(length);
        else
            reader.Fail();
    }
}
