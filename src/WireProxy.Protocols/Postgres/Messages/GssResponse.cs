using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Postgres;

/// <summary>GSSResponse (F): the answer to AuthenticationGSS, AuthenticationSSPI and AuthenticationGSSContinue.</summary>
public sealed record GssResponse(ByteString Data)
{
    public static GssResponse Decode(ReadOnlySpan<byte> body) => new(new ByteString(body));

    public void Encode(WireWriter writer)
    {
        int start = Frame.Begin(writer, FrontendMessageType.PasswordMessage);
        writer.WriteBytes(Data.Span);
        Frame.Finish(writer, start);
    }
}
