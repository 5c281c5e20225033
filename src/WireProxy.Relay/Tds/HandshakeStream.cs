using System.Buffers.Binary;
using WireProxy.Protocols.Tds;
using WireProxy.Relay.Transport;

namespace WireProxy.Relay.Tds;

/// <summary>
/// What <see cref="System.Net.Security.SslStream"/> reads and writes below TDS 7.x: until the handshake has ended its records travel
/// inside of PRELOGIN packets, afterwards as they are (MS-TDS 3.2.5.2). With <paramref name="isLoginOnly"/> no byte behind a whole
/// record is taken from the transport, because what follows the login is plain again.
/// </summary>
internal sealed class HandshakeStream(ByteTransport transport, bool isLoginOnly) : CarrierStream
{
    private const int RecordHeaderBytes = 5;
    private const int PacketPayloadBytes = PacketHeader.DefaultPacketSize - PacketHeader.Size;

    private readonly byte[] _head = new byte[PacketHeader.Size];
    private ReadOnlyMemory<byte> _given;
    private bool _inPackets = true;
    private int _left;
    private int _headGiven = RecordHeaderBytes;

    /// <summary>The handshake has ended: records travel as they are.</summary>
    public void EndHandshake() => _inPackets = false;

    /// <summary>Bytes that were taken from the transport already, to be read first.</summary>
    public void GiveBack(ReadOnlyMemory<byte> received) => _given = received;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_inPackets)
            return await ReadFromPacketAsync(buffer);
        return isLoginOnly ? await ReadFromRecordAsync(buffer) : await ReceiveAsync(buffer);
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!_inPackets)
        {
            await transport.SendAsync(buffer);
            return;
        }
        // A flight is one message.
        byte[] packets = new byte[buffer.Length + ((buffer.Length / PacketPayloadBytes) + 1) * PacketHeader.Size];
        int length = 0;
        byte id = 0;
        do
        {
            int payload = Math.Min(buffer.Length, PacketPayloadBytes);
            PacketStatus status = payload == buffer.Length ? PacketStatus.EndOfMessage : PacketStatus.Normal;
            new PacketHeader(PacketType.PreLogin, status, payload + PacketHeader.Size, 0, ++id).Write(packets.AsSpan(length));
            buffer.Span[..payload].CopyTo(packets.AsSpan(length + PacketHeader.Size));
            length += payload + PacketHeader.Size;
            buffer = buffer[payload..];
        }
        while (!buffer.IsEmpty);
        await transport.SendAsync(packets.AsMemory(0, length));
    }

    private async ValueTask<int> ReadFromPacketAsync(Memory<byte> buffer)
    {
        // Whoever reads nothing waits for something to read.
        while (_left == 0 && !buffer.IsEmpty)
        {
            if (!await FillHeadAsync(PacketHeader.Size))
                return 0;
            PacketHeader.TryRead(_head, out PacketHeader header);
            if (header.Type != PacketType.PreLogin)
                throw new IOException("A packet of another type stands inside the TLS handshake.");
            _left = header.PayloadLength;
        }
        return await ReceivePartAsync(buffer);
    }

    private async ValueTask<int> ReadFromRecordAsync(Memory<byte> buffer)
    {
        if (_headGiven < RecordHeaderBytes)
            return GiveHead(buffer);
        if (_left == 0 && !buffer.IsEmpty)
        {
            if (!await FillHeadAsync(RecordHeaderBytes))
                return 0;
            _left = BinaryPrimitives.ReadUInt16BigEndian(_head.AsSpan(3));
            _headGiven = 0;
            return GiveHead(buffer);
        }
        return await ReceivePartAsync(buffer);
    }

    private int GiveHead(Memory<byte> buffer)
    {
        int count = Math.Min(buffer.Length, RecordHeaderBytes - _headGiven);
        _head.AsSpan(_headGiven, count).CopyTo(buffer.Span);
        _headGiven += count;
        return count;
    }

    private async ValueTask<int> ReceivePartAsync(Memory<byte> buffer)
    {
        int count = await ReceiveAsync(buffer[..Math.Min(buffer.Length, _left)]);
        _left -= count;
        return count;
    }

    private async ValueTask<bool> FillHeadAsync(int length)
    {
        for (int filled = 0; filled < length;)
        {
            int count = await ReceiveAsync(_head.AsMemory(filled, length - filled));
            if (count == 0)
                return false;
            filled += count;
        }
        return true;
    }

    private ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        if (_given.IsEmpty)
            return transport.ReceiveAsync(buffer);
        int count = Math.Min(buffer.Length, _given.Length);
        _given[..count].CopyTo(buffer);
        _given = _given[count..];
        return ValueTask.FromResult(count);
    }
}
