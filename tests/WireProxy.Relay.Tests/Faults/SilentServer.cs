using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using WireProxy.TestKit;

namespace WireProxy.Relay.Tests.Faults;

/// <summary>Answers what comes with one step of its script after the other, and then says nothing and stays.</summary>
internal sealed class SilentServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, FreePort.Next());
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<byte[], byte[]>[] _script;
    private readonly ConcurrentQueue<byte[]> _received = new();
    private readonly Task _accepting;

    /// <param name="script">For each receive, of what came the answer.</param>
    public SilentServer(params Func<byte[], byte[]>[] script)
    {
        _script = script;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Everything that came, as text.</summary>
    public string Received => string.Concat(_received.Select(Encoding.Latin1.GetString));

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
                serving.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            byte[] buffer = new byte[4096];
            try
            {
                NetworkStream stream = client.GetStream();
                for (int step = 0; await stream.ReadAsync(buffer, _stop.Token) is > 0 and var count; step++)
                {
                    _received.Enqueue(buffer[..count]);
                    if (step < _script.Length)
                        await stream.WriteAsync(_script[step](buffer[..count]), _stop.Token);
                }
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                // The gateway has left, or the test has.
            }
        }
    }
}
