using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Threading.Channels;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Smp;
using WireProxy.Protocols.Wire;

namespace WireProxy.TestKit.Tds;

/// <summary>A connection with MARS and no driver's opinions: sessions are opened, left unread and broken at will. What the peer sends is
/// held against MC-SMP, and a breach of it is what <see cref="Ended"/> faults with.</summary>
public sealed class MarsClient : IAsyncDisposable
{
    private readonly TdsClient _client;
    private readonly ConcurrentDictionary<ushort, MarsChannel> _channels = new();
    private readonly SemaphoreSlim _sending = new(1, 1);

    private MarsClient(TdsClient client)
    {
        _client = client;
        Ended = ReceiveAsync();
    }

    /// <summary>Ends when the peer closes the connection.</summary>
    public Task Ended { get; }

    public TdsClient Connection => _client;

    public static async Task<MarsClient> LogInAsync(int port, TdsLogin? login = null)
    {
        TdsClient client = await TdsClient.LogInAsync(port, (login ?? new TdsLogin()) with { Mars = true });
        if (!client.PreLoginAnswer!.Mars)
            throw new IOException("The server has no MARS.");
        return new MarsClient(client);
    }

    /// <summary>Opens a session.</summary>
    public async Task<MarsChannel> OpenAsync(ushort id)
    {
        var channel = new MarsChannel(this, id);
        _channels[id] = channel;
        await SendAsync(channel.Session.Open());
        return channel;
    }

    /// <summary>A packet of any making.</summary>
    public async Task SendAsync(SmpHeader header, ReadOnlyMemory<byte> payload = default)
    {
        using var writer = new WireWriter();
        header.Encode(writer);
        writer.WriteBytes(payload.Span);
        await SendRawAsync(writer.WrittenMemory);
    }

    public async Task SendRawAsync(ReadOnlyMemory<byte> bytes)
    {
        await _sending.WaitAsync();
        try
        {
            await _client.SendRawAsync(bytes);
        }
        finally
        {
            _sending.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await Ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task ReceiveAsync()
    {
        var reader = new SmpReader();
        byte[] buffer = new byte[64 * 1024];
        var payload = new MemoryStream();
        Exception? failure = null;
        try
        {
            int count;
            while ((count = await _client.ReceiveRawAsync(buffer)) > 0)
                Take(reader, buffer.AsSpan(0, count), payload);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // A reset is an end too.
        }
        catch (ProtocolException error)
        {
            failure = error;
        }
        foreach (MarsChannel channel in _channels.Values)
            channel.End(failure);
        if (failure is not null)
            throw failure;
    }

    private void Take(SmpReader reader, ReadOnlySpan<byte> bytes, MemoryStream payload)
    {
        while (reader.TryRead(ref bytes, out SmpPart part))
        {
            if (part.BeginsPacket)
                payload.SetLength(0);
            payload.Write(part.Payload);
            if (!part.EndsPacket)
                continue;
            if (!_channels.TryGetValue(part.Packet.SessionId, out MarsChannel? channel))
                throw new ProtocolException("A packet came of a session that was not opened.");
            channel.Take(part.Packet, payload.ToArray());
        }
    }
}

/// <summary>One session of a <see cref="MarsClient"/>.</summary>
public sealed class MarsChannel(MarsClient client, ushort id)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Channel<byte[]> _packets = Channel.CreateUnbounded<byte[]>();
    private readonly TdsReading _reading = new(client.Connection.Format);
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _unread;

    public ushort Id => id;

    public SmpSession Session { get; } = new(id);

    /// <summary>The transaction that requests name.</summary>
    public ulong Transaction { get; set; }

    /// <summary>Packets that came and were not read.</summary>
    public int Unread => Volatile.Read(ref _unread);

    /// <summary>Ends when the peer has closed this session.</summary>
    public Task Finished => _finished.Task.WaitAsync(Patience);

    public async Task<TdsAnswer> QueryAsync(string text, PacketStatus status = default)
    {
        await SendQueryAsync(text, status);
        return await ReadAsync();
    }

    public Task SendQueryAsync(string text, PacketStatus status = default)
    {
        using var writer = new WireWriter();
        Protocols.Tds.Messages.SqlBatch.Encode(writer, client.Connection.Version, text, Transaction);
        return SendAsync(PacketType.SqlBatch, writer.WrittenSpan.ToArray(), status);
    }

    public async Task<TdsAnswer> CallAsync(params TdsCall[] calls)
    {
        await SendAsync(PacketType.Rpc, TdsCall.Encode(client.Connection.Version, Transaction, calls));
        return await ReadAsync();
    }

    public Task SendAttentionAsync() => SendAsync(PacketType.Attention, []);

    /// <summary>A whole message, each of its packets in one of SMP.</summary>
    public async Task SendAsync(PacketType type, byte[] payload, PacketStatus status = default)
    {
        ReadOnlyMemory<byte> rest = TdsClient.Packets(type, payload, status, client.Connection.PacketSize);
        while (!rest.IsEmpty)
        {
            PacketHeader.TryRead(rest.Span, out PacketHeader header);
            await Until.TrueAsync(CanSend, Patience, () => $"the peer of session {id} opens no window");
            await client.SendAsync(Locked(() => Session.NextData(header.Length)), rest[..header.Length]);
            rest = rest[header.Length..];
        }
    }

    /// <exception cref="IOException">The session was closed before a message, or in it.</exception>
    public async Task<TdsAnswer> ReadAsync()
    {
        using var message = new MemoryStream();
        while (true)
        {
            byte[] packet = await ReadPacketAsync() ?? throw new IOException("The session was closed instead of an answer.");
            PacketHeader.TryRead(packet, out PacketHeader header);
            if (header.Length != packet.Length)
                throw new ProtocolException("A packet of SMP does not hold exactly one of TDS.");
            message.Write(packet.AsSpan(PacketHeader.Size));
            if (header.EndsMessage)
                return _reading.Read(message.ToArray());
        }
    }

    /// <summary>One TDS packet; null at the end.</summary>
    public async Task<byte[]?> ReadPacketAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        if (!await _packets.Reader.WaitToReadAsync(limit.Token) || !_packets.Reader.TryRead(out byte[]? packet))
            return null;
        Interlocked.Decrement(ref _unread);
        SmpHeader? acknowledgement = null;
        lock (_gate)
        {
            Session.Consumed();
            if (Session.OwesAcknowledgement)
                acknowledgement = Session.Acknowledge();
        }
        if (acknowledgement is { } header)
            await client.SendAsync(header);
        return packet;
    }

    /// <summary>Says that nothing more will be sent.</summary>
    public Task FinishAsync() => client.SendAsync(Locked(Session.Finish));

    internal void Take(SmpHeader header, byte[] payload)
    {
        lock (_gate)
            Session.Receive(header);
        if (header.Flags == SmpFlags.Data)
        {
            Interlocked.Increment(ref _unread);
            _packets.Writer.TryWrite(payload);
        }
        if (header.Flags == SmpFlags.Fin)
        {
            _finished.TrySetResult();
            _packets.Writer.TryComplete();
        }
    }

    internal void End(Exception? failure)
    {
        _packets.Writer.TryComplete(failure);
        _finished.TrySetResult();
    }

    private bool CanSend()
    {
        lock (_gate)
            return Session.CanSend;
    }

    private SmpHeader Locked(Func<SmpHeader> make)
    {
        lock (_gate)
            return make();
    }
}
