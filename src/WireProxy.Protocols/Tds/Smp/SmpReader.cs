using System.Runtime.CompilerServices;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Smp;

/// <summary>A run of bytes of one SMP packet's payload, as <see cref="SmpReader"/> found it in what arrived.</summary>
public readonly ref struct SmpPart
{
    internal SmpPart(SmpHeader packet, bool beginsPacket, bool endsPacket, ReadOnlySpan<byte> payload)
    {
        Packet = packet;
        BeginsPacket = beginsPacket;
        EndsPacket = endsPacket;
        Payload = payload;
    }

    /// <summary>The header of the packet that the payload belongs to.</summary>
    public SmpHeader Packet { get; }

    /// <summary>The first part of a packet.</summary>
    public bool BeginsPacket { get; }

    /// <summary>The packet's last byte is in <see cref="Payload"/>.</summary>
    public bool EndsPacket { get; }

    /// <summary>The next bytes of the session: give them to that session's <see cref="MessageReader"/>.</summary>
    public ReadOnlySpan<byte> Payload { get; }
}

/// <summary>
/// Finds SMP packets in bytes that arrive in pieces of any size. It keeps a header that was cut and the place in the packet,
/// never payload. Not safe for use by two threads at once.
/// </summary>
public sealed class SmpReader
{
    private HeaderBytes _headerBytes;
    private int _headerLength;
    private SmpHeader _packet;
    private int _remaining;

    /// <summary>A packet has begun and its end has not come yet: the connection may not end here.</summary>
    public bool IsInPacket => _remaining > 0 || _headerLength > 0;

    /// <summary>Takes the next part off the front of <paramref name="input"/>. False: all of it is taken, more is needed.</summary>
    /// <exception cref="ProtocolException">A header is refused (<see cref="SmpHeader.TryRead"/>).</exception>
    public bool TryRead(ref ReadOnlySpan<byte> input, out SmpPart part)
    {
        bool begins = _remaining == 0;
        if (begins ? !TryReadHeader(ref input) : input.IsEmpty)
        {
            part = default;
            return false;
        }
        int length = Math.Min(_remaining, input.Length);
        _remaining -= length;
        part = new SmpPart(_packet, begins, _remaining == 0, input[..length]);
        input = input[length..];
        return true;
    }

    private bool TryReadHeader(ref ReadOnlySpan<byte> input)
    {
        Span<byte> kept = _headerBytes;
        int taken = Math.Min(SmpHeader.Size - _headerLength, input.Length);
        input[..taken].CopyTo(kept[_headerLength..]);
        input = input[taken..];
        _headerLength += taken;
        if (!SmpHeader.TryRead(kept[.._headerLength], out var header))
            return false;
        _headerLength = 0;
        _packet = header;
        _remaining = header.PayloadLength;
        return true;
    }

    [InlineArray(SmpHeader.Size)]
    private struct HeaderBytes
    {
        private byte _first;
    }
}
