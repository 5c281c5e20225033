using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Smp;

/// <summary>
/// The 16 bytes before every packet once both sides agreed on MARS: several TDS sessions share a connection (MC-SMP 2.2.1).
/// Its numbers are little-endian.
/// </summary>
/// <param name="SessionId">Which session; the side that opens it chooses the number.</param>
/// <param name="Length">Bytes of the whole packet, the header included: 16 but for Data.</param>
/// <param name="SequenceNumber">Counts the Data packets of a session and a direction from 1, modulo 2^32; other packets
/// repeat the last number.</param>
/// <param name="Window">The highest sequence number that the sender of this packet is ready to receive.</param>
public readonly record struct SmpHeader(SmpFlags Flags, ushort SessionId, int Length, uint SequenceNumber, uint Window)
{
    /// <summary>Bytes of a header.</summary>
    public const int Size = 16;

    /// <summary>SMID: the first byte of every SMP packet, and of no TDS packet.</summary>
    public const byte Marker = 0x53;

    /// <summary>The window of a session that was just opened (MC-SMP 3.1.3.1).</summary>
    public const uint InitialWindow = 4;

    /// <summary>Bytes after the header.</summary>
    public int PayloadLength => Length - Size;

    /// <summary>Reads a header. False asks for more bytes: fewer than <see cref="Size"/> are there.</summary>
    /// <exception cref="ProtocolException">The marker is missing, the flags are not exactly one of the four, or the length
    /// does not fit them.</exception>
    public static bool TryRead(ReadOnlySpan<byte> buffer, out SmpHeader header)
    {
        if (buffer.Length < Size)
        {
            header = default;
            return false;
        }
        var flags = (SmpFlags)buffer[1];
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(buffer[4..]);
        if (buffer[0] != Marker)
            ThrowNoMarker();
        if (flags is not (SmpFlags.Syn or SmpFlags.Ack or SmpFlags.Fin or SmpFlags.Data))
            ThrowBadFlags();
        if (length < Size || length > int.MaxValue || (flags != SmpFlags.Data && length != Size))
            ThrowBadLength();
        header = new SmpHeader(
            flags, BinaryPrimitives.ReadUInt16LittleEndian(buffer[2..]), (int)length,
            BinaryPrimitives.ReadUInt32LittleEndian(buffer[8..]), BinaryPrimitives.ReadUInt32LittleEndian(buffer[12..]));
        return true;
    }

    /// <summary>Writes the 16 bytes of the header.</summary>
    public void Encode(WireWriter writer)
    {
        writer.WriteByte(Marker);
        writer.WriteByte((byte)Flags);
        writer.WriteUInt16LittleEndian(SessionId);
        writer.WriteInt32LittleEndian(Length);
        writer.WriteUInt32LittleEndian(SequenceNumber);
        writer.WriteUInt32LittleEndian(Window);
    }

    /// <summary>Writes a Data packet.</summary>
    public static void EncodeData(
        WireWriter writer, ushort sessionId, uint sequenceNumber, uint window, ReadOnlySpan<byte> payload)
    {
        new SmpHeader(SmpFlags.Data, sessionId, checked(Size + payload.Length), sequenceNumber, window).Encode(writer);
        writer.WriteBytes(payload);
    }

    [DoesNotReturn]
    private static void ThrowNoMarker() => throw new ProtocolException("An SMP packet does not begin with its marker.");

    [DoesNotReturn]
    private static void ThrowBadFlags() => throw new ProtocolException("An SMP packet is not exactly one of SYN, ACK, FIN and DATA.");

    [DoesNotReturn]
    private static void ThrowBadLength() => throw new ProtocolException("An SMP packet's length is out of range.");
}
