using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Postgres;

/// <summary>SASLResponse (F): the answer to AuthenticationSASLContinue.</summary>
public sealed record SaslResponse(ByteString Data)
{
    public static SaslResponse Decode(ReadOnlySpan<byte> body) => new(new ByteString(body));

    public void Encode(WireWriter writer)
    {
        int start = Frame.Begin(writer, FrontendMessageType.PasswordMessage);
        writer.WriteBytes(Data.Span);
        Frame.Finish(writer, start);
    }
}
