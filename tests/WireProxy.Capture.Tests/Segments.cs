using System.Buffers.Binary;
using WireProxy.Capture.Format;

namespace WireProxy.Capture.Tests;

/// <summary>Segment files taken apart by the table in format.md, without the code under test, which only forges.</summary>
internal static class Segments
{
    public const int Preamble = 48, Header = 44, Seal = 33;

    /// <summary>Where each record begins, and at the end, where the last one ends.</summary>
    public static List<int> Offsets(byte[] segment)
    {
        var offsets = new List<int> { Preamble };
        while (offsets[^1] < segment.Length)
            offsets.Add(offsets[^1] + Header + Seal + BinaryPrimitives.ReadInt32LittleEndian(segment.AsSpan(offsets[^1] + 4)));
        return offsets;
    }

    public static byte[] Record(byte[] segment, int index)
    {
        List<int> offsets = Offsets(segment);
        return segment[offsets[index]..offsets[index + 1]];
    }

    /// <summary>Gives the last record at an offset the checksum and hash that its bytes ask for.</summary>
    public static void SealAgain(byte[] segment, int offset) =>
        RecordFormat.Seal(segment.AsSpan(offset - Seal, Record(segment, Offsets(segment).IndexOf(offset)).Length + Seal));

    /// <summary>The segment with its records in another order, given by their indexes.</summary>
    public static byte[] With(byte[] segment, params int[] order) =>
        [.. segment[..Preamble], .. order.SelectMany(i => Record(segment, i))];
}
