using BenchmarkDotNet.Attributes;
using WireProxy.Benchmarks.Operations;

namespace WireProxy.Benchmarks;

/// <summary>The time and the allocations of each operation.</summary>
[MemoryDiagnoser]
[HideColumns("Error", "StdDev", "Gen0", "Gen1", "Gen2")]
public class OperationBenchmarks : IDisposable
{
    private static readonly OperationSet Set = new();

    [ParamsSource(nameof(All))]
    public Operation Operation { get; set; } = Set.All[0];

    public static IEnumerable<Operation> All => Set.All;

    [Benchmark]
    public void Run() => Operation.Run();

    [GlobalCleanup]
    public void Dispose() => GC.SuppressFinalize(this);

    internal static void Release() => Set.Dispose();
}
