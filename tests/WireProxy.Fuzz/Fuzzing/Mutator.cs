using System.Buffers.Binary;

namespace WireProxy.Fuzz.Fuzzing;

/// <summary>Damages a valid input a little, with a liking for the values at which lengths and counts go wrong.</summary>
internal static class Mutator
{
    private const int MostMutations = 4;

    private static readonly int[] EdgeNumbers =
    [
        0, 1, -1, -2, 2, 3, 4, 5, 7, 8, 127, 128, 255, 256, short.MaxValue, short.MinValue, ushort.MaxValue, 65536,
        int.MaxValue, int.MaxValue - 1, int.MaxValue - 4, int.MinValue, 0x40000000, 1664, 10000, 10004,
    ];

    /// <param name="random">Decides everything.</param>
    /// <param name="input">Is not changed.</param>
    /// <param name="other">Another valid input, of which a piece may be put in.</param>
    public static byte[] Mutate(RandomSource random, byte[] input, byte[] other)
    {
        var bytes = new List<byte>(input);
        int count = 1 + random.Below(MostMutations);
        for (int i = 0; i < count; i++)
            MutateOnce(random, bytes, other);
        return [.. bytes];
    }

    private static void MutateOnce(RandomSource random, List<byte> bytes, byte[] other)
    {
        int at = random.Below(bytes.Count + 1);
        int rest = bytes.Count - at;
        switch (random.Below(9))
        {
            case 0 when rest > 0:
                bytes[at] ^= (byte)(1 << random.Below(8));
                break;
            case 1 when rest > 0:
                bytes[at] = random.NextByte();
                break;
            case 2 when rest >= sizeof(short):
                WriteEdge(random, bytes, at, sizeof(short));
                break;
            case 3 when rest >= sizeof(int):
                WriteEdge(random, bytes, at, sizeof(int));
                break;
            case 4:
                bytes.Insert(at, random.NextByte());
                break;
            case 5 when rest > 0:
                bytes.RemoveRange(at, 1 + random.Below(Math.Min(rest, 8)));
                break;
            case 6:
                bytes.RemoveRange(at, rest);
                break;
            case 7 when rest > 0:
                bytes.InsertRange(random.Below(bytes.Count + 1), bytes.GetRange(at, 1 + random.Below(Math.Min(rest, 32))));
                break;
            case 8 when other.Length > 0:
                int from = random.Below(other.Length);
                bytes.InsertRange(at, other[from..(from + 1 + random.Below(Math.Min(other.Length - from, 32)))]);
                break;
        }
    }

    private static void WriteEdge(RandomSource random, List<byte> bytes, int at, int width)
    {
        Span<byte> number = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(number, random.Pick(EdgeNumbers));
        number = number[^width..];
        // PostgreSQL's numbers are big-endian, most of TDS's little-endian.
        if (random.Below(2) == 0)
            number.Reverse();
        for (int i = 0; i < width; i++)
            bytes[at + i] = number[i];
    }
}
