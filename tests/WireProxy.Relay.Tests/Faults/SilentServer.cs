using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;

namespace WireProxy.Relay.Tests.Faults;

/// <summary>Answers what comes with one step of its script after the other, and then says nothing and stays.</summary>
/// <param name="script">For each receive, of what came the answer.</param>
internal sealed class SilentServer(params Func<byte[], byte[]>[] script) : LoopbackServer
{
    private readonly ConcurrentQueue<byte[]> _received = new();

    /// <summary>Everything that came, as text.</summary>
    public string Received => string.Concat(_received.Select(Encoding.Latin1.GetString));

    protected override async Task ServeAsync(Socket socket)
    {
        byte[] buffer = new byte[4096];
        for (int step = 0; await socket.ReceiveAsync(buffer, Stopping) is > 0 and var count; step++)
        {
            _received.Enqueue(buffer[..count]);
            if (step < script.Length)
                await socket.SendAsync(script[step](buffer[..count]), Stopping);
        }
    }
}
