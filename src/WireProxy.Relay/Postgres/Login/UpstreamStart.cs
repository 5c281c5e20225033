using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using WireProxy.Protocols.Postgres;
using WireProxy.Relay.Sessions;
using WireProxy.Relay.Transport;

namespace WireProxy.Relay.Postgres.Login;

/// <summary>The connection to the server, TLS included, in libpq's sense of sslmode.</summary>
internal static class UpstreamStart
{
    /// <param name="certificate">The gateway's own, shown where the server asks for one.</param>
    /// <exception cref="SessionEndException">The upstream cannot be reached, or not as the configuration demands, or is silent.</exception>
    public static async Task<Leg> ConnectAsync(Session session, X509Certificate2? certificate, CancellationToken cancellationToken) =>
        await session.Listener.Patience.RunAsync(
            Stage.Connect, "did not accept the connection",
            wait => ConnectAsync(session.Listener.Options.Upstream, session.Loop, certificate, wait), cancellationToken);

    private static async Task<Leg> ConnectAsync(UpstreamOptions upstream, EventLoop loop, X509Certificate2? certificate, UpstreamWait wait)
    {
        LoopSocket socket = await UpstreamConnector.ConnectAsync(upstream, loop, wait.Token);
        using CancellationTokenRegistration registration = wait.Aborts(socket);
        var leg = new Leg(socket);
        try
        {
            // As libpq: no TLS over a Unix socket.
            if (upstream.Tls.Mode != UpstreamTlsMode.Disable && !upstream.Host.StartsWith('/'))
                await BeginTlsAsync(leg, socket, upstream, certificate, wait);
            return leg;
        }
        catch
        {
            leg.Release();
            throw;
        }
    }

    private static async Task BeginTlsAsync(Leg leg, LoopSocket socket, UpstreamOptions upstream, X509Certificate2? certificate, UpstreamWait wait)
    {
        wait.Step = "did not answer the request for TLS";
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
                throw UpstreamConnector.Unreachable("the upstream offers no TLS, and upstream.tls.mode demands it");
            return;
        }
        if (answer != 'S')
            throw FrameIo.Violation(Party.Upstream, "neither S nor N in answer to the SSLRequest");
        wait.Step = "did not finish the TLS handshake";
        SslStream stream = await TlsHandshake.AsClientAsync(
            new TransportStream(socket, default), upstream, ClientStart.Alpn, TlsHandshake.Versions, wait.Token, certificate);
        leg.Upgrade(new TlsTransport(stream, socket));
    }
}
