using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using WireProxy.Benchmarks;

// In this process: the operations own a journal and sockets, and BenchmarkDotNet's generated project would have to obey the build law.
IConfig config = DefaultConfig.Instance
    .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
    .WithSummaryStyle(BenchmarkDotNet.Reports.SummaryStyle.Default.WithMaxParameterColumnWidth(80));
try
{
    BenchmarkSwitcher.FromTypes([typeof(OperationBenchmarks)]).Run(args, config);
}
finally
{
    OperationBenchmarks.Release();
}
