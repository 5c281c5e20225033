using WireProxy.TestKit;

namespace WireProxy.Cli.Tests;

/// <summary>The program as it is started.</summary>
internal sealed class ExecutableTests
{
    [TestCase(0, "--version")]
    [TestCase(0, "serve", "--help")]
    [TestCase(2, "serve")]
    [TestCase(2, "serve", "--config", "absent.yaml")]
    [TestCase(2, "verify", "--journal", "absent")]
    public async Task The_exit_code_tells_how_it_went(int expected, params string[] arguments)
    {
        var result = await GatewayProcess.RunAsync(arguments);
        Assert.That(result.ExitCode, Is.EqualTo(expected), result.ToString);
    }

    [Test]
    public async Task Statements_are_read_from_standard_input()
    {
        using var files = new ConfigurationFiles();
        files.Read(ConfigurationFiles.Minimal);
        var result = await new ProcessRunner(GatewayProcess.Program, "policy", "test", "--config", files.Main, "--listener", "clinic", "-") { Input = "SELECT 1" }.RunAsync();
        Assert.That(result.ExitCode, Is.Zero, result.ToString);
        Assert.That(result.Output, Does.Contain("1 statement, 0 refused"));
    }

    [TestCase("-TERM")]
    [TestCase("-INT")]
    public async Task Serve_ends_with_0_when_a_signal_asks_for_it(string signal)
    {
        await using var gateway = await GatewayProcess.StartAsync(new GatewaySettings { Upstream = "127.0.0.1:1" });
        await gateway.SignalAsync(signal);
        Assert.That(await gateway.ExitAsync(), Is.Zero, () => gateway.Log);
        var verified = await GatewayProcess.RunAsync("verify", "--journal", gateway.JournalDirectory, "--key", gateway.PublicKeyFile);
        Assert.That(verified.ExitCode, Is.Zero, verified.ToString);
    }

    [Test]
    public async Task A_console_is_ready_and_ends_with_the_gateway()
    {
        var port = FreePort.Next();
        await using var gateway = await GatewayProcess.StartAsync(
            new GatewaySettings { Upstream = "127.0.0.1:1", More = $"console: {{ address: '127.0.0.1:{port}' }}" });
        using var client = new HttpClient();
        await Until.TrueAsync(() => gateway.Log.Contains("ConsoleListening", StringComparison.Ordinal), TimeSpan.FromSeconds(30), () => gateway.Log);
        using var ready = await client.GetAsync(new Uri($"http://127.0.0.1:{port}/readyz"));
        Assert.That((int)ready.StatusCode, Is.EqualTo(200));
        using var nobody = await client.GetAsync(new Uri($"http://127.0.0.1:{port}/v1/credentials"));
        Assert.That((int)nobody.StatusCode, Is.EqualTo(404), "without identities there is nobody to issue to");
        Assert.That(await gateway.StopAsync(), Is.Zero, () => gateway.Log);
    }

    [Test]
    public async Task The_log_has_one_line_an_event()
    {
        await using var gateway = await GatewayProcess.StartAsync(new GatewaySettings { Upstream = "127.0.0.1:1" });
        await gateway.StopAsync();
        var lines = gateway.Log.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => !line.Contains("warning:", StringComparison.Ordinal)).ToList();
        Assert.That(lines, Is.Not.Empty);
        Assert.That(lines, Has.All.Match("^time=[0-9TZ:.-]+ level=(info|warning|error) event=[A-Za-z]+ message="));
    }

    [Test]
    public async Task A_port_that_is_taken_is_an_error_with_exit_code_2()
    {
        await using var gateway = await GatewayProcess.StartAsync(new GatewaySettings { Upstream = "127.0.0.1:1" });
        using var files = new ConfigurationFiles();
        files.Read(ConfigurationFiles.Minimal.Replace("6432", gateway.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal));
        var second = await GatewayProcess.RunAsync("serve", "--config", files.Main);
        Assert.That(second.ExitCode, Is.EqualTo(2), second.ToString);
        Assert.That(second.Error, Does.Contain("cannot listen"));
    }

    [Test]
    public async Task A_drain_waits_for_the_transaction_under_way()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var gateway = await GatewayProcess.StartAsync(server);
        await using var client = await WireClient.LogInAsync(gateway.Port, "postgres", "postgres");
        await client.QueryAsync("BEGIN");
        await gateway.TerminateAsync();
        await Until.TrueAsync(() => gateway.Log.Contains("Draining", StringComparison.Ordinal), TimeSpan.FromSeconds(20), () => gateway.Log);
        Assert.That((await client.QueryAsync("SELECT 5")).Select(message => message.Type), Has.Member('D'));
        await client.SendAsync(WireBuilder.Query("COMMIT"));
        Assert.That((await client.ReadToEndAsync()).Select(message => message.SqlState), Has.Member("57P01"));
        Assert.That(await gateway.ExitAsync(), Is.Zero, () => gateway.Log);
    }

    [Test]
    public async Task A_second_signal_does_not_wait_for_it()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var gateway = await GatewayProcess.StartAsync(server, settings => settings with { Limits = new Dictionary<string, string> { ["drain_timeout"] = "10m" } });
        await using var client = await WireClient.LogInAsync(gateway.Port, "postgres", "postgres");
        await client.QueryAsync("BEGIN");
        await gateway.TerminateAsync();
        await Until.TrueAsync(() => gateway.Log.Contains("Draining", StringComparison.Ordinal), TimeSpan.FromSeconds(20), () => gateway.Log);
        Assert.That(gateway.HasExited, Is.False);
        await gateway.TerminateAsync();
        Assert.That((await client.ReadToEndAsync()).Select(message => message.SqlState), Has.Member("57P01"));
        Assert.That(await gateway.ExitAsync(), Is.Zero, () => gateway.Log);
    }

    [Test]
    public async Task The_tour_shows_what_it_claims()
    {
        var run = new ProcessRunner(GatewayProcess.Program, "demo", "--once")
        {
            // One that no machine has.
            Environment = new Dictionary<string, string> { ["LC_ALL"] = "xx_XX.UTF-8" },
            Timeout = TimeSpan.FromMinutes(6),
        };
        var result = await run.RunAsync();
        Assert.That(result.ExitCode, Is.Zero, result.ToString);
        Assert.That(result.Output, Does.Contain("Every step showed what it claims").And.Not.Contain("FAILED"));
    }
}
