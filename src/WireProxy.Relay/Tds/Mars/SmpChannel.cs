using System.Buffers;
using System.Security.Cryptography.X509Certificates;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Smp;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Transport;

namespace WireProxy.Relay.Tds.Mars;

/// <summary>
/// One session's bytes on one side of a MARS connection: a transport like any other, for the session's leg. It holds as many packets
/// as its window has room for and no more. Each Data packet that goes out carries one TDS packet, as other implementations have it.
/// </summary>
internal sealed class SmpChannel(SmpLink link, ushort id) : ByteTransport
{
    private readonly Lock _lock = new();
    private readonly SmpSession _session = new(id);
    private readonly Queue<(byte[] Bytes, int Length)> _received = new();
    private readonly Readiness _readable = new();
    private readonly Readiness _writable = new();
    private int _taken;
    private byte[]? _cut;
    private int _cutLength;
    private bool _receivesNoMore;
    private bool _isDown;
    private bool _isReleased;
    private int _hasFinished;

    public ushort Id => id;

    public override string? TlsDescription => link.Transport.TlsDescription;

    public override X509Certificate? PeerCertificate => link.Transport.PeerCertificate;

    /// <summary>The peer has opened the session.</summary>
    public void Accept(in SmpHeader syn)
    {
        lock (_lock)
            _session.Accept(syn);
    }

    /// <summary>A packet of this session has arrived.</summary>
    /// <returns>True where the session's number is free again.</returns>
    /// <exception cref="ProtocolException">It may not come now.</exception>
    public bool Deliver(in SmpHeader header, ReadOnlySpan<byte> payload)
    {
        bool isClosed;
        lock (_lock)
        {
            if (_session.Receive(header))
                Keep(payload);
            isClosed = _session.IsClosed;
        }
        // Whoever waits runs here.
        if (header.Flags is SmpFlags.Data or SmpFlags.Fin)
            _readable.Signal();
        _writable.Signal();
        return isClosed;
    }

