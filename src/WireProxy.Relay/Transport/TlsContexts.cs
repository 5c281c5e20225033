using System.Net.Security;
using System.Runtime.CompilerServices;

namespace WireProxy.Relay.Transport;

/// <summary>One certificate context for each listener's TLS options: building the chain anew for every handshake would cost more than the handshake.</summary>
internal static class TlsContexts
{
    private static readonly ConditionalWeakTable<ClientTlsOptions, SslStreamCertificateContext> Contexts = [];

    public static SslStreamCertificateContext For(ClientTlsOptions options) =>
        Contexts.GetValue(options, static tls => SslStreamCertificateContext.Create(tls.Certificate, tls.Chain, offline: true));
}
