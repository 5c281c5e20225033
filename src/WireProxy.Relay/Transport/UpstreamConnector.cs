using System.Net;
using System.Net.Sockets;
using WireProxy.Relay.Sessions;

namespace WireProxy.Relay.Transport;

/// <summary>Opens the plain connection to an upstream.</summary>
internal static class UpstreamConnector
{
    /// <summary>Connects to the first of the host's addresses that answers.</summary>
    /// <param name="loop">The client's loop: both legs of a session live on one.</param>
    /// <exception cref="SessionEndException">The upstream cannot be reached, or its name not resolved.</exception>
    public static async Task<LoopSocket> ConnectAsync(UpstreamOptions upstream, EventLoop loop, CancellationToken cancellationToken)
    {
        try
        {
            return await ConnectToHostAsync(upstream, loop, cancellationToken);
        }
        catch (SocketException e)
        {
            throw Unreachable($"the upstream cannot be reached ({e.SocketErrorCode})");
        }
    }

    public static SessionEndException Unreachable(string reason) => new(new SessionEnd(
        Stage.Connect, Party.Upstream, reason, "08001", "Tell the gateway's operator; trying again may help when the database is back."));

    /// <summary>The gateway may tell its password or token: inside TLS, over a Unix socket, on loopback, or where the operator says that nobody listens.</summary>
    public static bool MayTell(UpstreamOptions upstream, bool isEncrypted) => isEncrypted || upstream.CleartextCredentials || upstream.IsThisMachine;

    /// <summary>
    /// As <see cref="MayTell"/>, of a password that a server asks for in the clear and could have proved to it instead: only to one that has shown
    /// who it is. Somebody in between who ends TLS could ask for it, too.
    /// </summary>
    public static bool MayTellPassword(UpstreamOptions upstream, bool isEncrypted) =>
        MayTell(upstream, isEncrypted && upstream.Tls.Mode == UpstreamTlsMode.VerifyFull);

    private static async Task<LoopSocket> ConnectToHostAsync(UpstreamOptions upstream, EventLoop loop, CancellationToken cancellationToken)
    {
        if (upstream.Host.StartsWith('/'))
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            var path = new UnixDomainSocketEndPoint($"{upstream.Host}/.s.PGSQL.{upstream.Port}");
            return await LoopSocket.ConnectAsync(socket, path, loop, cancellationToken);
        }
        IPAddress[] addresses = IPAddress.TryParse(upstream.Host, out IPAddress? literal)
            ? [literal]
            : await Dns.GetHostAddressesAsync(upstream.Host, cancellationToken);
        SocketException? last = null;
        foreach (IPAddress address in addresses)
        {
            try
            {
                return await ConnectTcpAsync(new IPEndPoint(address, upstream.Port), loop, cancellationToken);
            }
            catch (SocketException e)
            {
                last = e;
            }
        }
        throw last ?? new SocketException((int)SocketError.HostNotFound);
    }

    private static async Task<LoopSocket> ConnectTcpAsync(IPEndPoint endPoint, EventLoop loop, CancellationToken cancellationToken)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        // A dead peer is noticed although nobody speaks.
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        return await LoopSocket.ConnectAsync(socket, endPoint, loop, cancellationToken);
    }
}
