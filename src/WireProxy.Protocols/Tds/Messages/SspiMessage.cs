using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Messages;

/// <summary>SSPI (packet type 17): the client's next answer in a login with Windows credentials (MS-TDS 2.2.6.8).</summary>
/// <param name="Data">All that the message has: a SPNEGO or NTLM token.</param>
public sealed record SspiMessage(ByteString Data)
{
    public static SspiMessage Decode(ReadOnlySpan<byte> message) => new(new ByteString(message));

    public void Encode(WireWriter writer) => writer.WriteBytes(Data.Span);
}
