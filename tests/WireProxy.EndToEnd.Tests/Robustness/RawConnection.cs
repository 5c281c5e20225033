using System.Net.Sockets;

namespace WireProxy.EndToEnd.Tests.Robustness;

/// <summary>A TCP connection without any idea of messages.</summary>
internal sealed class RawConnection : IAsyncDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    public static async Task<RawConnection> ConnectAsync(int port)
    {
        var connection = new RawConnection();
        await connection._socket.ConnectAsync("127.0.0.1", port);
        return connection;
    }

    public async Task SendAsync(byte[] bytes)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        for (var rest = bytes.AsMemory(); !rest.IsEmpty;)
            rest = rest[await _socket.SendAsync(rest, limit.Token)..];
    }

    public void FinishSendingQuietly()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The peer has closed already.
        }
    }

    /// <summary>Everything until the peer closes, in an orderly way or not. It has to, within a minute.</summary>
    public async Task<byte[]> ReadEverythingAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        using var all = new MemoryStream();
        var buffer = new byte[4096];
        try
        {
            while (await _socket.ReceiveAsync(buffer, limit.Token) is var count and > 0)
                all.Write(buffer, 0, count);
        }
        catch (SocketException)
        {
            // A reset is an end too.
        }
        return all.ToArray();
    }

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }
}
