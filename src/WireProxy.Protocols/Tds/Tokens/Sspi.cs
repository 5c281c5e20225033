using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Tokens;

/// <summary>SSPI (MS-TDS 2.2.7.22): the server's part of an integrated login, opaque.</summary>
public sealed record Sspi(ByteString Data)
{
    public static Sspi Decode(ReadOnlySpan<byte> token)
    {
        var reader = TokenFrame.OpenCounted(token, TokenType.Sspi);
        return new Sspi(new ByteString(reader.ReadBytes(reader.Remaining)));
    }

    public void Encode(WireWriter writer)
    {
        int start = TokenFrame.BeginCounted(writer, TokenType.Sspi);
        writer.WriteBytes(Data.Span);
        TokenFrame.FinishCounted(writer, start);
    }
}
