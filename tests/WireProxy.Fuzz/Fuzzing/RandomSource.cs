namespace WireProxy.Fuzz.Fuzzing;

/// <summary>
/// SplitMix64. The framework's Random may change between versions; a finding must come back from its seed on every machine.
/// </summary>
public sealed class RandomSource(ulong seed)
{
    private ulong _state = seed;

    /// <summary>The source of one iteration of a run, so that a finding is repeated without what came before it.</summary>
    public static RandomSource Of(ulong seed, long iteration) =>
        new(new RandomSource(seed).NextUInt64() ^ new RandomSource((ulong)iteration).NextUInt64());

    public ulong NextUInt64()
    {
        _state += 0x9E3779B97F4A7C15;
        ulong mixed = _state;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }

    /// <summary>From 0 to <paramref name="limit"/> - 1.</summary>
    public int Below(int limit) => (int)(NextUInt64() % (ulong)limit);

    public byte NextByte() => (byte)NextUInt64();

    public T Pick<T>(IReadOnlyList<T> items) => items[Below(items.Count)];
}
