using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using WireProxy.Protocols.Wire;
using WireProxy.TdsStandIn.Protocol.Mars;

namespace WireProxy.TdsStandIn.Protocol;

/// <summary>One client: TLS, login, requests.</summary>
internal sealed class Connection(TdsStandInServer server, Socket socket)
{
    private const byte TlsHandshakeRecord = 0x16;

    private static readonly SslApplicationProtocol Tds8 = new("tds/8.0");

    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            await using var network = new NetworkStream(socket, ownsSocket: true);
            await ServeAsync(network, cancellation);
        }
        catch (Exception error) when (error is IOException or ProtocolException or AuthenticationException or OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The client went, broke the protocol or does not trust the certificate: its connection ends, and no other notices.
        }
    }

    private async Task ServeAsync(NetworkStream network, CancellationToken cancellation)
    {
        byte[] first = new byte[1];
        if (await network.ReadAsync(first, cancellation) == 0)
            return;
        Stream raw = new PrefixedStream(network, first);
        bool strict = first[0] == TlsHandshakeRecord;
        if (strict != (server.Options.Encryption == TdsEncryption.Strict) && (!strict || server.Options.Encryption == TdsEncryption.None))
            return;
        Stream stream = raw;
        if (strict)
        {
            var tls = new SslStream(raw);
            await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
            {
                ServerCertificate = server.Options.Certificate,
                ApplicationProtocols = [Tds8],
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            }, cancellation);
            stream = tls;
        }
        int port = ((IPEndPoint)socket.LocalEndPoint!).Port;
        using var login = new LoginHandshake(server, stream, strict, port);
        if (await login.RunAsync(cancellation) is not { } connected)
            return;
        await using var _ = connected.Stream == stream ? null : connected.Stream;
        try
        {
            if (connected.Mars)
                await new MarsLoop(server, connected).RunAsync(cancellation);
            else
                await new SessionLoop(server, connected, new ApiCursors(), null).RunAsync(cancellation);
        }
        finally
        {
            connected.Session.End();
        }
    }

    /// <summary>TLS inside of PRELOGIN packets.</summary>
    public static async Task<(SslStream Tls, PreLoginStream Packets)> SecureAsync(Stream stream, TdsStandInOptions options, CancellationToken cancellation)
    {
        var packets = new PreLoginStream(stream);
        var tls = new SslStream(packets, leaveInnerStreamOpen: true);
        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
        {
            ServerCertificate = options.Certificate,
            // TLS 1.3 sends its tickets behind the handshake, where no PRELOGIN packet stands around them: clients of TDS 7.x
            // cannot read that, and SQL Server speaks 1.3 in TDS 8.0 alone.
            EnabledSslProtocols = SslProtocols.Tls12,
        }, cancellation);
        packets.IsTransparent = true;
        return (tls, packets);
    }
}
