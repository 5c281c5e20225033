using System.Globalization;
using WireProxy.TestKit;

namespace WireProxy.EndToEnd.Tests.Leakbench;

/// <summary>The last lines of a run: so many of so many cases.</summary>
/// <param name="Output">All that it said: which cases leaked, which legitimate ones were changed.</param>
internal sealed record LeakReport((int Found, int Cases) Leaks, (int Found, int Cases) Inference, (int Unchanged, int Cases) Utility, string Output)
{
    public static LeakReport Of(ProcessResult run) =>
        new(Last(run, "leaks "), Last(run, "inference "), Last(run, "utility "), run.ToString());

    private static (int, int) Last(ProcessResult run, string what)
    {
        string line = run.Output.Split('\n').LastOrDefault(line => line.StartsWith(what, StringComparison.Ordinal))
            ?? throw new AssertionException($"no line of {what}in the benchmark's report: {run}");
        string[] numbers = line[what.Length..].Split('/');
        return (int.Parse(numbers[0], CultureInfo.InvariantCulture), int.Parse(numbers[1], CultureInfo.InvariantCulture));
    }
}
