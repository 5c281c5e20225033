using System.Net;
using System.Net.Sockets;

namespace WireProxy.TestKit;

/// <summary>Ports for servers of a test run.</summary>
public static class FreePort
{
    // Below Linux's ephemeral range (32768), so that no outgoing connection of another test can sit on a port.
    private const int First = 20_000, Blocks = 120, BlockPorts = 100;

    private static readonly Lock Gate = new();
    private static readonly Stack<int> Left = new();

    // Listening for as long as this process lives: while it does, the block is nobody else's.
    private static readonly List<Socket> Claims = [];

    /// <summary>
    /// A TCP port from 20000 to 31999 on which nobody listens. Never gives a port twice in one process, and no port that another
    /// process of tests may give: a server that was told its port a moment ago finds it free.
    /// </summary>
    public static int Next()
    {
        lock (Gate)
        {
            while (true)
            {
                while (Left.TryPop(out int port))
                {
                    if (IsFree(port))
                        return port;
                }
                ClaimBlock();
            }
        }
    }

    private static void ClaimBlock()
    {
        int[] blocks = [.. Enumerable.Range(0, Blocks)];
        Random.Shared.Shuffle(blocks);
        foreach (int first in blocks.Select(block => First + block * BlockPorts))
        {
            if (TryListen(first) is not { } claim)
                continue;
            Claims.Add(claim);
            int[] ports = [.. Enumerable.Range(first + 1, BlockPorts - 1)];
            Random.Shared.Shuffle(ports);
            foreach (int port in ports)
                Left.Push(port);
            return;
        }
        throw new InvalidOperationException($"No free ports between {First} and {First + Blocks * BlockPorts - 1}.");
    }

    private static bool IsFree(int port)
    {
        using Socket? socket = TryListen(port);
        return socket is not null;
    }

    // Two sockets may be bound to one port as long as neither listens (SO_REUSEADDR, which .NET sets): listening decides.
    private static Socket? TryListen(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            socket.Listen();
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
    }
}
