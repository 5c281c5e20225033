using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds;

/// <summary>
/// Finds packets and messages in bytes that arrive in pieces of any size. It keeps a header that was cut and the place in
/// the packet, never payload: a message of any length passes through it. One direction of one connection (or of one SMP
/// session) has one reader. Not safe for use by two threads at once.
/// </summary>
public sealed class MessageReader
{
    private HeaderBytes _headerBytes;
    private int _headerLength;
    private PacketHeader _packet;
    private int _remaining;
    private PacketStatus _firstStatus;
    private bool _inMessage;

    /// <summary>A message has begun and its end has not come yet: the connection may not end here.</summary>
    public bool IsInMessage => _inMessage || _headerLength > 0;

    /// <summary>
    /// Takes the next part off the front of <paramref name="input"/>. False: all of it is taken and more is needed. A part
    /// is given as soon as its packet's header is whole, with as much of the payload as there is.
    /// </summary>
    /// <exception cref="ProtocolException">A header is refused (<see cref="PacketHeader.TryRead"/>), or a packet of another
    /// type comes before its message has ended.</exception>
    public bool TryRead(ref ReadOnlySpan<byte> input, out MessagePart part)
    {
        bool beginsPacket = false;
        bool beginsMessage = false;
        if (_remaining == 0)
        {
            if (!TryReadHeader(ref input, out var header))
            {
                part = default;
                return false;
            }
            beginsPacket = true;
            beginsMessage = !_inMessage;
            BeginPacket(header);
        }
        else if (input.IsEmpty)
        {
            part = default;
            return false;
        }
        int length = Math.Min(_remaining, input.Length);
        _remaining -= length;
        bool ends = _remaining == 0;
        part = new MessagePart(_packet, _firstStatus, beginsMessage, beginsPacket, ends, input[..length]);
        input = input[length..];
        if (ends && _packet.EndsMessage)
            _inMessage = false;
        return true;
    }

    private void BeginPacket(PacketHeader header)
    {
        if (!_inMessage)
        {
            _inMessage = true;
            _firstStatus = header.Status;
        }
        else if (header.Type != _packet.Type)
        {
            ThrowOtherType();
        }
        _packet = header;
        _remaining = header.PayloadLength;
    }

    /// <summary>Reads a header from the input, or from what an earlier input had of it and the rest of it here.</summary>
    private bool TryReadHeader(ref ReadOnlySpan<byte> input, out PacketHeader header)
    {
        if (_headerLength == 0 && PacketHeader.TryRead(input, out header))
        {
            input = input[PacketHeader.Size..];
            return true;
        }
        Span<byte> kept = _headerBytes;
        int taken = Math.Min(PacketHeader.Size - _headerLength, input.Length);
        input[..taken].CopyTo(kept[_headerLength..]);
        input = input[taken..];
        _headerLength += taken;
        if (!PacketHeader.TryRead(kept[.._headerLength], out header))
            return false;
        _headerLength = 0;
        return true;
    }

    [DoesNotReturn]
    private static void ThrowOtherType() =>
        throw new ProtocolException("A packet of another message comes before the message has ended.");

    [InlineArray(PacketHeader.Size)]
    private struct HeaderBytes
    {
        private byte _first;
    }
}
