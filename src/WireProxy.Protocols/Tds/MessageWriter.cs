using System.Buffers;

namespace WireProxy.Protocols.Tds;

/// <summary>
/// Cuts a message's payload into packets. Payload may come in pieces of any size; what does not fill a packet yet is kept in
/// a buffer of one packet, rented from the shared pool while a message is being written and no longer. The packets of a
/// message but its last are as long as the packet size, which TDS 7.3 and later asks of clients (MS-TDS 2.2.3); they are
/// numbered from 1, modulo 256. Not safe for use by two threads at once.
/// </summary>
public sealed class MessageWriter : IDisposable
{
    /// <summary>What a first packet's status may say of its message; the end is for the last packet to say.</summary>
    private const PacketStatus AboutTheEnd = PacketStatus.EndOfMessage | PacketStatus.Ignore;

    private int _packetSize = PacketHeader.DefaultPacketSize;
    private byte[] _pending = [];
    private int _pendingLength;
    private int _payloadSize;
    private PacketType _type;
    private PacketStatus _status;
    private byte _packetId;

    /// <summary>
    /// Bytes of a packet, its header included: 512 to 32767, 4096 until another is set. A change counts from the next message:
    /// an ENVCHANGE that announces a size stands in a message of the size before (MS-TDS 2.2.7.9).
    /// </summary>
    public int PacketSize
    {
        get => _packetSize;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, PacketHeader.MinimumPacketSize);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, PacketHeader.MaximumPacketSize);
            _packetSize = value;
        }
    }

    /// <summary>What the packets say of the server's session: 0 from a client.</summary>
    public ushort Spid { get; set; }

    /// <summary>A message was begun and not ended.</summary>
    public bool IsInMessage { get; private set; }

    /// <summary>Writes a whole message, without a buffer.</summary>
    /// <param name="status">Of the first packet: <see cref="PacketStatus.ResetConnection"/> and the like.</param>
    public void WriteMessage(IBufferWriter<byte> output, PacketType type, ReadOnlySpan<byte> payload, PacketStatus status = default)
    {
        Begin(type, status);
        for (; payload.Length > _payloadSize; payload = payload[_payloadSize..])
            WritePacket(output, payload[.._payloadSize], default);
        WritePacket(output, payload, PacketStatus.EndOfMessage);
        IsInMessage = false;
    }

    /// <summary>Begins a message. Nothing is written yet.</summary>
    /// <param name="status">Of the first packet; its bits about the end of the message do not count here.</param>
    /// <exception cref="InvalidOperationException">The message before has not been ended.</exception>
    public void Begin(PacketType type, PacketStatus status = default)
    {
        if (IsInMessage)
            throw new InvalidOperationException("The message before has not been ended.");
        IsInMessage = true;
        _type = type;
        _status = status & ~AboutTheEnd;
        _packetId = 0;
        _payloadSize = PacketSize - PacketHeader.Size;
    }

    /// <summary>Adds payload to the message and writes the packets that it fills.</summary>
    public void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> payload)
    {
        ThrowIfNoMessage();
        // A full packet waits for one more byte: it may be the message's last packet, which has to say so.
        while (_pendingLength + payload.Length > _payloadSize)
        {
            int taken = _payloadSize - _pendingLength;
            WritePacket(output, payload[..taken], default);
            payload = payload[taken..];
        }
        if (payload.IsEmpty)
            return;
        if (_pending.Length == 0)
            _pending = ArrayPool<byte>.Shared.Rent(_payloadSize);
        payload.CopyTo(_pending.AsSpan(_pendingLength));
        _pendingLength += payload.Length;
    }

    /// <summary>
    /// Writes what waits as a short packet that is not the last, so that a client sees rows before a packet is full. For a
    /// server's messages only: a server ends the connection of a client that does so (MS-TDS 2.2.3).
    /// </summary>
    public void Flush(IBufferWriter<byte> output)
    {
        ThrowIfNoMessage();
        if (_pendingLength > 0)
            WritePacket(output, default, default);
    }

    /// <summary>Ends the message: writes its last packet, with what waits, or empty.</summary>
    public void End(IBufferWriter<byte> output) => WriteLast(output, PacketStatus.EndOfMessage);

    /// <summary>Ends the message and tells the server to ignore it (MS-TDS 2.2.1.7).</summary>
    public void GiveUp(IBufferWriter<byte> output) => WriteLast(output, AboutTheEnd);

    /// <summary>Forgets a message that was begun and gives its buffer back.</summary>
    public void Dispose()
    {
        IsInMessage = false;
        Release();
    }

    private void WriteLast(IBufferWriter<byte> output, PacketStatus status)
    {
        ThrowIfNoMessage();
        WritePacket(output, default, status);
        IsInMessage = false;
        Release();
    }

    /// <summary>Writes a packet of what waits and <paramref name="rest"/>.</summary>
    private void WritePacket(IBufferWriter<byte> output, ReadOnlySpan<byte> rest, PacketStatus status)
    {
        int length = PacketHeader.Size + _pendingLength + rest.Length;
        var packet = output.GetSpan(length);
        new PacketHeader(_type, _status | status, length, Spid, ++_packetId).Write(packet);
        _pending.AsSpan(0, _pendingLength).CopyTo(packet[PacketHeader.Size..]);
        rest.CopyTo(packet[(PacketHeader.Size + _pendingLength)..]);
        output.Advance(length);
        _pendingLength = 0;
        // The reset of a connection counts in the first packet of a message only.
        _status = default;
    }

    private void ThrowIfNoMessage()
    {
        if (!IsInMessage)
            throw new InvalidOperationException("No message was begun.");
    }

    private void Release()
    {
        byte[] pending = _pending;
        _pending = [];
        _pendingLength = 0;
        if (pending.Length > 0)
            ArrayPool<byte>.Shared.Return(pending);
    }
}
