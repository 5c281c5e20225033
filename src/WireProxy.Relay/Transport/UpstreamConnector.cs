using System.Net;
using System.Net.Sockets;

namespace WireProxy.Relay.Transport;

/// <summary>Opens the plain connection to an upstream.</summary>
internal static class UpstreamConnector
{
    /// <exception cref="SocketException">The upstream cannot be reached.</exception>
    public static async Task<Socket> ConnectAsync(UpstreamOptions upstream, CancellationToken cancellationToken)
    {
        if (upstream.Host.StartsWith('/'))
            return await ConnectUnixAsync($"{upstream.Host}/.s.PGSQL.{upstream.Port}", cancellationToken);
        if (IPAddress.TryParse(upstream.Host, out IPAddress? address))
            return await ConnectTcpAsync(new IPEndPoint(address, upstream.Port), cancellationToken);
        return await ConnectTcpAsync(new DnsEndPoint(upstream.Host, upstream.Port), cancellationToken);
    }

    private static async Task<Socket> ConnectTcpAsync(EndPoint endPoint, CancellationToken cancellationToken)
    {
        var socket = endPoint is IPEndPoint ip
            ? new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
            : new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.NoDelay = true;
        // A dead peer is noticed although nobody speaks: after two minutes of silence, as libpq's own keepalive settings allow.
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        return await ConnectAsync(socket, endPoint, cancellationToken);
    }

    private static Task<Socket> ConnectUnixAsync(string path, CancellationToken cancellationToken) => ConnectAsync(
        new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified), new UnixDomainSocketEndPoint(path), cancellationToken);

    private static async Task<Socket> ConnectAsync(Socket socket, EndPoint endPoint, CancellationToken cancellationToken)
    {
        try
        {
            await socket.ConnectAsync(endPoint, cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
