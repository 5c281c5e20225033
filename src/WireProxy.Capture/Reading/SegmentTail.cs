using WireProxy.Capture.Format;

namespace WireProxy.Capture.Reading;

/// <summary>How far a segment was verified.</summary>
internal sealed class SegmentTail(long number)
{
    public static SegmentTail Nothing { get; } = new(0);

    public long Number => number;

    public long Records { get; private set; }

    /// <summary>Where the last record ends, bytes from the start of the file.</summary>
    public long Length { get; private set; }

    /// <summary>Of the last record.</summary>
    public byte[] Hash { get; } = new byte[RecordFormat.HashBytes];

    public MerkleTree Tree { get; } = new();

    /// <summary>The last record is a footer.</summary>
    public bool IsClosed { get; private set; }

    public void Add(SegmentScanner scanner)
    {
        Records++;
        Length = scanner.Offset + scanner.Record.Length;
        scanner.Hash.CopyTo(Hash);
        Tree.Add(Hash);
        IsClosed = RecordFormat.Kind(scanner.Record) == RecordKind.SegmentFooter;
    }
}
