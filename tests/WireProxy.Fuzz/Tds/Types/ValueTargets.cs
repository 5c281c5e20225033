using WireProxy.Fuzz.Fuzzing;

namespace WireProxy.Fuzz.Tds.Types;

/// <summary>The fuzz target of TDS types and values. The first two bytes of an input choose the vector that says how it is read.</summary>
public static class ValueTargets
{
    public static FuzzTarget Values { get; } = new(
        "tds-values",
        random =>
        {
            int index = random.Below(ValueVector.Accepted.Count);
            byte[] mutated = Mutator.Mutate(random, ValueVector.Accepted[index].Bytes, random.Pick(ValueVector.Accepted).Bytes);
            return [(byte)index, (byte)(index >> 8), .. mutated];
        },
        (_, input) =>
        {
            using var oracle = new ValueOracle();
            return input.Length < 2 ? null
                : oracle.Check(input.AsSpan(2), ValueVector.Accepted[(input[0] | (input[1] << 8)) % ValueVector.Accepted.Count]);
        });
}
