using WireProxy.Capture.Format;

namespace WireProxy.Capture.Writing;

/// <summary>Whole records waiting to be durable, in a buffer that is reused. In front of the first there is room for a seal,
/// so that what a hash covers is contiguous.</summary>
internal sealed class Chunk(int capacity)
{
    // Pinned and never freed while in use: the large-object heap sees no churn.
    public byte[] Bytes { get; } = GC.AllocateUninitializedArray<byte>(RecordFormat.SealBytes + capacity, pinned: true);

    /// <summary>The journal position that belongs to offset 0 of <see cref="Bytes"/>.</summary>
    public long Origin { get; private set; }

    /// <summary>The first record that is not durable yet.</summary>
    public int Start { get; set; }

    /// <summary>What of it is in the current segment, durable or not.</summary>
    public int Written { get; set; }

    /// <summary>Where the next record goes.</summary>
    public int End { get; set; }

    /// <summary>Bytes of records that it can hold.</summary>
    public int Capacity => capacity;

    public bool IsEmpty => End == Start;

    public bool Fits(int bytes) => Bytes.Length - End >= bytes;

    public void Reset(long position)
    {
        Start = End = RecordFormat.SealBytes;
        Origin = position - RecordFormat.SealBytes;
    }

    /// <summary>The end of the record at an offset.</summary>
    public int After(int offset) => offset + RecordFormat.TotalLength(Bytes.AsSpan(offset));

    /// <summary>Marks the record that ends at a position; false when it is not here.</summary>
    public bool TryWithdraw(long position)
    {
        if (position <= Origin + Start || position > Origin + End)
            return false;
        for (int at = Start; at < End; at = After(at))
        {
            if (Origin + After(at) == position)
            {
                RecordFormat.AddFlag(Bytes.AsSpan(at), RecordFlags.Withdrawn);
                return true;
            }
        }
        return false;
    }
}
