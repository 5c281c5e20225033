using System.Threading.Channels;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Smp;

namespace WireProxy.TdsStandIn.Protocol.Mars;

/// <summary>One session of a MARS connection as a stream. Each write is of whole TDS packets, and each of them becomes a Data packet.</summary>
internal sealed class SmpStream(SmpConnection connection, ushort id) : Stream
{
    private readonly Lock _gate = new();
    private readonly SmpSession _session = new(id);
    private readonly Channel<byte[]> _received = Channel.CreateUnbounded<byte[]>();
    private readonly MemoryStream _packet = new();
    private TaskCompletionSource _room = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ReadOnlyMemory<byte> _current;
    private bool _isBroken;

    public ushort Id => id;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public void Accept(SmpHeader syn) => _session.Accept(syn);

    /// <summary>The client sent this.</summary>
    /// <returns>True where the session's number is free again.</returns>
    public bool Take(SmpPart part)
    {
        lock (_gate)
        {
            if (part.BeginsPacket)
            {
                _packet.SetLength(0);
                _session.Receive(part.Packet);
            }
            _packet.Write(part.Payload);
            if (!part.EndsPacket)
                return false;
            if (part.Packet.Flags == SmpFlags.Data && !_session.FinSent)
                _received.Writer.TryWrite(_packet.ToArray());
            if (part.Packet.Flags == SmpFlags.Fin)
                _received.Writer.TryComplete();
            Signal();
            return _session.IsClosed;
        }
    }

    /// <summary>The connection is gone.</summary>
    public void Break()
    {
        lock (_gate)
        {
            _isBroken = true;
            _received.Writer.TryComplete();
            Signal();
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_current.IsEmpty)
        {
            if (!await _received.Reader.WaitToReadAsync(cancellationToken))
                return 0;
            if (!_received.Reader.TryRead(out byte[]? packet))
                continue;
            _current = packet;
            await ConsumedAsync(cancellationToken);
        }
        int count = Math.Min(buffer.Length, _current.Length);
        _current[..count].CopyTo(buffer);
        _current = _current[count..];
        return count;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            await RoomAsync(cancellationToken);
            PacketHeader.TryRead(buffer.Span, out var header);
            var packet = buffer[..header.Length];
            await connection.SendAsync(output =>
            {
                lock (_gate)
                    _session.NextData(packet.Length).Encode(output);
                output.WriteBytes(packet.Span);
            }, cancellationToken);
            buffer = buffer[header.Length..];
        }
    }

    /// <summary>Says that nothing more will be sent.</summary>
    public async ValueTask FinishAsync(CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (_session.FinSent || _isBroken)
                return;
        }
        await connection.SendAsync(output =>
        {
            lock (_gate)
                _session.Finish().Encode(output);
        }, cancellation);
        lock (_gate)
        {
            if (!_session.IsClosed)
                return;
        }
        connection.Forget(this);
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private async ValueTask RoomAsync(CancellationToken cancellation)
    {
        while (true)
        {
            Task waiting;
            lock (_gate)
            {
                if (_isBroken || _session.FinReceived)
                    throw new IOException("The session was closed.");
                if (_session.CanSend)
                    return;
                waiting = _room.Task;
            }
            await waiting.WaitAsync(cancellation);
        }
    }

    private async ValueTask ConsumedAsync(CancellationToken cancellation)
    {
        lock (_gate)
        {
            _session.Consumed();
            if (!_session.OwesAcknowledgement || _isBroken)
                return;
        }
        await connection.SendAsync(output =>
        {
            lock (_gate)
                _session.Acknowledge().Encode(output);
        }, cancellation);
    }

    private void Signal()
    {
        _room.TrySetResult();
        _room = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
