using WireProxy.TestKit;

namespace WireProxy.EndToEnd.Tests.Leakbench;

/// <summary>
/// No protected value of the leak benchmark's hospital reaches a client, and ordinary work is not disturbed. Every byte that the client
/// receives is searched. The two runs and the calibration take about five minutes on two processors; with WIREPROXY_LEAKBENCH=all the
/// second runs every class, which takes two more.
/// </summary>
[NonParallelizable]
[Category("postgres")]
public sealed class LeakbenchTests
{
    private LeakBenchmark _benchmark = null!;

    private static bool RunsAll => Environment.GetEnvironmentVariable("WIREPROXY_LEAKBENCH") == "all";

    [OneTimeSetUp]
    public async Task Start()
    {
        try
        {
            _benchmark = await LeakBenchmark.StartAsync();
        }
        catch (UnavailableException unavailable)
        {
            Assert.Ignore(unavailable.Message);
        }
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        if (_benchmark is not null)
            await _benchmark.DisposeAsync();
    }

    [Test]
    public async Task No_route_carries_a_protected_value_and_ordinary_work_is_not_disturbed()
    {
        await using GatewayProcess gateway = await StartAsync("");

        LeakReport report = await _benchmark.RunAsync(gateway);

        await TestContext.Out.WriteLineAsync(report.Output);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(report.Leaks.Cases, Is.GreaterThan(200), report.Output);
            Assert.That(report.Leaks.Found, Is.Zero, report.Output);
            Assert.That(report.Utility.Unchanged, Is.GreaterThanOrEqualTo(0.97 * report.Utility.Cases), report.Output);
        }
    }

    [Test]
    public async Task With_predicates_blocked_no_question_about_a_protected_value_is_answered()
    {
        await using GatewayProcess gateway = await StartAsync("predicates: block\n");

        LeakReport report = await _benchmark.RunAsync(gateway, RunsAll ? [] : ["--cls", "inference", "--no-utility"]);

        await TestContext.Out.WriteLineAsync(report.Output);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(report.Inference.Cases, Is.GreaterThan(20), report.Output);
            Assert.That(report.Inference.Found, Is.Zero, report.Output);
            Assert.That(report.Leaks.Found, Is.Zero, report.Output);
        }
    }

    private Task<GatewayProcess> StartAsync(string options) => GatewayProcess.StartAsync(
        _benchmark.Server, settings => settings with { Policy = _benchmark.Policy(options), CatalogUser = "postgres", Durability = null });
}
