using System.Globalization;
using FsCheck;

namespace WireProxy.TestKit;

/// <summary>Properties over values that are the same in each run: a test must not fail by chance, nor pass by it.</summary>
public static class Seeded
{
    /// <summary>Another number, in $WIREPROXY_SEED, tries other values.</summary>
    private static readonly ulong Seed =
        ulong.TryParse(Environment.GetEnvironmentVariable("WIREPROXY_SEED"), NumberStyles.None, CultureInfo.InvariantCulture, out ulong seed) ? seed : 2026;

    /// <summary>Throws for the first value that does not hold.</summary>
    public static void CheckSeeded(this Property property, int values = 100) =>
        // The second number of a seed has to be odd.
        property.Check(Config.QuickThrowOnFailure.WithMaxTest(values).WithReplay(Seed, 1));
}
