using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace WireProxy.TestKit;

/// <summary>Ports for servers of a test run.</summary>
public static class FreePort
{
    private static readonly ConcurrentDictionary<int, bool> Given = new();

    /// <summary>
    /// A TCP port from 20000 to 31999 on which nobody listens: below Linux's ephemeral range (32768), so that no outgoing
    /// connection of another test can sit on it. Never gives a port twice in one process.
    /// </summary>
    public static int Next()
    {
        for (int attempt = 0; attempt < 1_000; attempt++)
        {
            int port = Random.Shared.Next(20_000, 32_000);
            if (IsFree(port) && Given.TryAdd(port, true)) return port;
        }
        throw new InvalidOperationException("No free port between 20000 and 31999.");
    }

    private static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.ExclusiveAddressUse = true;
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
