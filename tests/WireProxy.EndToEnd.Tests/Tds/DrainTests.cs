using WireProxy.EndToEnd.Tests.Journal;
using WireProxy.TestKit;
using WireProxy.TestKit.Tds;

namespace WireProxy.EndToEnd.Tests.Tds;

/// <summary>SIGTERM: no new clients, requests under way finish, then it ends.</summary>
public sealed class DrainTests
{
    [Test]
    public async Task Requests_under_way_finish_and_idle_sessions_are_told()
    {
        await using var gateway = await TdsClinic.StartAsync(settings => settings);
        await using var busy = await TdsClient.LogInAsync(gateway.Port);
        await using var idle = await TdsClient.LogInAsync(gateway.Port);
        await busy.SendQueryAsync("WAITFOR DELAY '00:00:02'; SELECT 'finished' /* drained */");
        await RunsAsync("/* drained */");

        await gateway.TerminateAsync();
        var told = await idle.ReadToEndAsync();
        var answer = await busy.ReadAsync();

        Assert.That(told.Select(one => one.Error), Is.EqualTo((int[])[6005]));
        Assert.That(answer.Scalar, Is.EqualTo("finished"));
        Assert.That(await gateway.ExitAsync(), Is.Zero, gateway.Log);
    }

    [Test]
    public async Task A_request_longer_than_the_drain_timeout_is_given_up()
    {
        await using var gateway = await TdsClinic.StartAsync(
            settings => settings with { Limits = new Dictionary<string, string> { ["drain_timeout"] = "1s" } });
        await using var busy = await TdsClient.LogInAsync(gateway.Port);
        await busy.SendQueryAsync("WAITFOR DELAY '00:01:00' /* given up */");
        await RunsAsync("/* given up */");

        await gateway.TerminateAsync();

        Assert.That((await busy.ReadToEndAsync()).Select(one => one.Error), Is.EqualTo((int[])[6005]));
        await gateway.ExitAsync();
    }

    [Test]
    public async Task The_journal_of_a_drained_gateway_is_whole()
    {
        await using var gateway = await TdsClinic.StartAsync(TdsClinic.Guard);
        await using var open = await TdsClient.LogInAsync(gateway.Port);
        await open.QueryAsync("SELECT 'recorded'");
        await gateway.StopAsync();

        var journal = new JournalFiles(gateway);

        Assert.That((await journal.VerifyAsync()).ExitCode, Is.Zero);
        Assert.That((await journal.SessionsAsync()).Select(session => session.GetProperty("closed").GetBoolean()), Is.All.True);
    }

    private static async Task RunsAsync(string marked)
    {
        var server = await TdsClinic.ServerAsync();
        await Until.TrueAsync(() => server.CountSeen(marked) > 0, TimeSpan.FromMinutes(1), () => "the request did not come");
    }
}
