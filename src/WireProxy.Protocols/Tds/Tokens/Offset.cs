using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Tokens;

/// <summary>OFFSET (MS-TDS 2.2.7.16): where in the statement's text a keyword stands. Removed in TDS 7.2.</summary>
public readonly record struct Offset(ushort Identifier, ushort Place)
{
    public static Offset Decode(ReadOnlySpan<byte> token)
    {
        var reader = TokenFrame.Open(token, TokenType.Offset);
        var offset = new Offset(reader.ReadUInt16LittleEndian(), reader.ReadUInt16LittleEndian());
        reader.End();
        return offset;
    }

    public void Encode(WireWriter writer)
    {
        writer.WriteByte((byte)TokenType.Offset);
        writer.WriteUInt16LittleEndian(Identifier);
        writer.WriteUInt16LittleEndian(Place);
    }
}
