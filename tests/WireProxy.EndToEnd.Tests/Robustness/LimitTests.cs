using WireProxy.TestKit;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.EndToEnd.Tests.Robustness;

/// <summary>Each limit's error names it as the configuration file does.</summary>
public sealed class LimitTests
{
    [Test]
    public async Task One_connection_too_many_is_refused_and_a_place_that_frees_is_given_again()
    {
        await using var gateway = await StartAsync("connections", "2");
        await using var first = await WireClient.LogInAsync(gateway.Port);
        var second = await WireClient.LogInAsync(gateway.Port);
        await using (var third = await WireClient.ConnectAsync(gateway.Port))
        {
            await third.SendAsync(Startup("postgres", "postgres"));
            var answer = string.Join(' ', await third.ReadToEndAsync());
            Assert.That(answer, Does.StartWith("E(53300 ").And.Contain("limits.connections").And.Not.Contain(" E("));
        }

        await second.SendAsync(Terminate);
        await second.DisposeAsync();

        await Until.TrueAsync(
            async () => (await gateway.Psql().QueryAsync("SELECT 1")).ExitCode == 0, TimeSpan.FromSeconds(20), () => "no place is given again");
    }

    [Test]
    public async Task A_cancel_request_needs_no_place()
    {
        await using var gateway = await StartAsync("connections", "1");
        await using var only = await WireClient.LogInAsync(gateway.Port);
        await only.SendAsync(Query("SELECT pg_sleep(600)"));
        await (await Clinic.ServerAsync()).SleepsAsync(only.ProcessId);

        await using var cancel = await WireClient.ConnectAsync(gateway.Port);
        await cancel.SendAsync(CancelRequest(only.ProcessId, only.CancelKey));

        Assert.That((await only.ReadUntilAsync('Z'))[^2].SqlState, Is.EqualTo("57014"));
    }

    [Test]
    public async Task A_client_that_does_not_log_in_is_let_go()
    {
        await using var gateway = await StartAsync("handshake_timeout", "3s");
        await using var silent = await WireClient.ConnectAsync(gateway.Port);
        await using var halfWay = await WireClient.ConnectAsync(gateway.Port);
        await halfWay.SendAsync(Startup("scram", "postgres"));

        var first = await silent.ReadToEndAsync();
        var second = await halfWay.ReadToEndAsync();

        Assert.That(string.Concat(first), Is.Empty.Or.Contains("limits.handshake_timeout"));
        Assert.That(second[^1].ToString(), Does.Contain("limits.handshake_timeout"));
    }

    [Test]
    public async Task A_session_idle_for_too_long_is_ended_with_the_reason()
    {
        await using var gateway = await StartAsync("idle_timeout", "1s");
        await using var client = await WireClient.LogInAsync(gateway.Port);

        var end = await client.ReadToEndAsync();

        Assert.That(end.Single().SqlState, Is.EqualTo("57P05"));
        Assert.That(end.Single().ToString(), Does.Contain("limits.idle_timeout"));
    }

    [Test]
    public async Task A_session_that_waits_for_a_long_statement_is_not_idle()
    {
        await using var gateway = await StartAsync("idle_timeout", "2s");
        await using var client = await WireClient.LogInAsync(gateway.Port);

        var answer = await client.QueryAsync("SELECT 'done' FROM pg_sleep(5)");

        Assert.That(answer[1].Texts[0], Is.EqualTo("done"));
    }

    [Test]
    public async Task A_statement_too_large_to_inspect_is_refused_by_name_of_the_limit()
    {
        await using var gateway = await StartAsync("inspected_message", "64KiB", Clinic.Guard);
        await using var client = await WireClient.LogInAsync(gateway.Port);

        var answer = await client.QueryAsync($"SELECT length('{new string('x', 100_000)}')");

        var error = answer.Single(message => message.Type == 'E');
        Assert.That(error.SqlState, Is.EqualTo("54000"));
        Assert.That($"{error} {error.Field('D')} {error.Field('H')}", Does.Contain("limits.inspected_message"));
        Assert.That((await client.QueryAsync("SELECT 'usable'"))[1].Texts[0], Is.EqualTo("usable"));
    }

    [Test]
    public async Task A_message_too_large_is_refused_when_all_of_it_has_come()
    {
        // A client in non-blocking mode reads while it sends, and then waits for an answer that it has read already.
        await using var gateway = await StartAsync("inspected_message", "64KiB", Clinic.Guard);
        await using var client = await WireClient.LogInAsync(gateway.Port);
        var message = Query($"SELECT length('{new string('x', 100_000)}')");
        await client.SendAsync(message[..^1]);

        var answer = client.ReadUntilAsync('Z');
        await Task.Delay(300);

        Assert.That(answer.IsCompleted, Is.False);
        await client.SendAsync(message[^1..]);
        Assert.That((await answer)[0].SqlState, Is.EqualTo("54000"));
    }

    [Test]
    public async Task A_large_parameter_needs_no_inspection()
    {
        await using var gateway = await StartAsync("inspected_message", "64KiB", Clinic.Guard);
        await using var client = await WireClient.LogInAsync(gateway.Port);
        await client.SendAsync(Parse("SELECT length($1)"), Bind("", "", 0, new string('x', 1_000_000)), Execute(), Sync);

        Assert.That((await client.ReadUntilAsync('Z')).Single(message => message.Type == 'D').Texts[0], Is.EqualTo("1000000"));
    }

    [Test]
    public async Task A_server_that_is_away_is_named_in_the_error()
    {
        await using var gateway = await GatewayProcess.StartAsync(new GatewaySettings { Upstream = $"127.0.0.1:{FreePort.Next()}" });
        await using var client = await WireClient.ConnectAsync(gateway.Port);
        await client.SendAsync(Startup("postgres", "postgres"));

        var error = (await client.ReadToEndAsync()).Single();

        Assert.That(error.SqlState, Is.EqualTo("08006").Or.EqualTo("08001"));
        Assert.That(gateway.HasExited, Is.False);
    }

    private static Task<GatewayProcess> StartAsync(string limit, string value, Func<GatewaySettings, GatewaySettings>? change = null) =>
        Clinic.StartAsync(settings => (change?.Invoke(settings) ?? settings) with { Limits = new Dictionary<string, string> { [limit] = value } });
}
