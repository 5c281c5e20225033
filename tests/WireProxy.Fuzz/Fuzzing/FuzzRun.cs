namespace WireProxy.Fuzz.Fuzzing;

/// <summary>An input that something is wrong with, and how to see it again.</summary>
public sealed record Finding(string Target, ulong Seed, long Iteration, byte[] Input, string Problem)
{
    public override string ToString() => $"""
        {Target}: {Problem}
          input: {Convert.ToHexString(Input)}
          again: --target {Target} --seed {Seed} --iteration {Iteration}
        """;
}

/// <summary>Feeds inputs to a target.</summary>
public static class FuzzRun
{
    /// <summary>Runs iterations <paramref name="first"/> and following and yields each finding as it comes.</summary>
    public static IEnumerable<Finding> Run(FuzzTarget target, ulong seed, long first, long iterations)
    {
        using var oracle = new Oracle();
        for (long i = first; i < first + iterations; i++)
        {
            byte[] input = target.Make(RandomSource.Of(seed, i));
            if (Problem(target, oracle, input) is { } problem)
                yield return new Finding(target.Name, seed, i, input, problem);
        }
    }

    private static string? Problem(FuzzTarget target, Oracle oracle, byte[] input)
    {
        try
        {
            return target.Check(oracle, input);
        }
#pragma warning disable CA1031 // Whatever a decoder throws, but for ProtocolException, is what is looked for.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return exception.ToString();
        }
    }
}
