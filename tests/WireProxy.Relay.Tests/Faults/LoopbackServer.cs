using System.Net;
using System.Net.Sockets;
using WireProxy.TestKit;

namespace WireProxy.Relay.Tests.Faults;

/// <summary>Listens on a port of its own and serves every connection by itself, until it is disposed of.</summary>
internal abstract class LoopbackServer : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;

    protected LoopbackServer()
    {
        Port = FreePort.Next();
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, Port));
        _listener.Listen(64);
        _accepting = AcceptAsync();
    }

    public int Port { get; }

    protected CancellationToken Stopping => _stop.Token;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stop.Dispose();
    }

    /// <summary>One connection, which is closed afterwards. What a peer that has gone makes it throw ends it.</summary>
    protected abstract Task ServeAsync(Socket socket);

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
                serving.Add(ServeAndCloseAsync(await _listener.AcceptAsync(_stop.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAndCloseAsync(Socket socket)
    {
        using (socket)
        {
            try
            {
                await ServeAsync(socket);
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // The gateway has gone, or the test has.
            }
        }
    }
}
