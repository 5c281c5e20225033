using WireProxy.Capture.Format;

namespace WireProxy.Capture.Reading;

/// <summary>A segment as a reader meets it: where it is, and what its successor says about it.</summary>
/// <param name="Next">The successor's header; null where there is no successor, or none whose header can be read.</param>
internal sealed record SegmentFile(long Number, string Path, bool IsLast, SegmentHeader? Next)
{
    public string Name => SegmentFormat.NameOf(Number);

    public static IEnumerable<SegmentFile> List(string directory)
    {
        if (!Directory.Exists(directory))
            throw new JournalException($"There is no journal directory {directory}.");
        SortedDictionary<long, string> segments = SegmentFormat.List(directory);
        long last = segments.Count == 0 ? 0 : segments.Keys.Last();
        foreach ((long number, string path) in segments)
        {
            SegmentHeader? next = segments.TryGetValue(number + 1, out string? nextPath) ? HeaderOf(nextPath) : null;
            yield return new SegmentFile(number, path, number == last, next);
        }
    }

    public SegmentScanner Scan(bool checkHashes) => new(Path, checkHashes)
    {
        // What follows the attested end is a torn tail.
        Limit = Next is { PreviousEnd: PreviousEnd.Recovered } ? Next.PreviousLength : long.MaxValue,
    };

    private static SegmentHeader? HeaderOf(string path)
    {
        using var scanner = new SegmentScanner(path, checkHashes: true);
        return scanner.MoveNext() ? scanner.Header() : null;
    }
}
