using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using WireProxy.Protocols.Postgres;
using WireProxy.Relay.Sessions;
using WireProxy.Relay.Transport;

namespace WireProxy.Relay.Postgres;

/// <summary>The connection to the server, TLS included, in libpq's sense of sslmode.</summary>
internal static class UpstreamStart
{
    public static async Task ConnectAsync(Session session, CancellationToken cancellationToken) =>
        session.Upstream = await ConnectAsync(session.Listener.Options.Upstream, session.Loop, cancellationToken);

    /// <exception cref="SessionEndException">The upstream cannot be reached, or not as the configuration demands.</exception>
    public static async Task<Leg> ConnectAsync(UpstreamOptions upstream, EventLoop loop, CancellationToken cancellationToken)
    {
        LoopSocket socket;
        try
        {
            socket = await UpstreamConnector.ConnectAsync(upstream, loop, cancellationToken);
        }
        catch (SocketException e)
        {
            throw Unreachable($"the upstream cannot be reached ({e.SocketErrorCode})", "08001");
        }
        var leg = new Leg(socket);
        try
        {
            // As libpq: no TLS over a Unix socket.
            if (upstream.Tls.Mode != UpstreamTlsMode.Disable && !upstream.Host.StartsWith('/'))
                await BeginTlsAsync(leg, socket, upstream, cancellationToken);
            return leg;
        }
        catch
        {
            leg.Release();
            throw;
        }
    }

    private static async Task BeginTlsAsync(Leg leg, LoopSocket socket, UpstreamOptions upstream, CancellationToken cancellationToken)
    {
        new SslRequest().Encode(leg.Output.BeginOwn());
        await leg.Output.FlushAsync();
        if (!await leg.ReceiveAsync())
            throw FrameIo.Closed(Party.Upstream);
        byte answer = leg.Input.Unread[0];
        leg.Input.Consume(1);
        if (leg.Input.Length > 0)
            throw FrameIo.Violation(Party.Upstream, "data behind its answer to the SSLRequest");
        if (answer == 'N')
        {
            if (upstream.Tls.Mode != UpstreamTlsMode.Prefer)
                throw Unreachable("the upstream offers no TLS, and upstream.tls.mode demands it", "08001");
            return;
        }
        if (answer != 'S')
            throw FrameIo.Violation(Party.Upstream, "neither S nor N in answer to the SSLRequest");
        leg.Upgrade(new TlsTransport(await AuthenticateAsync(socket, upstream, cancellationToken), socket));
    }

    private static async Task<SslStream> AuthenticateAsync(LoopSocket socket, UpstreamOptions upstream, CancellationToken cancellationToken)
    {
        var stream = new SslStream(new TransportStream(socket, default));
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = upstream.Host,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ApplicationProtocols = [new SslApplicationProtocol("postgresql")],
        };
        if (upstream.Tls.Mode != UpstreamTlsMode.VerifyFull)
        {
#pragma warning disable CA5359 // prefer and require do not verify, as libpq's; verify-full is what the README recommends.
            options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
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
            throw Unreachable(
                upstream.Tls.Mode == UpstreamTlsMode.VerifyFull
                    ? "the upstream's certificate is not one that upstream.tls (verify-full) accepts, or the TLS handshake failed"
                    : "the TLS handshake with the upstream failed",
                "08001");
        }
    }

    private static SessionEndException Unreachable(string reason, string sqlState) => new(new SessionEnd(
        Stage.Connect, Party.Upstream, reason, sqlState, "Tell the gateway's operator; trying again may help when the database is back."));
}
