using WireProxy.TestKit;

namespace WireProxy.EndToEnd.Tests.Suites;

/// <summary>Suites that others wrote, run directly and through the gateway; tests/suites says where each comes from.</summary>
[NonParallelizable]
public sealed class ForeignSuiteTests
{
    private const int CannotRunHere = 77;

    [TestCase("regress", "wireproxy")]
    [TestCase("isolation", "wireproxy", "--quick")]
    [TestCase("pipeline", "wireproxy")]
    [TestCase("pipeline", "wireproxy-policy")]
    [TestCase("node", "wireproxy")]
    [TestCase("node-postgres", "wireproxy")]
    [TestCase("psycopg2", "wireproxy")]
    [TestCase("psycopg", "wireproxy")]
    [TestCase("asyncpg", "wireproxy")]
    public async Task Results_are_those_of_a_direct_connection(string suite, string relay, params string[] options)
    {
        var run = new ProcessRunner(RepositoryFiles.Path("tests", "suites", "run.sh"), [suite, "--relay", relay, .. options])
        {
            Environment = new Dictionary<string, string> { ["WIREPROXY"] = GatewayProcess.Program },
            Timeout = TimeSpan.FromMinutes(20),
        };

        var result = await run.RunAsync();

        if (result.ExitCode == CannotRunHere)
            Assert.Ignore(result.Output.Trim());
        await TestContext.Out.WriteLineAsync(result.Error);
        Assert.That(result.ExitCode, Is.Zero, result.ToString());
    }
}
