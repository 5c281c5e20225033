using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using WireProxy.Capture.Format;
using WireProxy.Capture.Reading;

namespace WireProxy.Capture.Writing;

/// <summary>Finds where the last segment of an earlier run ends.</summary>
internal static class SegmentRecovery
{
    /// <exception cref="JournalException">The last segment has no valid header.</exception>
    public static SegmentEnd FindEnd(string directory, ECDsa? key)
    {
        SortedDictionary<long, string> segments = SegmentFormat.List(directory);
        if (segments.Count == 0)
            return SegmentEnd.Nothing;
        (long number, string path) = segments.Last();
        return Footer(number, path) ?? Scan(number, path, key);
    }

    // A closed segment says so in its last bytes; whether all before them is in order is verification's business.
    private static SegmentEnd? Footer(long number, string path)
    {
        using SafeFileHandle file = SegmentFormat.OpenToRead(path);
        long length = RandomAccess.GetLength(file);
        Span<byte> end = stackalloc byte[RecordFormat.SealBytes + SegmentFormat.FooterBytes];
        if (length < SegmentFormat.PreambleBytes + end.Length || RandomAccess.Read(file, end, length - end.Length) != end.Length)
            return null;
        Span<byte> record = end[RecordFormat.SealBytes..];
        bool isFooter = RecordFormat.Kind(record) == RecordKind.SegmentFooter
            && RecordFormat.PayloadLength(record) == Attestation.Bytes
            && RecordFormat.HashHolds(end);
        return isFooter
            ? new SegmentEnd(number, PreviousEnd.Closed, length, end[^RecordFormat.HashBytes..].ToArray(), null)
            : null;
    }

    private static SegmentEnd Scan(long number, string path, ECDsa? key)
    {
        var tree = new MerkleTree();
        byte[] chain = [];
        long end = 0;
        SegmentHeader? first = null;
        using var scanner = new SegmentScanner(path, checkHashes: true);
        while (scanner.MoveNext())
        {
            if (tree.Leaves == 0)
                first = scanner.Header();
            tree.Add(scanner.Hash);
            chain = scanner.Hash.ToArray();
            end = scanner.Offset + scanner.Record.Length;
        }
        if (first?.Segment != number)
        {
            throw new JournalException(
                $"The last segment, {path}, has no valid header ({scanner.Problem ?? "it says another number"}, "
                + $"byte {scanner.Offset}): it was damaged after it was written. "
                + "Look at it with `wireproxy verify`, and begin a new journal in another directory.");
        }
        return new SegmentEnd(
            number, PreviousEnd.Recovered, end, chain, Attestation.Make(number, tree.Leaves, end, chain, tree.Root(), key));
    }
}
