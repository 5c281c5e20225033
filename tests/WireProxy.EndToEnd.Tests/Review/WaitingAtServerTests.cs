using WireProxy.TestKit;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.EndToEnd.Tests.Review;

/// <summary>Who holds locks at the server is not made to wait for those who wait for them there.</summary>
public sealed class WaitingAtServerTests : ThroughChanges
{
    [TestCase("ALTER TABLE {0} ADD COLUMN y int")]
    [TestCase("LOCK TABLE {0} IN ACCESS EXCLUSIVE MODE")]
    [TestCase("ALTER TABLE {0} ADD COLUMN y int; ALTER TABLE {0} ADD COLUMN z timestamptz DEFAULT now()")]
    [TestCase("CREATE RULE r AS ON DELETE TO {0} WHERE length(OLD.x) > 3 DO NOTHING")]
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
        await using var gateway = await StartAsync("4s");
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
        await using var gateway = await StartAsync("4s");
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

    [TestCase("lock_timeout", "55P03")]
    [TestCase("statement_timeout", "57014")]
    public async Task Nobody_waits_longer_here_than_he_would_at_the_server(string setting, string code)
    {
        await using var client = await LogInAsync();
        await using var other = await LogInAsync();
        await client.SendAsync(Query($"SELECT count(*), pg_sleep(5) FROM {Open}"));
        await Server.SleepsAsync(client.ProcessId);
        await other.QueryAsync($"SET {setting} = '700ms'");
        var changed = await AskAsync(other, $"ALTER TABLE {Open} ADD COLUMN y int");

        Assert.That(changed.Single(message => message.Type == 'E').Field('C'), Is.EqualTo(code));
        Assert.That((await client.ReadUntilAsync('Z')).Select(message => message.Type), Does.Contain('D'));
        await other.QueryAsync($"RESET {setting}");
        AssertDone(await AskAsync(other, $"ALTER TABLE {Open} ADD COLUMN y int"));
    }

    [Test]
    public async Task A_migration_of_several_changes_lets_go_on_who_uses_the_last_alone()
    {
        await using var client = await LogInAsync();
        await using var other = await LogInAsync();
        await client.QueryAsync("BEGIN");
        await client.QueryAsync($"SELECT x FROM {Open}");
        await other.QueryAsync("BEGIN");
        await other.QueryAsync($"ALTER TABLE {Locked} ADD COLUMN y int");
        await other.SendAsync(Parse($"ALTER TABLE {Open} ADD COLUMN y int"), Bind(), Execute(), Sync);
        await Server.WaitsForLockAsync(other.ProcessId);

        AssertDone(await AskAsync(client, $"SELECT count(*) FROM {Open}"));
        await client.QueryAsync("COMMIT");
        AssertDone(await other.ReadUntilAsync('Z'));
        await other.QueryAsync("COMMIT");
    }

    [TestCase("BEGIN", "SELECT x FROM {0}; COMMIT; SELECT pg_sleep(1)::text; SELECT x, x || '' FROM {0}")]
    [TestCase("BEGIN", "SELECT x FROM {0}", "COMMIT", "SELECT pg_sleep(1)::text", "SELECT x, x || '' FROM {0}")]
    [TestCase("BEGIN; SAVEPOINT s", "SELECT x FROM {0}", "ROLLBACK TO s", "SELECT pg_sleep(1)::text", "SELECT x, x || '' FROM {0}")]
    [TestCase("BEGIN; SAVEPOINT s", "SELECT x FROM {0}; ROLLBACK TO s; SELECT pg_sleep(1)::text; SELECT x, x || '' FROM {0}")]
    public async Task Who_goes_on_does_so_until_his_locks_end(string begin, params string[] texts)
    {
        await using var gateway = await StartAsync("4s");
        await using var client = await WireClient.LogInAsync(gateway.Port);
        await using var other = await WireClient.LogInAsync(gateway.Port);
        await HoldUpAsync(client, other, begin);
        await client.SendAsync([.. texts.Select(text => Query(string.Format(null, text, View)))]);

        foreach (string _ in texts)
            AssertNothingShown(await client.ReadUntilAsync('Z').WaitAsync(TimeSpan.FromSeconds(90)));
        await client.QueryAsync("ROLLBACK");
        AssertDone(await other.ReadUntilAsync('Z'));
    }

    [TestCase("BEGIN", "COMMIT")]
    [TestCase("BEGIN; SAVEPOINT s", "ROLLBACK TO s")]
    public async Task Who_goes_on_in_one_exchange_does_so_until_his_locks_end(string begin, string end)
    {
        await using var gateway = await StartAsync("4s");
        await using var client = await WireClient.LogInAsync(gateway.Port);
        await using var other = await WireClient.LogInAsync(gateway.Port);
        await HoldUpAsync(client, other, begin);
        string[] texts = [$"SELECT x FROM {View}", end, "SELECT pg_sleep(1)::text", $"SELECT x, x || '' FROM {View}"];
        await client.SendAsync([.. texts.SelectMany(text => new[] { Parse(text), Bind(), Execute() }), Sync]);

        var answer = await client.ReadUntilAsync('Z').WaitAsync(TimeSpan.FromSeconds(30));
        AssertNothingShown(answer);
        await client.QueryAsync("ROLLBACK");
        AssertDone(await other.ReadUntilAsync('Z'));
    }

    [Test]
    public async Task Who_waits_for_a_lock_that_can_be_given_back_at_any_time_is_waited_for()
    {
        await using var gateway = await StartAsync("2s");
        await using var client = await WireClient.LogInAsync(gateway.Port);
        await using var other = await WireClient.LogInAsync(gateway.Port);
        int key = Random.Shared.Next();
        AssertDone(await client.QueryAsync($"INSERT INTO {Locked} VALUES ('a')"));
        await client.QueryAsync("BEGIN");
        await client.QueryAsync($"SELECT pg_advisory_lock({key}), name FROM clinic.wards");
        await other.SendAsync(Query($"ALTER TABLE {Locked} ADD COLUMN z bool DEFAULT (pg_advisory_lock({key})::text = '')"));
        await Server.WaitsForLockAsync(other.ProcessId);
        var answer = await AskAsync(client, $"SELECT count(*) FROM {Locked}");

        Assert.That(answer.Single(message => message.Type == 'E').Field('C'), Is.EqualTo("55P03"));
        await client.QueryAsync("ROLLBACK");
        await client.QueryAsync("SELECT pg_advisory_unlock_all()");
        await other.ReadUntilAsync('Z');
    }

    private static Task<GatewayProcess> StartAsync(string changeWait) =>
        Clinic.StartAsync(settings => Clinic.Guard(settings) with { Limits = new Dictionary<string, string> { ["change_wait"] = changeWait } });

    /// <summary>The client's transaction has a lock on the view that the other wants to replace.</summary>
    private async Task HoldUpAsync(WireClient client, WireClient other, string begin)
    {
        await client.QueryAsync(begin);
        await client.QueryAsync($"SELECT x FROM {View}");
        await other.SendAsync(Query(Replace));
        await Server.WaitsForLockAsync(other.ProcessId);
    }

    /// <summary>Who must not wait does not wait for the limit, which is a minute.</summary>
    private static Task<IReadOnlyList<WireMessage>> AskAsync(WireClient client, string text) => client.QueryAsync(text).WaitAsync(TimeSpan.FromSeconds(30));

    private static void AssertDone(IReadOnlyList<WireMessage> answer) => Assert.That(answer.Select(message => message.Type), Does.Contain('C'));
}
