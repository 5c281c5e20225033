using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using WireProxy.Capture.Format;

namespace WireProxy.Capture.Writing;

/// <summary>One segment file being appended to. What was written and what is known to be durable are kept apart, so that a
/// failed write can be undone.</summary>
internal sealed class SegmentWriter : IDisposable
{
    private readonly Disk _disk;
    private readonly SafeFileHandle _file;
    private readonly string _path;
    private readonly MerkleTree _tree = new();
    private readonly byte[] _chain = new byte[RecordFormat.HashBytes];
    private readonly byte[] _durableChain = new byte[RecordFormat.HashBytes];

    private readonly long _headerEnd;

    private SegmentWriter(Disk disk, SafeFileHandle file, string path, long number, byte[] start)
    {
        _path = path;
        _disk = disk;
        _file = file;
        Number = number;
        Length = _headerEnd = start.Length;
        start.AsSpan(^RecordFormat.HashBytes..).CopyTo(_chain);
        _tree.Add(_chain);
        BecameDurable();
    }

    public long Number { get; }

    /// <summary>Bytes written.</summary>
    public long Length { get; private set; }

    public long DurableLength { get; private set; }

    /// <summary>The hash of the last record written.</summary>
    public ReadOnlySpan<byte> Chain => _chain;

    /// <summary>Only the header so far.</summary>
    public bool IsFresh => Length == _headerEnd;

    /// <summary>
    /// Begins the segment after <paramref name="previous"/>. The file gets its name when its header is durable, so that a
    /// crash leaves no segment without one.
    /// </summary>
    /// <exception cref="IOException">It could not be made; nothing is left behind that a reader would take for a segment.</exception>
    public static SegmentWriter Begin(Disk disk, string directory, SegmentEnd previous, DateTimeOffset now)
    {
        long number = previous.Segment + 1;
        string path = Path.Combine(Path.GetFullPath(directory), SegmentFormat.NameOf(number));
        string temporary = path + ".new";
        File.Delete(temporary);
        SafeFileHandle file = NativeFile.OpenPrivate(temporary, mustBeNew: true);
        try
        {
            byte[] start = Start(number, previous, now);
            disk.Write(file, start, 0);
            disk.Sync(file);
            // Never over an existing segment: evidence is not replaced.
            File.Move(temporary, path, overwrite: false);
            NativeFile.SyncDirectory(directory);
            return new SegmentWriter(disk, file, path, number, start);
        }
        catch
        {
            file.Dispose();
            Files.TryDelete(temporary);
            throw;
        }
    }

    private static byte[] Start(long number, SegmentEnd previous, DateTimeOffset now)
    {
        var header = new SegmentHeader(number, previous.How, previous.Segment, previous.Length, previous.Recovered);
        byte[] bytes = new byte[SegmentFormat.PreambleBytes + RecordFormat.OverheadBytes + header.Length];
        SegmentFormat.Magic.CopyTo(bytes);
        previous.Chain.CopyTo(bytes.AsSpan(SegmentFormat.MagicBytes + 1));
        Span<byte> record = bytes.AsSpan(SegmentFormat.PreambleBytes);
        RecordFormat.WriteHeader(record, header.Length, RecordKind.SegmentHeader, Guid.Empty, 0, now);
        header.Write(record[RecordFormat.HeaderBytes..]);
        RecordFormat.Seal(bytes.AsSpan(SegmentFormat.MagicBytes));
        return bytes;
    }

    /// <summary>Appends sealed records.</summary>
    public void Write(ReadOnlySpan<byte> records)
    {
        _disk.Write(_file, records, Length);
        Length += records.Length;
        records[^RecordFormat.HashBytes..].CopyTo(_chain);
    }

    public void Sync()
    {
        // Until it has worked: after a failed fdatasync the kernel may have thrown the pages away and call the next one a
        // success.
        IsLost = true;
        _disk.Sync(_file);
        // A file that was deleted under us takes everything and keeps nothing.
        if (!File.Exists(_path))
            throw new IOException($"The segment {_path} was deleted while it was written.");
        IsLost = false;
    }

    /// <summary>What the file holds beyond <see cref="DurableLength"/> is unknown, and stays so: nothing more is written to it.
    /// The next segment attests how far it is good.</summary>
    public bool IsLost { get; private set; }

    /// <summary>Counts records that <see cref="Sync"/> covered.</summary>
    public void AddDurable(ReadOnlySpan<byte> records)
    {
        while (!records.IsEmpty)
        {
            int length = RecordFormat.TotalLength(records);
            _tree.Add(records[(length - RecordFormat.HashBytes)..length]);
            records = records[length..];
        }
    }

    /// <summary>Everything written is durable and counted.</summary>
    public void BecameDurable()
    {
        DurableLength = Length;
        _chain.CopyTo(_durableChain, 0);
    }

    /// <summary>Takes back what was written since the last time that all was durable.</summary>
    public void CutBack()
    {
        try
        {
            _disk.SetLength(_file, DurableLength);
            Length = DurableLength;
            _durableChain.CopyTo(_chain, 0);
        }
        catch (IOException)
        {
            IsLost = true;
        }
    }

    /// <summary>Writes and syncs the footer over the durable records; the file is then complete.</summary>
    public SegmentEnd Close(ECDsa? key, DateTimeOffset now)
    {
        byte[] bytes = new byte[RecordFormat.SealBytes + SegmentFormat.FooterBytes];
        _durableChain.CopyTo(bytes, 1);
        Span<byte> footer = bytes.AsSpan(RecordFormat.SealBytes);
        RecordFormat.WriteHeader(footer, Attestation.Bytes, RecordKind.SegmentFooter, Guid.Empty, 0, now);
        Attest(key).Write(footer[RecordFormat.HeaderBytes..]);
        RecordFormat.Seal(bytes);
        Write(footer);
        Sync();
        return new SegmentEnd(Number, PreviousEnd.Closed, Length, _chain, null);
    }

    /// <summary>The end of this segment as the next one's header tells it when there is no footer.</summary>
    public SegmentEnd Abandon(ECDsa? key) => new(Number, PreviousEnd.Recovered, DurableLength, _durableChain, Attest(key));

    private Attestation Attest(ECDsa? key) =>
        Attestation.Make(Number, _tree.Leaves, DurableLength, [.. _durableChain], _tree.Root(), key);

    public void Dispose() => _file.Dispose();
}

/// <summary>Where the chain stands at the end of a segment, for the header of the next.</summary>
internal sealed record SegmentEnd(long Segment, PreviousEnd How, long Length, byte[] Chain, Attestation? Recovered)
{
    public static SegmentEnd Nothing { get; } = new(0, PreviousEnd.None, 0, new byte[RecordFormat.HashBytes], null);
}
