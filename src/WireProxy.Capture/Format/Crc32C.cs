using System.Numerics;
using System.Runtime.InteropServices;

namespace WireProxy.Capture.Format;

/// <summary>CRC-32C (Castagnoli, RFC 3720 appendix B.4): reflected, initial value and final xor 0xFFFFFFFF.</summary>
/// <remarks>The processor's instruction gives a result after three cycles but begins a new one in each: long inputs are computed in three
/// lanes beside each other, which <see cref="Shift"/> joins.</remarks>
internal static class Crc32C
{
    private const int LaneBytes = 1024;
    private const int LaneWords = LaneBytes / sizeof(ulong);
    private const int Lanes = 3;

    /// <summary>For each byte of a register, what it becomes when as many zeros as a lane is long go through it.</summary>
    private static readonly uint[] Shifted = Shifts();

    public static uint Compute(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        while (words.Length >= Lanes * LaneWords)
        {
            crc = ThreeLanes(crc, words[..LaneWords], words.Slice(LaneWords, LaneWords), words.Slice(2 * LaneWords, LaneWords));
            words = words[(Lanes * LaneWords)..];
        }
        foreach (ulong word in words)
            crc = BitOperations.Crc32C(crc, word);
        foreach (byte rest in bytes[(bytes.Length & ~7)..])
            crc = BitOperations.Crc32C(crc, rest);
        return ~crc;
    }

    private static uint ThreeLanes(uint crc, ReadOnlySpan<ulong> first, ReadOnlySpan<ulong> second, ReadOnlySpan<ulong> third)
    {
        uint ofSecond = 0;
        uint ofThird = 0;
        for (int i = 0; i < first.Length && i < second.Length && i < third.Length; i++)
        {
            crc = BitOperations.Crc32C(crc, first[i]);
            ofSecond = BitOperations.Crc32C(ofSecond, second[i]);
            ofThird = BitOperations.Crc32C(ofThird, third[i]);
        }
        return Shift(Shift(crc) ^ ofSecond) ^ ofThird;
    }

    /// <summary>The register after a lane of zeros. The code is linear: the register after a lane of data is this, xor what the data
    /// alone leave in an empty one.</summary>
    private static uint Shift(uint crc) =>
        Shifted[(byte)crc] ^ Shifted[256 + (byte)(crc >> 8)] ^ Shifted[512 + (byte)(crc >> 16)] ^ Shifted[768 + (crc >> 24)];

    private static uint[] Shifts()
    {
        var table = new uint[sizeof(uint) * 256];
        for (int bit = 0; bit < 32; bit++)
        {
            uint crc = 1u << bit;
            for (int i = 0; i < LaneWords; i++)
                crc = BitOperations.Crc32C(crc, 0ul);
            for (int value = 0; value < 256; value++)
            {
                if ((value >> (bit & 7) & 1) != 0)
                    table[((bit >> 3) * 256) + value] ^= crc;
            }
        }
        return table;
    }
}
