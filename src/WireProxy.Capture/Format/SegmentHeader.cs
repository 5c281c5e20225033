using System.Buffers.Binary;

namespace WireProxy.Capture.Format;

/// <summary>
/// The payload of a segment's first record:
/// <code>
///  0  2 format version, 1     2  1 how the segment before ended     3  5 zero
///  8  8 this segment's number    16  8 the number of the segment before, or 0
/// 24  8 where the records of the segment before end: its valid length in bytes
/// 32    when it ended without a footer: an attestation of it (184 bytes)
/// </code>
/// </summary>
internal sealed record SegmentHeader(
    long Segment, PreviousEnd PreviousEnd, long Previous, long PreviousLength, Attestation? Recovered)
{
    public const ushort Version = 1;
    private const int FixedBytes = 32;

    public int Length => FixedBytes + (Recovered is null ? 0 : Attestation.Bytes);

    public void Write(Span<byte> to)
    {
        to[..FixedBytes].Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(to, Version);
        to[2] = (byte)PreviousEnd;
        BinaryPrimitives.WriteInt64LittleEndian(to[8..], Segment);
        BinaryPrimitives.WriteInt64LittleEndian(to[16..], Previous);
        BinaryPrimitives.WriteInt64LittleEndian(to[24..], PreviousLength);
        Recovered?.Write(to[FixedBytes..]);
    }

    /// <summary>Null where the bytes are not a header of this version.</summary>
    public static SegmentHeader? Read(ReadOnlySpan<byte> from)
    {
        if (from.Length < FixedBytes || BinaryPrimitives.ReadUInt16LittleEndian(from) != Version)
            return null;
        var end = (PreviousEnd)from[2];
        int expected = end == PreviousEnd.Recovered ? FixedBytes + Attestation.Bytes : FixedBytes;
        if (end > PreviousEnd.Recovered || from.Length != expected)
            return null;
        return new SegmentHeader(
            BinaryPrimitives.ReadInt64LittleEndian(from[8..]), end,
            BinaryPrimitives.ReadInt64LittleEndian(from[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(from[24..]),
            end == PreviousEnd.Recovered ? Attestation.Read(from[FixedBytes..]) : null);
    }
}

/// <summary>How the segment before ended, as the next one states it.</summary>
internal enum PreviousEnd : byte
{
    /// <summary>There is none: this is the first.</summary>
    None = 0,
    /// <summary>With a footer.</summary>
    Closed = 1,
    /// <summary>Without: a crash, or a disk that failed. The header attests what of it is valid.</summary>
    Recovered = 2,
}
