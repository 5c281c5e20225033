using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Postgres;

/// <summary>GSSENCRequest (F): asks for GSSAPI encryption. The answer is one byte, G or N.</summary>
public sealed record GssEncRequest : StartupPacket
{
    private protected override int Code => (int)RequestCode.GssEncRequest;

    private protected override void EncodeBody(WireWriter writer)
    {
        // The code is all there is.
    }
}
