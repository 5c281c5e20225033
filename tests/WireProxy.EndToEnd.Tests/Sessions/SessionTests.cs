using System.Globalization;
using WireProxy.TestKit;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.EndToEnd.Tests.Sessions;

/// <summary>What other proxies break: details of a session that clients and test suites lean on.</summary>
[TestFixture(Through.Transparent)]
[TestFixture(Through.Guarded)]
public sealed class SessionTests(Through through) : ThroughGateway(through)
{
    [Test]
    public async Task Backend_key_data_holds_the_servers_own_process_id()
    {
        await using var client = await LogInAsync();

        var answer = await client.QueryAsync("SELECT pg_backend_pid()");

        Assert.That(answer[1].Texts[0], Is.EqualTo(client.ProcessId.ToString(CultureInfo.InvariantCulture)));
        Assert.That(client.CancelKey, Has.Length.EqualTo(4));
    }

    [Test]
    public async Task Every_setting_that_the_server_reports_at_start_arrives()
    {
        await using var direct = await WireClient.ConnectAsync(Server.Port);
        await using var client = await WireClient.ConnectAsync(Port);
        foreach (var one in (WireClient[])[direct, client])
            await one.SendAsync(Startup("postgres", "postgres", Version30, ("application_name", "same")));

        var expected = (await direct.FinishLogInAsync()).Where(message => message.Type == 'S').Select(message => Convert.ToHexString(message.Body));
        var seen = (await client.FinishLogInAsync()).Where(message => message.Type == 'S').Select(message => Convert.ToHexString(message.Body));

        Assert.That(seen, Is.EqualTo(expected).And.Not.Empty);
    }

    [Test]
    public async Task A_cancel_request_with_the_right_key_cancels_and_one_with_the_wrong_key_does_not()
    {
        await using var sleeper = await LogInAsync();
        await sleeper.SendAsync(Query("SELECT pg_sleep(1.5), 'slept'"));

        await CancelAsync(sleeper.ProcessId, [.. sleeper.CancelKey.Select(one => (byte)~one)]);
        var answer = await sleeper.ReadUntilAsync('Z');
        Assert.That(answer.Single(message => message.Type == 'D').Texts[1], Is.EqualTo("slept"));

        await sleeper.SendAsync(Query("SELECT pg_sleep(600)"));
        await Until.TrueAsync(
            async () => await Server.QueryAsync($"SELECT wait_event FROM pg_stat_activity WHERE pid = {sleeper.ProcessId}") == "PgSleep",
            TimeSpan.FromSeconds(30), () => "it does not sleep");
        await CancelAsync(sleeper.ProcessId, sleeper.CancelKey);
        Assert.That((await sleeper.ReadUntilAsync('Z')).Single(message => message.Type == 'E').SqlState, Is.EqualTo("57014"));
    }

    [Test]
    public async Task A_cancel_request_for_one_session_leaves_the_others_alone()
    {
        await using var first = await LogInAsync();
        await using var second = await LogInAsync();
        await first.SendAsync(Query("SELECT pg_sleep(600)"));
        await second.SendAsync(Query("SELECT pg_sleep(2), 'slept'"));
        await Server.SleepsAsync(first.ProcessId);

        await CancelAsync(first.ProcessId, first.CancelKey);

        Assert.That((await first.ReadUntilAsync('Z'))[^2].SqlState, Is.EqualTo("57014"));
        Assert.That((await second.ReadUntilAsync('Z')).Single(message => message.Type == 'D').Texts[1], Is.EqualTo("slept"));
    }

    [Test]
    public async Task An_unknown_protocol_option_is_negotiated_away_by_the_server()
    {
        await using var client = await WireClient.ConnectAsync(Port);
        await client.SendAsync(Startup("postgres", "postgres", Version30, ("_pq_.no_such_option", "1")));

        var messages = await client.FinishLogInAsync();

        var negotiation = messages.Single(message => message.Type == 'v');
        Assert.That(negotiation.Body[^20..], Is.EqualTo(Text("_pq_.no_such_option")));
    }

    [Test]
    public async Task A_newer_minor_version_is_negotiated_down_by_an_older_server()
    {
        await using var client = await WireClient.ConnectAsync(Port);
        await client.SendAsync(Startup("postgres", "postgres", Version32));

        var messages = await client.FinishLogInAsync();

        Assert.That(messages.Single(message => message.Type == 'v').Body[..4], Is.EqualTo(Int32(Version30)).Or.EqualTo(Int32(0)));
        Assert.That((await client.QueryAsync("SELECT 1"))[1].Texts[0], Is.EqualTo("1"));
    }

    [Test]
    public async Task An_unknown_major_version_is_refused_as_the_server_does()
    {
        await using var client = await WireClient.ConnectAsync(Port);
        await client.SendAsync(Startup("postgres", "postgres", 0x0004_0000));

        var answer = await client.ReadToEndAsync();

        Assert.That(answer.Select(message => message.SqlState), Is.EqualTo((string[])["0A000"]));
    }

    [Test]
    public async Task A_client_that_finishes_sending_still_gets_its_answer()
    {
        await using var client = await LogInAsync();
        await client.SendAsync(Query("SELECT 'one'"), Query("SELECT 'two' FROM pg_sleep(0.3)"));
        client.FinishSending();

        var answers = await client.ReadToEndAsync();

        Assert.That(answers.Where(message => message.Type == 'D').Select(row => row.Texts[0]), Is.EqualTo((string[])["one", "two"]));
        Assert.That(answers.Count(message => message.Type == 'Z'), Is.EqualTo(2));
    }

    [Test]
    public async Task Replies_to_what_was_sent_before_terminate_still_arrive()
    {
        await using var client = await LogInAsync();
        await client.SendAsync(Query("SELECT 'before' FROM pg_sleep(0.3)"), Terminate);

        var answers = await client.ReadToEndAsync();

        Assert.That(answers.Select(message => message.Type), Is.EqualTo("TDCZ"));
    }

    [Test]
    public async Task A_session_that_the_server_ends_says_why_and_then_ends()
    {
        await using var client = await LogInAsync();
        await Server.QueryAsync($"SELECT pg_terminate_backend({client.ProcessId})");

        var answer = await client.ReadToEndAsync();

        Assert.That(answer.Select(message => message.SqlState), Is.EqualTo((string[])["57P01"]));
    }

    [Test]
    public async Task A_client_that_vanishes_takes_its_server_session_with_it()
    {
        var client = await LogInAsync();
        var running = $"SELECT count(*) FROM pg_stat_activity WHERE pid = {client.ProcessId}";
        Assert.That(await Server.QueryAsync(running), Is.EqualTo("1"));

        client.Reset();

        await Until.TrueAsync(async () => await Server.QueryAsync(running) == "0", TimeSpan.FromSeconds(30), () => "the server's session stays");
    }

    [Test]
    public async Task A_setting_changed_by_the_server_is_reported_to_an_idle_client()
    {
        await using var client = await LogInAsync();
        var answer = await client.QueryAsync("SET application_name = 'told'");

        Assert.That(answer.Where(message => message.Type == 'S').Select(message => Convert.ToHexString(message.Body)),
            Is.EqualTo((string[])[Convert.ToHexString(Join(Text("application_name"), Text("told")))]));
    }

    private async Task CancelAsync(int process, byte[] key)
    {
        await using var client = await WireClient.ConnectAsync(Port);
        await client.SendAsync(CancelRequest(process, key));
        Assert.That(await client.ReadToEndAsync(), Is.Empty);
    }
}
