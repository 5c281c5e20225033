using WireProxy.Capture.Format;
using WireProxy.Capture.Reading;

namespace WireProxy.Capture;

/// <summary>Reads a journal in the order in which it was written, also while a gateway writes it. Checksums are checked; the hash
/// chain and signatures are <see cref="JournalVerifier"/>'s business.</summary>
public static class JournalReader
{
    /// <summary>
    /// All records, without segment headers and footers. Memory is that of the largest record. What a crash left half-written
    /// at the end of the journal, or of a segment whose successor attests its end, is not an error.
    /// </summary>
    /// <param name="damaged">Told of a record that is damaged; reading goes on with the next segment.</param>
    /// <exception cref="JournalException">There is no such directory, or a record is damaged and nobody asked to be told.</exception>
    public static IEnumerable<JournalRecord> Read(string directory, Action<JournalDamage>? damaged = null) =>
        Read(directory, firstSegment: 0, lastSegment: long.MaxValue, static _ => true, damaged);

    /// <summary>One session's records; only the segments that hold them are read.</summary>
    public static IEnumerable<JournalRecord> ReadSession(
        string directory, SessionSummary session, Action<JournalDamage>? damaged = null) =>
        Read(directory, session.First.Segment, session.Last.Segment, id => id == session.Id, damaged);

    internal static IEnumerable<JournalRecord> Read(
        string directory, long firstSegment, long lastSegment, Predicate<Guid> wanted, Action<JournalDamage>? damaged)
    {
        foreach (SegmentFile segment in SegmentFile.List(directory))
        {
            if (segment.Number < firstSegment || segment.Number > lastSegment)
                continue;
            using SegmentScanner scanner = segment.Scan(checkHashes: false);
            long number = 0;
            while (scanner.MoveNext())
            {
                number++;
                if (wanted(RecordFormat.Session(scanner.Record)) && !IsFraming(RecordFormat.Kind(scanner.Record)))
                    yield return ToRecord(segment.Number, scanner);
            }
            ReportUnlessTorn(segment, scanner, number, damaged);
        }
    }

    internal static bool IsFraming(RecordKind kind) => kind is RecordKind.SegmentHeader or RecordKind.SegmentFooter;

    /// <summary>After a segment was read to its end: damage, unless it is where a crash may have torn it.</summary>
    internal static void ReportUnlessTorn(
        SegmentFile segment, SegmentScanner scanner, long records, Action<JournalDamage>? damaged)
    {
        if (scanner.Problem is null || segment.IsLast)
            return;
        var damage = new JournalDamage(segment.Name, scanner.Offset, records + 1, scanner.Problem);
        if (damaged is null)
            throw new JournalException($"The journal is damaged: {damage}.");
        damaged(damage);
    }

    private static JournalRecord ToRecord(long segment, SegmentScanner scanner)
    {
        ReadOnlySpan<byte> record = scanner.Record;
        return new JournalRecord(
            segment, scanner.Offset, RecordFormat.Kind(record), RecordFormat.Flags(record).HasFlag(RecordFlags.Withdrawn),
            RecordFormat.Session(record), RecordFormat.Sequence(record),
            RecordFormat.Time(RecordFormat.UnixTicks(record)).UtcDateTime, scanner.Payload.ToArray(), scanner.Hash.ToArray());
    }
}