    /// <summary>The connection has ended: what has arrived can still be received.</summary>
    public void LinkEnded()
    {
        lock (_lock)
            _isDown = true;
        _readable.Signal();
        _writable.Signal();
    }

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        _readable.TryTake();
        int count = TryReceive(buffer.Span);
        return count < 0 || OwesAcknowledgement() ? ReceiveLaterAsync(buffer, count) : ValueTask.FromResult(count);
    }

    public override async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            _writable.TryTake();
            if (!CanSend())
            {
                await _writable.WaitAsync();
                continue;
            }
            bytes = await link.SendDataAsync(this, bytes);
        }
    }

    /// <summary>Opens the session at the peer: what follows may be sent at once.</summary>
    public ValueTask OpenAsync() => link.SendControlAsync(this, SmpFlags.Syn);

    public override async ValueTask ShutdownSendAsync()
    {
        if (!IsOpen())
            return;
        try
        {
            await link.SendControlAsync(this, SmpFlags.Fin);
        }
        finally
        {
            Finish();
        }
        lock (_lock)
        {
            if (!_session.IsClosed)
                return;
        }
        link.Remove(this);
    }

    public override void AbortReceive()
    {
        lock (_lock)
            _receivesNoMore = true;
        _readable.Signal();
    }

    public override void Abort()
    {
        lock (_lock)
            _receivesNoMore = _isDown = true;
        _readable.Signal();
        _writable.Signal();
        Finish();
    }

    public override void Release()
    {
        lock (_lock)
        {
            _isReleased = true;
            while (_received.TryDequeue(out (byte[] Bytes, int Length) packet))
                ArrayPool<byte>.Shared.Return(packet.Bytes);
            ReturnCut();
        }
        Finish();
    }

    /// <summary>Puts a packet of this kind into the writer; false where it is not due any more.</summary>
    public bool TryWriteControl(SmpFlags flags, WireWriter output)
    {
        lock (_lock)
        {
            if (_session.FinSent || (flags == SmpFlags.Ack && !_session.OwesAcknowledgement))
                return false;
            SmpHeader header = flags switch
            {
                SmpFlags.Syn => _session.Open(),
                SmpFlags.Fin => _session.Finish(),
                _ => _session.Acknowledge(),
            };
            header.Encode(output);
            return true;
        }
    }

    /// <summary>Puts the next TDS packet into the writer, with its header; what of one is not there yet is kept.</summary>
    /// <returns>False where the peer has no room, or no whole packet is there.</returns>
    public bool TryWriteData(ref ReadOnlyMemory<byte> bytes, WireWriter output)
    {
        lock (_lock)
        {
            if (_isReleased || !_session.CanSend)
                return false;
            ReadOnlySpan<byte> input = bytes.Span;
            if (_cutLength == 0 && PacketHeader.TryRead(input, out PacketHeader header) && header.Length <= input.Length)
            {
                Write(input[..header.Length], output);
                bytes = bytes[header.Length..];
                return true;
            }
            return TryJoin(ref bytes, PacketHeader.Size) && PacketHeader.TryRead(_cut, out header) && TryJoin(ref bytes, header.Length) &&
                WriteCut(output);
        }
    }

    private async ValueTask<int> ReceiveLaterAsync(Memory<byte> buffer, int count)
    {
        while (true)
        {
            if (OwesAcknowledgement())
                await link.SendControlAsync(this, SmpFlags.Ack);
            if (count >= 0)
                return count;
            await _readable.WaitAsync();
            _readable.TryTake();
            count = TryReceive(buffer.Span);
        }
    }

    /// <summary>Bytes received; 0 at the end, or for an empty buffer where there are some; -1 where there is nothing yet.</summary>
    private int TryReceive(Span<byte> buffer)
    {
        lock (_lock)
        {
            // An empty packet takes its place in the window and nothing else.
            while (_received.TryPeek(out (byte[] Bytes, int Length) packet) && packet.Length == _taken)
                TakeNext();
            if (_receivesNoMore || _received.Count == 0)
                return _receivesNoMore || _isDown || _session.FinReceived ? 0 : -1;
            (byte[] bytes, int length) = _received.Peek();
            int count = Math.Min(buffer.Length, length - _taken);
            bytes.AsSpan(_taken, count).CopyTo(buffer);
            _taken += count;
            if (_taken == length)
                TakeNext();
            return count;
        }
    }

    private void TakeNext()
    {
        ArrayPool<byte>.Shared.Return(_received.Dequeue().Bytes);
        _taken = 0;
        _session.Consumed();
    }

    private bool OwesAcknowledgement()
    {
        lock (_lock)
            return _session.OwesAcknowledgement && !_isDown;
    }

    private void Keep(ReadOnlySpan<byte> payload)
    {
        if (_isReleased)
        {
            _session.Consumed();
            return;
        }
        byte[] kept = ArrayPool<byte>.Shared.Rent(payload.Length);
        payload.CopyTo(kept);
        _received.Enqueue((kept, payload.Length));
    }

    private void Finish()
    {
        if (Interlocked.Exchange(ref _hasFinished, 1) == 0)
            link.Finished();
    }

    private bool IsOpen()
    {
        lock (_lock)
            return !_session.FinSent && !_isDown;
    }

    private bool CanSend()
    {
        lock (_lock)
        {
            if (_isDown || _isReleased || _session.FinSent)
                throw new IOException("The session is closed.");
            return _session.CanSend;
        }
    }

    private bool TryJoin(ref ReadOnlyMemory<byte> bytes, int length)
    {
        _cut ??= ArrayPool<byte>.Shared.Rent(PacketHeader.MaximumPacketSize);
        int count = Math.Min(length - _cutLength, bytes.Length);
        if (count > 0)
        {
            bytes.Span[..count].CopyTo(_cut.AsSpan(_cutLength));
            bytes = bytes[count..];
            _cutLength += count;
        }
        return _cutLength >= length;
    }

    private bool WriteCut(WireWriter output)
    {
        Write(_cut.AsSpan(0, _cutLength), output);
        ReturnCut();
        return true;
    }

    private void Write(ReadOnlySpan<byte> packet, WireWriter output)
    {
        _session.NextData(packet.Length).Encode(output);
        output.WriteBytes(packet);
    }

    private void ReturnCut()
    {
        if (_cut is not null)
            ArrayPool<byte>.Shared.Return(_cut);
        _cut = null;
        _cutLength = 0;
    }
}
