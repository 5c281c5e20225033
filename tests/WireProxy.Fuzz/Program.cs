using System.Globalization;
using WireProxy.Fuzz.Fuzzing;

namespace WireProxy.Fuzz;

internal static class Program
{
    private const string Usage = """
        Feeds damaged messages of protocol-specs to the codecs. A run is the same for the same seed on every machine.

          WireProxy.Fuzz [--target NAME] [--seed N] [--iterations N]    one target, or all; 100000 iterations each
          WireProxy.Fuzz --target NAME --seed N --iteration N           one iteration again
          WireProxy.Fuzz --list                                         the targets

        Exit code: 0 nothing found, 1 something found, 2 wrong usage.
        """;

    private const long DefaultIterations = 100_000;
    private const int MostFindings = 10;

    private static int Main(string[] args)
    {
        if (args is ["--list"])
        {
            foreach (var target in FuzzTarget.All)
                Console.WriteLine(target.Name);
            return 0;
        }
        if (ReadOptions(args) is not { } options || Chosen(options) is not { Count: > 0 } targets)
        {
            Console.Error.WriteLine(Usage);
            return 2;
        }
        return targets.Sum(target => RunTarget(target, options)) == 0 ? 0 : 1;
    }

    private static int RunTarget(FuzzTarget target, Dictionary<string, string> options)
    {
        ulong seed = options.TryGetValue("--seed", out string? stated)
            ? ulong.Parse(stated, CultureInfo.InvariantCulture)
            : (ulong)Random.Shared.NextInt64();
        bool once = options.TryGetValue("--iteration", out string? only);
        long first = once ? long.Parse(only!, CultureInfo.InvariantCulture) : 0;
        long iterations = once ? 1
            : options.TryGetValue("--iterations", out string? count) ? long.Parse(count, CultureInfo.InvariantCulture)
            : DefaultIterations;
        int found = 0;
        foreach (var finding in FuzzRun.Run(target, seed, first, iterations).Take(MostFindings))
        {
            Console.WriteLine(finding);
            found++;
        }
        Console.WriteLine($"{target.Name}: seed {seed}, {iterations} iterations, {found} findings");
        return found;
    }

    private static List<FuzzTarget> Chosen(Dictionary<string, string> options) => [.. FuzzTarget.All.Where(target =>
        !options.TryGetValue("--target", out string? name) || target.Name == name)];

    private static Dictionary<string, string>? ReadOptions(string[] args)
    {
        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string[] pair in args.Chunk(2))
        {
            if (pair is not [var name, var value])
                return null;
            bool known = name switch
            {
                "--target" => true,
                "--seed" => ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _),
                "--iterations" or "--iteration" => long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _),
                _ => false,
            };
            if (!known || !options.TryAdd(name, value))
                return null;
        }
        return options;
    }
}
