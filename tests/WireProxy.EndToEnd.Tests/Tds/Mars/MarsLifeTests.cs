using WireProxy.EndToEnd.Tests.Journal;
using WireProxy.TdsStandIn;
using WireProxy.TestKit;
using WireProxy.TestKit.Tds;

namespace WireProxy.EndToEnd.Tests.Tds.Mars;

/// <summary>Limits, ends and records of connections that several sessions share.</summary>
public sealed class MarsLifeTests
{
    [Test]
    public async Task A_session_beyond_the_limit_is_refused_and_the_others_go_on()
    {
        await using var gateway = await StartAsync("mars_sessions", "2");
        await using var client = await MarsClient.LogInAsync(gateway.Port);
        var first = await client.OpenAsync(0);
        var second = await client.OpenAsync(1);
        var third = await client.OpenAsync(2);

        var refused = await third.QueryAsync("SELECT 3");
        Assert.That((refused.Errors.Single().Number, refused.Errors.Single().Class), Is.EqualTo((17809, (byte)16)));
        Assert.That(refused.Errors.Single().Text, Does.Contain("limits.mars_sessions"));
        await third.SendAttentionAsync();
        Assert.That((await third.ReadAsync()).IsAttention);
        Assert.That((await first.QueryAsync("SELECT 1")).Scalar, Is.EqualTo(1));

        await third.FinishAsync();
        await third.Finished;
        await second.FinishAsync();
        await second.Finished;
        // A place is free when the gateway has done with the session, a moment after it has said its last word.
        TdsAnswer? admitted = null;
        await Until.TrueAsync(
            async () =>
            {
                var again = await client.OpenAsync(2);
                var answer = await again.QueryAsync("SELECT 3");
                if (answer.Error is null)
                    admitted = answer;
                await again.FinishAsync();
                await again.Finished;
                return admitted is not null;
            },
            TimeSpan.FromMinutes(1), () => "no place is given again");
        Assert.That(admitted!.Scalar, Is.EqualTo(3));
    }

    [Test]
    public async Task A_flood_of_sessions_ends_the_connection()
    {
        await using var gateway = await StartAsync("mars_sessions", "2");
        await using var client = await MarsClient.LogInAsync(gateway.Port);
        var first = await client.OpenAsync(0);
        await first.QueryAsync("SELECT 1");
        for (ushort id = 1; id < 6; id++)
            await client.OpenAsync(id);

        Assert.That((await first.ReadAsync()).Errors.Single().Text, Does.Contain("limits.mars_sessions"));
    }

    [Test]
    public async Task With_a_limit_of_none_it_is_answered_off()
    {
        await using var gateway = await StartAsync("mars_sessions", "0");
        await using var client = await TdsClient.LogInAsync(gateway.Port, new TdsLogin { Mars = true });

        Assert.That(client.PreLoginAnswer!.Mars, Is.False);
        Assert.That((await client.QueryAsync("SELECT 'one at a time'")).Scalar, Is.EqualTo("one at a time"));
    }

    [Test]
    public async Task A_server_without_it_is_answered_for()
    {
        await using var server = await TdsStandInServer.StartAsync(new TdsStandInOptions { Mars = false, Script = "CREATE DATABASE clinic" });
        await using var gateway = await TdsClinic.StartAsync(server, settings => settings);
        await using var client = await TdsClient.LogInAsync(gateway.Port, new TdsLogin { Mars = true });

        Assert.That(client.PreLoginAnswer!.Mars, Is.False);
        Assert.That((await client.QueryAsync("SELECT 1")).Scalar, Is.EqualTo(1));
    }

    [Test]
    public async Task A_drain_waits_for_every_session()
    {
        await using var gateway = await TdsClinic.StartAsync(settings => settings);
        await using var client = await MarsClient.LogInAsync(gateway.Port);
        var idle = await client.OpenAsync(0);
        var busy = await client.OpenAsync(1);
        await busy.SendQueryAsync("WAITFOR DELAY '00:00:02'; SELECT 'finished' /* drained-beside-others */");
        var server = await TdsClinic.ServerAsync();
        await Until.TrueAsync(() => server.CountSeen("drained-beside-others") > 0, TimeSpan.FromSeconds(20), () => "the request did not come");

        await gateway.TerminateAsync();

        var finished = await busy.ReadAsync();
        Assert.That(finished.Results, Has.Count.EqualTo(1), finished.ToString());
        Assert.That(finished.Scalar, Is.EqualTo("finished"));
        Assert.That((await busy.ReadAsync()).Error, Is.EqualTo(6005));
        Assert.That((await idle.ReadAsync()).Error, Is.EqualTo(6005));
        await client.DisposeAsync();
        Assert.That(await gateway.ExitAsync(), Is.Zero, gateway.Log);
    }

