using WireProxy.Capture.Format;

namespace WireProxy.Capture.Writing;

/// <summary>Makes chunks durable in the current segment, begins and closes segments, and undoes what failed.</summary>
internal sealed class Committer(JournalOptions options, TimeProvider time, Disk disk, SegmentEnd end) : IDisposable
{
    private SegmentWriter? _segment;
    private SegmentEnd _end = end;

    /// <summary>After this there is a segment that can be written.</summary>
    public SegmentWriter Begin()
    {
        if (_segment is { IsLost: true } lost)
        {
            _end = lost.Abandon(options.SigningKey);
            lost.Dispose();
            _segment = null;
        }
        return _segment ??= SegmentWriter.Begin(disk, options.Directory, _end, time.GetUtcNow());
    }

    /// <summary>On return everything in the chunks is durable.</summary>
    /// <exception cref="IOException">It is not. What still has to be written begins at each chunk's Start; try again.</exception>
    public void Commit(List<Chunk> chunks)
    {
        foreach (Chunk chunk in chunks)
            chunk.Written = chunk.Start;
        try
        {
            foreach (Chunk chunk in chunks)
                Write(chunk, chunks);
            Settle(chunks);
        }
        catch
        {
            _segment?.CutBack();
            throw;
        }
    }

    /// <summary>Closes the segment with its footer.</summary>
    /// <exception cref="IOException">It has none, or half a one: as after a crash, the next segment attests what is valid.</exception>
    public void Close()
    {
        if (_segment is { IsLost: false })
            Finish(_segment);
    }

    private void Write(Chunk chunk, List<Chunk> all)
    {
        while (chunk.Written < chunk.End)
        {
            SegmentWriter segment = Begin();
            int from = chunk.Written;
            int to = Fitting(chunk, from, options.SegmentBytes - SegmentFormat.FooterBytes - segment.Length);
            if (to == from && !segment.IsFresh)
            {
                Settle(all);
                Finish(segment);
                continue;
            }
            if (to == from)
                to = chunk.After(from);
            Seal(chunk, from, to, segment.Chain);
            segment.Write(chunk.Bytes.AsSpan(from..to));
            chunk.Written = to;
        }
    }

    private static int Fitting(Chunk chunk, int from, long room)
    {
        if (chunk.End - from <= room)
            return chunk.End;
        int to = from;
        for (int next = chunk.After(to); next - from <= room; next = chunk.After(to))
            to = next;
        return to;
    }

    private static void Seal(Chunk chunk, int from, int to, ReadOnlySpan<byte> chain)
    {
        // The seal before the first record: the end of the record that was written last, here or in another chunk.
        Span<byte> bytes = chunk.Bytes;
        bytes[from - RecordFormat.SealBytes] = 0;
        chain.CopyTo(bytes[(from - RecordFormat.HashBytes)..]);
        for (int at = from; at < to; at = chunk.After(at))
            RecordFormat.Seal(bytes[(at - RecordFormat.SealBytes)..chunk.After(at)]);
    }

    private void Settle(List<Chunk> chunks)
    {
        if (_segment is null)
            return;
        _segment.Sync();
        foreach (Chunk chunk in chunks)
        {
            _segment.AddDurable(chunk.Bytes.AsSpan(chunk.Start..chunk.Written));
            chunk.Start = chunk.Written;
        }
        _segment.BecameDurable();
    }

    private void Finish(SegmentWriter segment)
    {
        _end = segment.Close(options.SigningKey, time.GetUtcNow());
        segment.Dispose();
        _segment = null;
    }

    public void Dispose() => _segment?.Dispose();
}
