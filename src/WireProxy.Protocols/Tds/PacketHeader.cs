using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds;

/// <summary>The first eight bytes of every packet; its numbers are big-endian, unlike nearly all others (MS-TDS 2.2.3.1).</summary>
/// <param name="Length">Bytes of the whole packet, the header included: 8 to 32767.</param>
/// <param name="Spid">The server's session; clients send 0. Nothing depends on it.</param>
/// <param name="PacketId">Counts the packets of a message, modulo 256. Receivers ignore it.</param>
/// <param name="Window">Not used: 0.</param>
public readonly record struct PacketHeader(
    PacketType Type, PacketStatus Status, int Length, ushort Spid = 0, byte PacketId = 1, byte Window = 0)
{
    /// <summary>Bytes of a header.</summary>
    public const int Size = 8;

    /// <summary>The packet size until LOGIN7 and ENVCHANGE agree on another (MS-TDS 2.2.3.1.3).</summary>
    public const int DefaultPacketSize = 4096;

    /// <summary>The smallest packet size that can be agreed on. The last packet of a message may be shorter.</summary>
    public const int MinimumPacketSize = 512;

    /// <summary>The largest packet size that can be agreed on.</summary>
    public const int MaximumPacketSize = 32767;

    // Bit n stands for type n: one test for eleven values in a sparse range.
    private static readonly uint KnownTypes = Enum.GetValues<PacketType>().Aggregate(0u, (bits, type) => bits | 1u << (int)type);

    /// <summary>Bytes after the header.</summary>
    public int PayloadLength => Length - Size;

    public bool EndsMessage => (Status & PacketStatus.EndOfMessage) != 0;

    /// <summary>True for a byte that is the type of a packet.</summary>
    public static bool IsKnown(byte type) => type < 32 && (KnownTypes >> type & 1) != 0;

    /// <summary>Reads a header. False asks for more bytes: fewer than <see cref="Size"/> are there.</summary>
    /// <param name="buffer">Starts at a packet's first byte; may end anywhere.</param>
    /// <exception cref="ProtocolException">The type is none of <see cref="PacketType"/>, the length is less than 8 or more
    /// than 32767, or a packet gives its message up and says that more of it follows.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryRead(ReadOnlySpan<byte> buffer, out PacketHeader header)
    {
        if (buffer.Length < Size)
        {
            header = default;
            return false;
        }
        int length = BinaryPrimitives.ReadUInt16BigEndian(buffer[2..]);
        var status = (PacketStatus)buffer[1];
        if (!IsKnown(buffer[0]))
            ThrowUnknownType();
        if (length is < Size or > MaximumPacketSize)
            ThrowBadLength();
        if ((status & (PacketStatus.Ignore | PacketStatus.EndOfMessage)) == PacketStatus.Ignore)
            ThrowIgnoredAndUnfinished();
        header = new PacketHeader(
            (PacketType)buffer[0], status, length, BinaryPrimitives.ReadUInt16BigEndian(buffer[4..]), buffer[6], buffer[7]);
        return true;
    }

    /// <summary>Writes the eight bytes of the header.</summary>
    public void Write(Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)(Length - Size), (uint)(MaximumPacketSize - Size), nameof(Length));
        destination[7] = Window;
        destination[0] = (byte)Type;
        destination[1] = (byte)Status;
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)Length);
        BinaryPrimitives.WriteUInt16BigEndian(destination[4..], Spid);
        destination[6] = PacketId;
    }

    [DoesNotReturn]
    private static void ThrowUnknownType() => throw new ProtocolException("A packet's type is unknown.");

    [DoesNotReturn]
    private static void ThrowBadLength() => throw new ProtocolException("A packet's length is out of range.");

    [DoesNotReturn]
    private static void ThrowIgnoredAndUnfinished() =>
        throw new ProtocolException("A packet is to be ignored with its message and is not the last of it.");
}
