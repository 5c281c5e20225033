using WireProxy.TestKit;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.EndToEnd.Tests.Review;

/// <summary>Who holds locks at the server is not made to wait for those who wait for them there.</summary>
public sealed class WaitingAtServerTests : ThroughChanges
{
    [TestCase("ALTER TABLE {0} ADD COLUMN y int")]
    [TestCase("LOCK TABLE {0} IN ACCESS EXCLUSIVE MODE")]
    public async Task An_open_transaction_goes_on_while_a_change_waits_for_its_locks(string change)
    {
        await using var client = await LogInAsync();
        await using var other = await LogInAsync();
        await client.QueryAsync("BEGIN");
        await client.QueryAsync($"SELECT x FROM {Open}");
        await other.QueryAsync("BEGIN");
        await other.SendAsync(Query(string.Format(null, change, Open)));
        await Server.WaitsForLockAsync(other.ProcessId);

        Assert.That((await AskAsync(client, $"SELECT count(*) FROM {Open}")).Single(message => message.Type == 'D').Texts, Is.EqualTo((string?[])["0"]));
        await client.SendAsync(Parse($"SELECT count(*), max(x) FROM {Open}"), Bind(), Execute(), Sync);
        Assert.That((await client.ReadUntilAsync('Z')).Select(message => message.Type), Does.Contain('D'));
        await client.QueryAsync("COMMIT");
        Assert.That((await other.ReadUntilAsync('Z')).Select(message => message.Type), Does.Contain('C'));
        await other.QueryAsync("COMMIT");
    }

    [Test]
    public async Task What_is_prepared_and_not_yet_bound_is_not_overtaken_by_a_change_that_waits_for_it()
    {
        await using var client = await LogInAsync();
        await using var other = await LogInAsync();
        await client.SendAsync(Parse($"SELECT count(*) FROM {Open}"), Flush);
        await client.ReadUntilAsync('1');
        await other.SendAsync(Query($"ALTER TABLE {Open} ADD COLUMN y int"));
        await Task.Delay(300);
        await client.SendAsync(Bind(), Flush);
        await client.ReadUntilAsync('2');
        await Task.Delay(300);
        await client.SendAsync(Execute(), Sync);

        Assert.That((await client.ReadUntilAsync('Z')).Select(message => message.Type), Does.Contain('D'));
        Assert.That((await other.ReadUntilAsync('Z')).Select(message => message.Type), Does.Contain('C'));
    }

    [TestCase("{1}", "SELECT pg_advisory_xact_lock({0})", Description = "What it waits with is not the change.")]
    [TestCase("{1}", "ALTER TABLE {2} ADD COLUMN y int", Description = "There has been another change.")]
    public async Task Who_waits_for_a_session_with_something_else_than_one_change_is_waited_for(string first, string waiting)
    {
        await using var gateway = await Clinic.StartAsync(settings => Clinic.Guard(settings) with { Limits = new Dictionary<string, string> { ["change_wait"] = "4s" } });
        await using var client = await WireClient.LogInAsync(gateway.Port);
        await using var other = await WireClient.LogInAsync(gateway.Port);
        int key = Random.Shared.Next();
        await client.QueryAsync("BEGIN");
        await client.QueryAsync($"SELECT pg_advisory_xact_lock({key})");
        await client.QueryAsync($"SELECT x FROM {Open}");
        await other.QueryAsync("BEGIN");
        await other.QueryAsync("SET LOCAL lock_timeout = '1500ms'");
        AssertDone(await other.QueryAsync(Filled(first)));
        await other.SendAsync(Query("SAVEPOINT t"), Query(Filled(waiting)), Query("ROLLBACK TO t"), Query("COMMIT"));
        await Server.WaitsForLockAsync(other.ProcessId);

        AssertNothingShown(await AskAsync(client, $"SELECT pg_sleep(2.5)::text; SELECT x, x || '' FROM {View}"));
        await client.QueryAsync("ROLLBACK");

        string Filled(string text) => string.Format(null, text, key, Replace, Open);
    }

    [Test]
    public async Task A_change_behind_what_waits_for_a_session_is_waited_for()
    {
        await using var gateway = await Clinic.StartAsync(settings => Clinic.Guard(settings) with { Limits = new Dictionary<string, string> { ["change_wait"] = "4s" } });
        await using var client = await WireClient.LogInAsync(gateway.Port);
        await using var other = await WireClient.LogInAsync(gateway.Port);
        int key = Random.Shared.Next();
        await client.QueryAsync("BEGIN");
        await client.QueryAsync($"SELECT pg_advisory_xact_lock({key})");
        await other.QueryAsync("SET lock_timeout = '1500ms'");
        await other.SendAsync(Query($"SELECT pg_advisory_lock({key})"), Query(Replace));
        await Server.WaitsForLockAsync(other.ProcessId);

        AssertNothingShown(await AskAsync(client, $"SELECT pg_sleep(2.5)::text; SELECT x, x || '' FROM {View}"));
        await client.QueryAsync("ROLLBACK");
    }

    [Test]
    public async Task An_Execute_goes_on_when_what_it_uses_has_got_a_comment_since_its_Bind()
    {
        await using var client = await LogInAsync();
        await using var other = await LogInAsync();
        await client.SendAsync(Parse($"SELECT count(*) FROM {Open}"), Bind(), Flush);
        await client.ReadUntilAsync('2');
        AssertDone(await other.QueryAsync($"COMMENT ON TABLE {Open} IS 'what is open'"));
        await client.SendAsync(Execute(), Sync);

        Assert.That((await client.ReadUntilAsync('Z').WaitAsync(TimeSpan.FromSeconds(30))).Select(message => message.Type), Does.Contain('D'));
    }

    /// <summary>Who must not wait does not wait for the limit, which is a minute.</summary>
    private static Task<IReadOnlyList<WireMessage>> AskAsync(WireClient client, string text) => client.QueryAsync(text).WaitAsync(TimeSpan.FromSeconds(30));

    private static void AssertDone(IReadOnlyList<WireMessage> answer) => Assert.That(answer.Select(message => message.Type), Does.Contain('C'));
}
