using System.Buffers.Binary;

namespace WireProxy.Capture.Format;

/// <summary>Flags of a record, the byte at offset 9.</summary>
[Flags]
internal enum RecordFlags : byte
{
    None = 0,
    /// <summary>Whoever waited for this record was told that it is not durable: what it announces was not sent.</summary>
    Withdrawn = 1,
}

/// <summary>
/// The bytes of a record (protocol-specs/capture/format.md, "Records"), little-endian:
/// <code>
///   0  4  CRC-32C over bytes 4 to the end of the payload
///   4  4  payload length n
///   8  1  kind          9  1  flags        10  2  zero
///  12 16  session id, in the order of RFC 9562
///  28  8  sequence in the session, from 1
///  36  8  time, 100 ns since 1970-01-01T00:00:00Z
///  44  n  payload
/// 44+n 33 seal: a zero byte, then SHA-256 over the seal before this record and the record up to its own seal
/// </code>
/// Because seals stand right before the next record, what is hashed is contiguous, and since it starts with the seal's
/// zero byte the result is a leaf hash of RFC 6962.
/// </summary>
internal static class RecordFormat
{
    public const int HeaderBytes = 44;
    public const int HashBytes = 32;
    public const int SealBytes = 1 + HashBytes;
    public const int OverheadBytes = HeaderBytes + SealBytes;
    public const int MaxPayloadBytes = 256 << 20;

    private const int LengthAt = 4, KindAt = 8, FlagsAt = 9, SessionAt = 12, SequenceAt = 28, TimeAt = 36;

    public static int PayloadLength(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadInt32LittleEndian(record[LengthAt..]);

    public static void SetPayloadLength(Span<byte> record, int length) =>
        BinaryPrimitives.WriteInt32LittleEndian(record[LengthAt..], length);

    public static int TotalLength(ReadOnlySpan<byte> record) => PayloadLength(record) + OverheadBytes;

    public static RecordKind Kind(ReadOnlySpan<byte> record) => (RecordKind)record[KindAt];

    public static RecordFlags Flags(ReadOnlySpan<byte> record) => (RecordFlags)record[FlagsAt];

    public static void AddFlag(Span<byte> record, RecordFlags flag) => record[FlagsAt] |= (byte)flag;

    public static Guid Session(ReadOnlySpan<byte> record) => new(record.Slice(SessionAt, 16), bigEndian: true);

    public static long Sequence(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadInt64LittleEndian(record[SequenceAt..]);

    public static long UnixTicks(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadInt64LittleEndian(record[TimeAt..]);

    /// <summary>Held within the calendar's years, whatever a file says.</summary>
    public static DateTimeOffset Time(long unixTicks)
    {
        long epoch = DateTimeOffset.UnixEpoch.Ticks;
        return new(epoch + Math.Clamp(unixTicks, -epoch, DateTimeOffset.MaxValue.Ticks - epoch), TimeSpan.Zero);
    }

    /// <summary>Writes header and the seal's zero byte; the payload is the caller's, checksum and hash come
    /// with <see cref="Seal"/>.</summary>
    public static void WriteHeader(
        Span<byte> record, int payloadLength, RecordKind kind, in Guid session, long sequence, DateTimeOffset time)
    {
        record[..HeaderBytes].Clear();
        BinaryPrimitives.WriteInt32LittleEndian(record[LengthAt..], payloadLength);
        record[KindAt] = (byte)kind;
        session.TryWriteBytes(record[SessionAt..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt64LittleEndian(record[SequenceAt..], sequence);
        BinaryPrimitives.WriteInt64LittleEndian(record[TimeAt..], time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks);
        record[HeaderBytes + payloadLength] = 0;
    }

    /// <param name="bytes">The seal before the record, the record, and its own seal, to be filled.</param>
    public static void Seal(Span<byte> bytes)
    {
        Span<byte> record = bytes[SealBytes..];
        BinaryPrimitives.WriteUInt32LittleEndian(record, Crc32C.Compute(record[LengthAt..^SealBytes]));
        Sha256.Hash(bytes[..^SealBytes], record[^HashBytes..]);
    }

    /// <summary>Whether a header could be one of this version, before its checksum is worth computing.</summary>
    public static bool IsPlausible(ReadOnlySpan<byte> header) =>
        PayloadLength(header) is >= 0 and <= MaxPayloadBytes && Kind(header) != 0 && Flags(header) <= RecordFlags.Withdrawn
        && header[10] == 0 && header[11] == 0;

    public static bool ChecksumHolds(ReadOnlySpan<byte> record) =>
        BinaryPrimitives.ReadUInt32LittleEndian(record) == Crc32C.Compute(record[LengthAt..^SealBytes]);

    /// <param name="bytes">The seal before the record and the record with its own seal.</param>
    public static bool HashHolds(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[HashBytes];
        Sha256.Hash(bytes[..^SealBytes], hash);
        return bytes[^SealBytes] == 0 && hash.SequenceEqual(bytes[^HashBytes..]);
    }
}
