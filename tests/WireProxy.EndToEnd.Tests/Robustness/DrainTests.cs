using WireProxy.TestKit;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.EndToEnd.Tests.Robustness;

/// <summary>SIGTERM: no new clients, statements under way finish, then it ends.</summary>
public sealed class DrainTests
{
    [Test]
    public async Task Statements_under_way_finish_and_idle_sessions_are_told()
    {
        await using var gateway = await Clinic.StartAsync(settings => settings);
        await using var busy = await WireClient.LogInAsync(gateway.Port);
        await using var idle = await WireClient.LogInAsync(gateway.Port);
        await busy.SendAsync(Query("SELECT 'finished' FROM pg_sleep(2)"));
        await (await Clinic.ServerAsync()).SleepsAsync(busy.ProcessId);

        await gateway.TerminateAsync();
        var told = await idle.ReadToEndAsync();
        var answer = await busy.ReadUntilAsync('Z');

        Assert.That(told.Select(message => message.SqlState), Is.EqualTo((string[])["57P01"]));
        Assert.That(answer[1].Texts[0], Is.EqualTo("finished"));
        Assert.That(await gateway.ExitAsync(), Is.Zero, gateway.Log);
    }

    [Test]
    public async Task New_clients_are_refused_while_it_drains()
    {
        await using var gateway = await Clinic.StartAsync(settings => settings);
        await using var busy = await WireClient.LogInAsync(gateway.Port);
        await busy.SendAsync(Query("SELECT pg_sleep(3)"));
        await (await Clinic.ServerAsync()).SleepsAsync(busy.ProcessId);
        await gateway.TerminateAsync();
        await Until.TrueAsync(() => gateway.Log.Contains("Draining", StringComparison.Ordinal), TimeSpan.FromMinutes(1), () => gateway.Log);

        var late = await gateway.Psql().QueryAsync("SELECT 1");

        Assert.That(late.ExitCode, Is.EqualTo(2), late.ToString());
        Assert.That(await gateway.ExitAsync(), Is.Zero);
    }

    [Test]
    public async Task A_statement_longer_than_the_drain_timeout_is_given_up()
    {
        await using var gateway = await Clinic.StartAsync(
            settings => settings with { Limits = new Dictionary<string, string> { ["drain_timeout"] = "1s" } });
        await using var busy = await WireClient.LogInAsync(gateway.Port);
        await busy.SendAsync(Query("SELECT pg_sleep(60), 'given up'"));
        await (await Clinic.ServerAsync()).SleepsAsync(busy.ProcessId);

        await gateway.TerminateAsync();

        Assert.That((await busy.ReadToEndAsync()).Select(message => message.SqlState), Is.EqualTo((string[])["57P01"]));
        await gateway.ExitAsync();
        var psql = (await Clinic.ServerAsync()).Psql();
        Assert.That(() => RunningAsync(psql).Result, Is.EqualTo("0\n").After(60_000, 100), "The server still runs it.");
    }

    private static async Task<string> RunningAsync(Psql psql) => (await psql.QueryAsync(
        "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%given up%' AND pid <> pg_backend_pid()")).Output;

    [Test]
    public async Task The_journal_of_a_drained_gateway_is_whole()
    {
        await using var gateway = await Clinic.StartAsync(settings => settings with { Durability = "batched" });
        await gateway.Psql().QueryAsync("SELECT 'recorded'");
        await using var open = await WireClient.LogInAsync(gateway.Port);
        await gateway.StopAsync();

        var journal = new Journal.JournalFiles(gateway);

        Assert.That((await journal.VerifyAsync()).ExitCode, Is.Zero);
        Assert.That((await journal.SessionsAsync()).Select(session => session.GetProperty("closed").GetBoolean()), Is.All.True);
    }
}
