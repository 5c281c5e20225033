using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using WireProxy.Relay.Sessions;

namespace WireProxy.Relay.Transport;

/// <summary>TLS on either leg, whatever carries its records. A dialect says when, and which protocol is spoken inside.</summary>
internal static class TlsHandshake
{
    public const SslProtocols Versions = SslProtocols.Tls12 | SslProtocols.Tls13;

    /// <summary>Answers the client's handshake.</summary>
    /// <param name="session">Gets the client's certificate, where its listener asks for one.</param>
    /// <param name="inner">Carries the records; the caller's again where the handshake fails.</param>
    /// <param name="protocol">Offered by ALPN; empty for none.</param>
    /// <param name="mustAgree">The client must have asked for <paramref name="protocol"/>: TLS began without any other agreement.</param>
    /// <exception cref="SessionEndException">The handshake failed.</exception>
    public static async Task<SslStream> AsServerAsync(
        Session session, Stream inner, SslApplicationProtocol protocol, bool mustAgree, SslProtocols versions, CancellationToken cancellationToken)
    {
        ClientTlsOptions tls = session.Listener.Options.Tls!;
        var stream = new SslStream(inner);
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = TlsContexts.For(tls),
            EnabledSslProtocols = versions,
            ApplicationProtocols = protocol.Protocol.IsEmpty ? null : [protocol],
            // What was agreed on and shown at the beginning is what the login goes by.
            AllowRenegotiation = false,
        };
        if (tls.AsksForCertificate)
            AskForCertificate(options, session);
        try
        {
            await stream.AuthenticateAsServerAsync(options, cancellationToken);
        }
        catch (Exception e) when (e is AuthenticationException or IOException or OperationCanceledException)
        {
            await stream.DisposeAsync();
            throw new SessionEndException(new SessionEnd(Stage.Handshake, Party.Client, "the TLS handshake with the client failed"));
        }
        if (!mustAgree || stream.NegotiatedApplicationProtocol == protocol)
            return stream;
        await stream.DisposeAsync();
        throw new SessionEndException(new SessionEnd(
            Stage.Handshake, Party.Client, $"a direct TLS connection without the ALPN protocol {protocol}"));
    }

    /// <summary>Who it is, and whether it is trusted, is decided at the login: a client may do without.</summary>
    private static void AskForCertificate(SslServerAuthenticationOptions options, Session session)
    {
        options.ClientCertificateRequired = true;
        // The framework builds a chain before it asks, whatever comes of it: a stranger's certificate must not make us fetch what it names.
        options.CertificateChainPolicy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
#pragma warning disable CA5359 // The proof that the client holds the key is TLS's own; trust is the login authority's decision.
        options.RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
        {
            if (certificate is not null)
                session.ClientCertificate = new ClientCertificate(new X509Certificate2(certificate), [.. chain?.ChainPolicy.ExtraStore ?? []]);
            return true;
        };
#pragma warning restore CA5359
    }

    /// <summary>Begins the handshake with the upstream; verifies its certificate where the mode is verify-full.</summary>
    /// <param name="certificate">Shown where the upstream asks for one, with its private key.</param>
    /// <inheritdoc cref="AsServerAsync"/>
    public static async Task<SslStream> AsClientAsync(
        Stream inner, UpstreamOptions upstream, SslApplicationProtocol protocol, SslProtocols versions, CancellationToken cancellationToken,
        X509Certificate2? certificate = null)
    {
        var stream = new SslStream(inner);
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = upstream.Host,
            EnabledSslProtocols = versions,
            ApplicationProtocols = protocol.Protocol.IsEmpty ? null : [protocol],
            ClientCertificates = certificate is null ? null : [certificate],
        };
        if (upstream.Tls.Mode != UpstreamTlsMode.VerifyFull)
        {
#pragma warning disable CA5359 // prefer and require do not verify, as libpq's; verify-full is what the README recommends.
            options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
            // Nothing comes of the chain, so nothing is fetched for it.
            options.CertificateChainPolicy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        }
        else if (upstream.Tls.Roots is { } roots)
        {
            var chain = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            chain.CustomTrustStore.AddRange(roots);
            options.CertificateChainPolicy = chain;
        }
        try
        {
            await stream.AuthenticateAsClientAsync(options, cancellationToken);
            return stream;
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            await stream.DisposeAsync();
            throw UpstreamConnector.Unreachable(
                upstream.Tls.Mode == UpstreamTlsMode.VerifyFull
                    ? "the upstream's certificate is not one that upstream.tls (verify-full) accepts, or the TLS handshake failed"
                    : "the TLS handshake with the upstream failed");
        }
    }
}
