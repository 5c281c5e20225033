using System.Buffers.Binary;

namespace WireProxy.Capture.Tests;

/// <summary>Segment files taken apart by the table in format.md, without the code under test.</summary>
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

    /// <summary>The segment with its records in another order, given by their indexes.</summary>
    public static byte[] With(byte[] segment, params int[] order) =>
        [.. segment[..Preamble], .. order.SelectMany(i => Record(segment, i))];
}
