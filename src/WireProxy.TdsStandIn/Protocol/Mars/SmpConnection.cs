using System.Collections.Concurrent;
using WireProxy.Protocols.Tds.Smp;
using WireProxy.Protocols.Wire;

namespace WireProxy.TdsStandIn.Protocol.Mars;

/// <summary>The server's side of SMP: a stream for each session that the client opens.</summary>
internal sealed class SmpConnection(Stream stream)
{
    private const int BufferSize = 64 * 1024;

    private readonly ConcurrentDictionary<ushort, SmpStream> _sessions = new();
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly SmpReader _reader = new();

    /// <summary>Reads until the client is gone.</summary>
    /// <param name="opened">Called for each session that the client opens; it must not wait.</param>
    /// <exception cref="ProtocolException">The client breaks the protocol.</exception>
    public async Task RunAsync(Action<SmpStream> opened, CancellationToken cancellation)
    {
        byte[] buffer = new byte[BufferSize];
        try
        {
            int read;
            while ((read = await stream.ReadAsync(buffer, cancellation)) > 0)
                Take(buffer.AsSpan(0, read), opened);
        }
        finally
        {
            foreach (var session in _sessions.Values)
                session.Break();
        }
    }

    /// <summary>Sends what the action writes, as one piece.</summary>
    public async ValueTask SendAsync(Action<WireWriter> write, CancellationToken cancellation)
    {
        await _sending.WaitAsync(cancellation);
        try
        {
            using var output = new WireWriter();
            write(output);
            await stream.WriteAsync(output.WrittenMemory, CancellationToken.None);
            await stream.FlushAsync(CancellationToken.None);
        }
        finally
        {
            _sending.Release();
        }
    }

    public void Forget(SmpStream session) => _sessions.TryRemove(new KeyValuePair<ushort, SmpStream>(session.Id, session));

    private void Take(ReadOnlySpan<byte> bytes, Action<SmpStream> opened)
    {
        while (_reader.TryRead(ref bytes, out var part))
        {
            ushort id = part.Packet.SessionId;
            if (part.Packet.Flags == SmpFlags.Syn)
            {
                var session = new SmpStream(this, id);
                if (!_sessions.TryAdd(id, session))
                    throw new ProtocolException("A session is opened that is open.");
                session.Accept(part.Packet);
                opened(session);
            }
            else if (!_sessions.TryGetValue(id, out var session))
            {
                throw new ProtocolException("A packet is of a session that was not opened.");
            }
            else if (session.Take(part))
            {
                Forget(session);
            }
        }
    }
}
