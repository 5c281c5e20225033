using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Tokens;

/// <summary>RETURNSTATUS (MS-TDS 2.2.7.18): what a procedure returned.</summary>
public readonly record struct ReturnStatus(int Value)
{
    public static ReturnStatus Decode(ReadOnlySpan<byte> token)
    {
        var reader = TokenFrame.Open(token, TokenType.ReturnStatus);
        var status = new ReturnStatus(reader.ReadInt32LittleEndian());
        reader.End();
        return status;
    }

    public void Encode(WireWriter writer)
    {
        writer.WriteByte((byte)TokenType.ReturnStatus);
        writer.WriteInt32LittleEndian(Value);
    }
}
