using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Smp;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Transport;

namespace WireProxy.Relay.Tds.Mars;

/// <summary>
/// One side of a MARS connection: takes what arrives apart into sessions, and puts what they send together. Windows end here and do
/// not pass through: the gateway changes, adds and withholds packets, so that the two sides' sequence numbers have nothing to
/// do with each other. What arrives is always taken in, because it cannot be more than the windows allow; so a session that nobody
/// reads holds up no other.
/// </summary>
internal sealed class SmpLink(Leg leg)
{
    /// <summary>So much is put together for one send before other sessions have their turn.</summary>
    private const int TurnBytes = 64 * 1024;

    private const int LongestPacket = SmpHeader.Size + PacketHeader.MaximumPacketSize;

    private readonly Lock _lock = new();
    private readonly Dictionary<ushort, SmpChannel> _channels = [];
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _unfinished;
    private bool _mayFinish;
    private bool _isEnded;

    /// <summary>What carries all sessions.</summary>
    public ByteTransport Transport => leg.Transport;

    /// <summary>Opens a session on this side.</summary>
    /// <param name="preferred">Its number, where that is free.</param>
    public SmpChannel Open(ushort preferred)
    {
        lock (_lock)
        {
            while (_channels.ContainsKey(preferred))
                preferred++;
            return Add(preferred);
        }
    }

    /// <summary>Takes in what arrives until the peer's end.</summary>
    /// <param name="opened">A session that the peer opens; null where it may open none. Returns before anything more arrives.</param>
    /// <param name="arrived">Called when bytes have.</param>
    /// <exception cref="ProtocolException">The peer breaks the protocol.</exception>
    public async Task ReceiveAsync(Action<SmpChannel>? opened, Action arrived)
    {
        do
        {
            arrived();
            while (TryTake(opened))
            {
            }
        }
        while (await leg.ReceiveAsync());
        if (leg.Input.Length > 0)
            throw new ProtocolException("The connection ended inside a message.");
    }

    /// <summary>Nothing more arrives, and nothing can be sent.</summary>
    public void End()
    {
        SmpChannel[] channels;
        lock (_lock)
        {
            _isEnded = true;
            channels = [.. _channels.Values];
        }
        foreach (SmpChannel channel in channels)
            channel.LinkEnded();
    }

    public void Remove(SmpChannel channel)
    {
        lock (_lock)
        {
            if (_channels.TryGetValue(channel.Id, out SmpChannel? found) && found == channel)
                _channels.Remove(channel.Id);
        }
    }

    /// <summary>Completes when every session has sent its last on this side. No more may be opened.</summary>
    public Task AllHaveFinishedAsync()
    {
        lock (_lock)
        {
            _mayFinish = true;
            if (_unfinished == 0)
                _finished.TrySetResult();
            return _finished.Task;
        }
    }

    /// <summary>A session has sent its last, or never will.</summary>
    public void Finished()
    {
        lock (_lock)
        {
            if (--_unfinished == 0 && _mayFinish)
                _finished.TrySetResult();
        }
    }

    /// <summary>Sends as many packets as the peer has room for, up to a turn.</summary>
    /// <returns>What is left.</returns>
    public async ValueTask<ReadOnlyMemory<byte>> SendDataAsync(SmpChannel channel, ReadOnlyMemory<byte> bytes)
    {
        await _sending.WaitAsync();
        try
        {
            WireWriter output = leg.Output.BeginOwn();
            while (output.Length < TurnBytes && !bytes.IsEmpty && channel.TryWriteData(ref bytes, output))
            {
            }
            await leg.Output.FlushAsync();
            return bytes;
        }
        finally
        {
            _sending.Release();
        }
    }

    public async ValueTask SendControlAsync(SmpChannel channel, SmpFlags flags)
    {
        await _sending.WaitAsync();
        try
        {
            if (channel.TryWriteControl(flags, leg.Output.BeginOwn()))
                await leg.Output.FlushAsync();
        }
        finally
        {
            _sending.Release();
        }
    }

    private bool TryTake(Action<SmpChannel>? opened)
    {
        if (!SmpHeader.TryRead(leg.Input.Unread, out SmpHeader header))
            return false;
        if (header.Length > LongestPacket)
            throw new ProtocolException("An SMP packet is longer than the longest TDS packet.");
        if (leg.Input.Length < header.Length)
        {
            leg.Input.Require(header.Length);
            return false;
        }
        if (header.Flags == SmpFlags.Syn)
        {
            SmpChannel channel = Accept(header, opened is not null);
            leg.Input.Consume(header.Length);
            opened!(channel);
            return true;
        }
        SmpChannel found = Find(header.SessionId);
        if (found.Deliver(header, leg.Input.Unread[SmpHeader.Size..header.Length]))
            Remove(found);
        leg.Input.Consume(header.Length);
        return true;
    }

    private SmpChannel Accept(in SmpHeader header, bool mayOpen)
    {
        if (!mayOpen)
            throw new ProtocolException("A server opens no SMP session.");
        lock (_lock)
        {
            if (_channels.ContainsKey(header.SessionId))
                throw new ProtocolException("An SMP session is opened that is open.");
            SmpChannel channel = Add(header.SessionId);
            channel.Accept(header);
            return channel;
        }
    }

    private SmpChannel Find(ushort id)
    {
        lock (_lock)
            return _channels.GetValueOrDefault(id) ?? throw new ProtocolException("An SMP packet is of a session that was not opened.");
    }

    private SmpChannel Add(ushort id)
    {
        var channel = new SmpChannel(this, id);
        _channels[id] = channel;
        _unfinished++;
        if (_isEnded)
            channel.LinkEnded();
        return channel;
    }
}
