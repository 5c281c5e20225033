using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Postgres;

/// <summary>SSLRequest (F): asks for TLS. The answer is one byte, S or N; an ancient server sends an ErrorResponse.</summary>
public sealed record SslRequest : StartupPacket
{
    private protected override int Code => (int)RequestCode.SslRequest;

    private protected override void EncodeBody(WireWriter writer)
    {
        // The code is all there is.
    }
}
