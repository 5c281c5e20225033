using System.Net.Security;
using System.Runtime.CompilerServices;
using WireProxy.Access;

namespace WireProxy.Relay.Transport;

/// <summary>What is worked out once for each listener's certificate: building its chain anew would cost more than a handshake.</summary>
internal static class TlsContexts
{
    private static readonly ConditionalWeakTable<ClientTlsOptions, SslStreamCertificateContext> Contexts = [];

    private static readonly ConditionalWeakTable<ClientTlsOptions, byte[]> EndPoints = [];

    public static SslStreamCertificateContext For(ClientTlsOptions options) =>
        Contexts.GetValue(options, static tls => SslStreamCertificateContext.Create(tls.Certificate, tls.Chain, offline: true));

    /// <summary>By which a client may bind its proof to this connection (RFC 5929, section 4); empty where the certificate has none.</summary>
    public static ReadOnlyMemory<byte> EndPointOf(ClientTlsOptions options) =>
        EndPoints.GetValue(options, static tls => ChannelBinding.TlsServerEndPoint(tls.Certificate));
}