    [Test]
    public async Task A_connection_idle_for_too_long_is_ended()
    {
        await using var gateway = await StartAsync("idle_timeout", "1s");
        await using var client = await MarsClient.LogInAsync(gateway.Port);
        var session = await client.OpenAsync(0);

        Assert.That((await session.ReadAsync()).Errors.Single().Text, Does.Contain("limits.idle_timeout"));
    }

    [Test]
    public async Task A_server_that_goes_ends_every_session()
    {
        var server = await TdsClinic.StartServerAsync();
        await using var gateway = await TdsClinic.StartAsync(server, settings => settings);
        await using var client = await MarsClient.LogInAsync(gateway.Port);
        var first = await client.OpenAsync(0);
        var second = await client.OpenAsync(1);
        await first.QueryAsync("SELECT 1");
        await second.SendQueryAsync("WAITFOR DELAY '00:01:00'");

        await server.DisposeAsync();

        await first.Finished;
        await second.Finished;
        await client.Ended;
    }

    [Test]
    public async Task A_client_that_goes_takes_its_sessions_with_it()
    {
        await using var server = await TdsClinic.StartServerAsync();
        await using var gateway = await TdsClinic.StartAsync(server, settings => settings);
        var client = await MarsClient.LogInAsync(gateway.Port);
        var busy = await client.OpenAsync(0);
        await client.OpenAsync(1);
        await busy.SendQueryAsync("WAITFOR DELAY '00:01:00'");
        await Task.Delay(200);

        await client.DisposeAsync();

        await Until.TrueAsync(() => server.Connections == 0, TimeSpan.FromSeconds(10), () => "the server still has the connection");
    }

    [Test]
    public async Task Each_session_has_a_record_of_its_own()
    {
        await using var gateway = await TdsClinic.StartAsync(settings => TdsClinic.Guard(settings) with { Durability = "strict" });
        await using (var client = await MarsClient.LogInAsync(gateway.Port))
        {
            var first = await client.OpenAsync(4);
            var second = await client.OpenAsync(9);
            await first.SendQueryAsync("SELECT full_name, 'of-the-first' AS mark FROM dbo.patients");
            await second.QueryAsync("DELETE FROM dbo.wards /* of-the-second */");
            await first.ReadAsync();
            await second.QueryAsync("SELECT 'second goes on'");
        }
        await gateway.StopAsync();

        var journal = new JournalFiles(gateway);
        Assert.That((await journal.VerifyAsync()).ExitCode, Is.Zero);
        var sessions = await journal.SessionsAsync();
        var connection = sessions.Single(session => session.GetProperty("connection").ValueKind == System.Text.Json.JsonValueKind.Null);
        string id = connection.GetProperty("session").GetString()!;
        var carried = sessions.Where(session => session.GetProperty("connection").GetString() == id).ToList();
        Assert.That(carried.Select(session => session.GetProperty("mars_session").ToString()), Is.EquivalentTo(new[] { "4", "9" }));
        Assert.That(sessions.Select(session => session.GetProperty("closed").GetBoolean()), Is.All.True);

        string ofFirst = await journal.ReplayTextAsync(carried.Single(session => session.GetProperty("mars_session").ToString() == "4"));
        string ofSecond = await journal.ReplayTextAsync(carried.Single(session => session.GetProperty("mars_session").ToString() == "9"));
        Assert.That(ofFirst, Does.Contain("of-the-first").And.Not.Contain("second"));
        Assert.That(ofSecond, Does.Contain("of-the-second").And.Contain("no-ward-deletes").And.Contain("second goes on").And.Contain(id));
        foreach (string secret in TdsClinic.Secrets)
            Assert.That(ofFirst + ofSecond, Does.Not.Contain(secret));
        Assert.That(await journal.ReplayTextAsync(connection), Does.Contain("of-the-first").And.Contain("of-the-second"));
    }

    private static Task<GatewayProcess> StartAsync(string limit, string value) =>
        TdsClinic.StartAsync(settings => settings with { Limits = new Dictionary<string, string> { [limit] = value } });
}
