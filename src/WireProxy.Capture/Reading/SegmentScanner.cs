using Microsoft.Win32.SafeHandles;
using WireProxy.Capture.Format;

namespace WireProxy.Capture.Reading;

/// <summary>
/// Goes through the valid records of one segment, checking length, checksum and hash chain, and stops at the first that does
/// not hold. Holds one buffer, as large as the largest record met.
/// </summary>
internal sealed class SegmentScanner : IDisposable
{
    private const string CutOff = "a record is cut off";

    private readonly SafeFileHandle _file;
    private readonly bool _checkHashes;
    private byte[] _buffer;
    private int _at, _filled;
    private long _bufferOffset;
    private int _current;

    /// <param name="checkHashes">Checksums are always checked; they find damage, hashes find tampering.</param>
    public SegmentScanner(string path, bool checkHashes)
    {
        _file = SegmentFormat.OpenToRead(path);
        _checkHashes = checkHashes;
        _buffer = new byte[Math.Clamp(RandomAccess.GetLength(_file), SegmentFormat.PreambleBytes, 1 << 20)];
    }

    /// <summary>Bytes from here on are not part of the segment: the header of the next one says so.</summary>
    public long Limit { get; init; } = long.MaxValue;

    /// <summary>Where the current record begins, or after the end, what follows the last valid one.</summary>
    public long Offset => _bufferOffset + _at;

    /// <summary>The current record with its seal; valid until the next move.</summary>
    public ReadOnlySpan<byte> Record => _buffer.AsSpan(_at, _current);

    public ReadOnlySpan<byte> Payload => Record[RecordFormat.HeaderBytes..^RecordFormat.SealBytes];

    public ReadOnlySpan<byte> Hash => Record[^RecordFormat.HashBytes..];

    /// <summary>The last hash of the segment before, as the preamble tells it; known after the first move.</summary>
    public byte[] PreviousHash { get; private set; } = [];

    /// <summary>Bytes of the file from <see cref="Offset"/> on.</summary>
    public long Remaining => RandomAccess.GetLength(_file) - Offset;

    /// <summary>After the end: what is wrong with what follows; null at the end of the file.</summary>
    public string? Problem { get; private set; }

    /// <summary>The problem is that the file ends before the record does.</summary>
    public bool IsCutOff { get; private set; }

    /// <summary>The current record as a segment's header; null where it is something else.</summary>
    public SegmentHeader? Header() => RecordFormat.Kind(Record) == RecordKind.SegmentHeader ? SegmentHeader.Read(Payload) : null;

    public bool MoveNext()
    {
        if (Problem is not null)
            return false;
        if (Offset == 0 && !TryReadPreamble())
            return false;
        _at += _current;
        _current = 0;
        if (Offset >= Limit)
            return false;
        if (!TryFill(RecordFormat.OverheadBytes))
        {
            if (_filled > _at)
                (Problem, IsCutOff) = (CutOff, true);
            return false;
        }
        int payload = RecordFormat.PayloadLength(_buffer.AsSpan(_at));
        if (payload is < 0 or > RecordFormat.MaxPayloadBytes)
        {
            Problem = "a record's length is impossible";
            return false;
        }
        return TryRecord(payload + RecordFormat.OverheadBytes);
    }

    /// <summary>
    /// After a problem: where from there on a whole record with a right checksum begins. A torn tail has none; what was changed
    /// in the middle has some after it, and a last record whose length was changed is whole with the length that is left.
    /// </summary>
    public long? FindWholeRecord()
    {
        if (IsWholeWithRightLength())
            return Offset;
        for (_at++; TryFill(RecordFormat.OverheadBytes); _at++)
        {
            ReadOnlySpan<byte> candidate = _buffer.AsSpan(_at, RecordFormat.HeaderBytes);
            long length = (long)RecordFormat.PayloadLength(candidate) + RecordFormat.OverheadBytes;
            if (RecordFormat.IsPlausible(candidate) && length <= Remaining && TryFill((int)length)
                && RecordFormat.ChecksumHolds(_buffer.AsSpan(_at, (int)length)))
            {
                return Offset;
            }
        }
        return null;
    }

    private bool IsWholeWithRightLength()
    {
        long rest = Remaining;
        if (rest is < RecordFormat.OverheadBytes or > RecordFormat.MaxPayloadBytes || !TryFill((int)rest))
            return false;
        byte[] record = _buffer.AsSpan(_at, (int)rest).ToArray();
        RecordFormat.SetPayloadLength(record, record.Length - RecordFormat.OverheadBytes);
        return RecordFormat.ChecksumHolds(record);
    }

    private bool TryRecord(int length)
    {
        if (!TryFill(length))
            (Problem, IsCutOff) = (CutOff, true);
        else if (!RecordFormat.ChecksumHolds(_buffer.AsSpan(_at, length)))
            Problem = "a record's checksum does not match its bytes";
        else if (_checkHashes && !RecordFormat.HashHolds(_buffer.AsSpan((_at - RecordFormat.SealBytes)..(_at + length))))
            Problem = "a record's hash does not follow from the record and the hash before it";
        else
            _current = length;
        return Problem is null;
    }

    private bool TryReadPreamble()
    {
        if (!TryFill(SegmentFormat.PreambleBytes)
            || !_buffer.AsSpan(0, SegmentFormat.MagicBytes).SequenceEqual(SegmentFormat.Magic)
            || _buffer[SegmentFormat.MagicBytes] != 0)
        {
            Problem = "it does not begin like a segment";
            return false;
        }
        PreviousHash = _buffer[(SegmentFormat.MagicBytes + 1)..SegmentFormat.PreambleBytes];
        _at = SegmentFormat.PreambleBytes;
        return true;
    }

    // Keeps the seal in front of the current record, which its hash covers.
    private bool TryFill(int bytes)
    {
        if (_filled - _at >= bytes)
            return true;
        int keep = Math.Min(_at, RecordFormat.SealBytes);
        int from = _at - keep;
        byte[] target = keep + bytes <= _buffer.Length ? _buffer : new byte[keep + bytes];
        Buffer.BlockCopy(_buffer, from, target, 0, _filled - from);
        _buffer = target;
        _bufferOffset += from;
        _filled -= from;
        _at = keep;
        while (_filled - _at < bytes)
        {
            int read = RandomAccess.Read(_file, _buffer.AsSpan(_filled), _bufferOffset + _filled);
            if (read == 0)
                return false;
            _filled += read;
        }
        return true;
    }

    public void Dispose() => _file.Dispose();
}
