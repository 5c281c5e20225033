using WireProxy.TestKit;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.EndToEnd.Tests.Review;

/// <summary>What a statement rests on is changed by another session while the server lets it wait.</summary>
public sealed class ChangedBesideTests : ThroughChanges
{
    [Test]
    public async Task A_view_replaced_while_the_query_waits_for_its_lock_shows_nothing()
    {
        var answer = await RaceAsync($"SELECT x, x || '' FROM {View}", $"LOCK TABLE {View} IN ACCESS EXCLUSIVE MODE", Replace);

        AssertNothingShown(answer);
    }

    [Test]
    public async Task A_view_replaced_while_the_query_waits_for_its_lock_copies_nothing()
    {
        await RaceAsync(Copy, $"LOCK TABLE {View} IN ACCESS EXCLUSIVE MODE", Replace);

        await AssertNothingCopiedAsync();
    }

    [Test]
    public async Task A_function_replaced_while_its_caller_waits_shows_nothing()
    {
        var answer = await RaceAsync(
            $"SELECT say_{Id}(), say_{Id}() || '' FROM clinic.wards, (SELECT count(*) FROM {Locked}) AS n",
            $"LOCK TABLE {Locked} IN ACCESS EXCLUSIVE MODE", ReplaceFunction);

        AssertNothingShown(answer);
    }

    [Test]
    public async Task A_function_replaced_while_its_caller_sleeps_shows_nothing()
    {
        await using var client = await LogInAsync();
        await using var other = await LogInAsync();
        await client.SendAsync(Query($"SELECT pg_sleep(1)::text, say_{Id}(), say_{Id}() || ''"));
        await Task.Delay(300);
        await other.SendAsync(Query(ReplaceFunction));

        AssertNothingShown(await client.ReadUntilAsync('Z'));
        await other.ReadUntilAsync('Z');
    }

    [Test]
    public async Task A_function_replaced_while_its_caller_waits_copies_nothing()
    {
        await RaceAsync(
            $"INSERT INTO {Open} SELECT say_{Id}() FROM clinic.wards, (SELECT count(*) FROM {Locked}) AS n",
            $"LOCK TABLE {Locked} IN ACCESS EXCLUSIVE MODE", ReplaceFunction);

        await AssertNothingCopiedAsync();
    }

    [Test]
    public async Task A_trigger_made_while_a_write_waits_copies_nothing()
    {
        await using (var before = await LogInAsync())
        {
            await before.QueryAsync(
                $"CREATE FUNCTION spill_{Id}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.x := (SELECT full_name FROM clinic.patients LIMIT 1); RETURN NEW; END'");
        }
        await RaceAsync(
            $"INSERT INTO {Open} SELECT 'plain'", $"LOCK TABLE {Open} IN ACCESS EXCLUSIVE MODE",
            $"CREATE TRIGGER spills BEFORE INSERT ON {Open} FOR EACH ROW EXECUTE FUNCTION spill_{Id}()");

        await AssertNothingCopiedAsync();
    }

    [Test]
    public async Task A_table_swapped_for_a_protected_one_while_the_query_waits_copies_nothing()
    {
        await using (var before = await LogInAsync())
        {
            await before.QueryAsync($"CREATE TABLE plain_{Id} (full_name text)");
            await before.QueryAsync($"CREATE TABLE born_{Id} () INHERITS (clinic.patients)");
            await before.QueryAsync($"INSERT INTO born_{Id} SELECT * FROM clinic.patients");
        }
        await RaceAsync(
            $"INSERT INTO {Open} SELECT full_name FROM plain_{Id}", $"LOCK TABLE plain_{Id} IN ACCESS EXCLUSIVE MODE",
            $"ALTER TABLE plain_{Id} RENAME TO gone_{Id}", $"ALTER TABLE born_{Id} RENAME TO plain_{Id}");

        await AssertNothingCopiedAsync();
        await using var client = await LogInAsync();
        await client.QueryAsync($"DROP TABLE IF EXISTS born_{Id}, plain_{Id} CASCADE");
    }

    [Test]
    public async Task A_change_that_outlives_its_session_is_noticed()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync($"SELECT x FROM {View}");
        // It cannot be cancelled, and changes what nobody waits for any more.
        await using (var other = await LogInAsync())
        {
            await other.SendAsync(Query(
                $"DO $$ BEGIN PERFORM pg_sleep(1.5); EXCEPTION WHEN query_canceled THEN PERFORM pg_sleep(1); END $$; {Replace}"));
            await Task.Delay(300);
        }
        await Task.Delay(2_500);

        AssertNothingShown(await client.QueryAsync($"SELECT x, x || '' FROM {View}"));
        await client.QueryAsync(Copy);
        await AssertNothingCopiedAsync();
    }

    [Test]
    public async Task A_statement_does_not_wait_for_changes_of_what_it_does_not_use()
    {
        await using var client = await LogInAsync();
        await using var other = await LogInAsync();
        await other.QueryAsync("BEGIN");
        await other.QueryAsync($"ALTER TABLE {Locked} ADD COLUMN y int");

        Assert.That(Shown(await client.QueryAsync("SELECT name, upper(name) FROM clinic.wards")), Does.Contain("north").And.Contain("NORTH"));
        await client.SendAsync(Parse($"INSERT INTO {Open} SELECT x FROM {View}"), Bind(), Execute(), Sync);
        Assert.That((await client.ReadUntilAsync('Z')).Select(message => message.Type), Does.Contain('C'));
        await other.QueryAsync("COMMIT");
    }

    [Test]
    public async Task A_statement_waits_for_the_end_of_a_change_of_what_it_uses_and_is_judged_by_it()
    {
        await using var client = await LogInAsync();
        await using var other = await LogInAsync();
        await other.QueryAsync("BEGIN");
        await other.QueryAsync($"ALTER TABLE {Open} ADD COLUMN y int DEFAULT 7");
        await client.SendAsync(Query($"SELECT count(*), min(y) FROM {Open}"));
        await Task.Delay(300);
        await other.QueryAsync($"INSERT INTO {Open} VALUES ('a')");
        await other.QueryAsync("COMMIT");

        Assert.That((await client.ReadUntilAsync('Z')).Single(message => message.Type == 'D').Texts, Is.EqualTo((string?[])["1", "7"]));
    }

    [Test]
    public async Task A_table_is_locked_and_altered_while_another_session_uses_it()
    {
        await using var client = await LogInAsync();
        await using var other = await LogInAsync();
        await other.QueryAsync("BEGIN");
        await other.QueryAsync($"LOCK TABLE {Open} IN ACCESS EXCLUSIVE MODE");
        await client.SendAsync(Query($"SELECT count(*) FROM {Open}"));
        await Task.Delay(300);

        Assert.That((await other.QueryAsync($"ALTER TABLE {Open} ADD COLUMN y int")).Select(message => message.Type), Does.Contain('C'));
        await other.QueryAsync("COMMIT");
        Assert.That((await client.ReadUntilAsync('Z')).Select(message => message.Type), Does.Contain('D'));
    }

    [Test]
    public async Task A_statement_that_waits_for_a_change_can_be_cancelled()
    {
        await using var client = await LogInAsync();
        await using var other = await LogInAsync();
        await other.QueryAsync("BEGIN");
        await other.QueryAsync($"ALTER TABLE {Open} ADD COLUMN y int");
        await client.SendAsync(Query($"SELECT count(*) FROM {Open}"));
        var answer = client.ReadUntilAsync('Z');
        // A request that comes before the statement cancels nothing, and nobody tells when the statement has begun to wait.
        while (!answer.IsCompleted)
        {
            await using var cancel = await WireClient.ConnectAsync(Port);
            await cancel.SendAsync(CancelRequest(client.ProcessId, client.CancelKey));
            await cancel.ReadToEndAsync();
            await Task.WhenAny(answer, Task.Delay(300));
        }

        Assert.That((await answer).Single(message => message.Type == 'E').Field('C'), Is.EqualTo("57014"));
        await other.QueryAsync("ROLLBACK");
        Assert.That((await client.QueryAsync($"SELECT count(*) FROM {Open}")).Select(message => message.Type), Does.Contain('D'));
    }

    [Test]
    public async Task Nobody_waits_longer_than_the_limit()
    {
        await using var gateway = await Clinic.StartAsync(settings => Clinic.Guard(settings) with { Limits = new Dictionary<string, string> { ["change_wait"] = "300ms" } });
        await using var client = await WireClient.LogInAsync(gateway.Port);
        await using var other = await WireClient.LogInAsync(gateway.Port);
        await other.QueryAsync("BEGIN");
        await other.QueryAsync($"ALTER TABLE {Open} ADD COLUMN y int");
        var waited = await client.QueryAsync($"SELECT count(*) FROM {Open}");
        await other.QueryAsync("ROLLBACK");
        await client.SendAsync(Query($"SELECT pg_sleep(4), say_{Id}()"));
        await Server.SleepsAsync(client.ProcessId);
        var changed = await other.QueryAsync($"CREATE OR REPLACE FUNCTION say_{Id}() RETURNS text LANGUAGE sql AS 'SELECT 1::text'");

        Assert.That(waited.Single(message => message.Type == 'E').Field('C'), Is.EqualTo("55P03"));
        Assert.That(changed.Single(message => message.Type == 'E').Field('C'), Is.EqualTo("55P03"));
        Assert.That((await client.ReadUntilAsync('Z')).Select(message => message.Type), Does.Contain('D'));
    }

    [Test]
    public async Task An_Execute_goes_on_while_a_change_waits_for_its_Bind()
    {
        await using var client = await LogInAsync();
        await using var other = await LogInAsync();
        await client.SendAsync(Parse($"SELECT x FROM {View}"), Bind());
        // Nothing answers a Bind without a Sync: it has to be there before the change is.
        await Task.Delay(1_000);
        await other.SendAsync(Query(Replace));
        await Task.Delay(200);
        await client.SendAsync(Execute(), Sync);

        Assert.That(Shown(await client.ReadUntilAsync('Z')), Does.Contain("north"));
        Assert.That((await other.ReadUntilAsync('Z')).Select(message => message.Type), Does.Contain('C'));
    }

    [Test]
    public async Task A_pipeline_that_waits_for_a_change_is_judged_by_it_though_the_path_cannot_be_asked_amid()
    {
        await using var client = await LogInAsync();
        await using var other = await LogInAsync();
        await client.QueryAsync($"SELECT x FROM {View}");
        await other.QueryAsync("BEGIN");
        await other.QueryAsync(Replace);
        string[] texts = ["SET extra_float_digits = 2", $"SELECT x, x || '' FROM {View}", Copy];
        await client.SendAsync([.. texts.SelectMany(text => new[] { Parse(text), Bind(), Execute() }), Sync]);
        await Task.Delay(500);
        await other.QueryAsync("COMMIT");

        AssertNothingShown(await client.ReadUntilAsync('Z'));
        await AssertNothingCopiedAsync();
    }

    [Test]
    public async Task What_is_only_locked_is_waited_for_at_the_server_in_the_end()
    {
        await using var gateway = await Clinic.StartAsync(settings => Clinic.Guard(settings) with { Limits = new Dictionary<string, string> { ["change_wait"] = "300ms" } });
        await using var client = await WireClient.LogInAsync(gateway.Port);
        await using var other = await WireClient.LogInAsync(gateway.Port);
        await other.QueryAsync("BEGIN");
        await other.QueryAsync($"LOCK TABLE {Open} IN ACCESS EXCLUSIVE MODE");
        await client.SendAsync(Query($"SELECT count(*) FROM {Open}"));
        await Task.Delay(900);
        await other.QueryAsync($"INSERT INTO {Open} VALUES ('a'), ('b')");
        await other.QueryAsync("COMMIT");

        Assert.That((await client.ReadUntilAsync('Z')).Single(message => message.Type == 'D').Texts, Is.EqualTo((string?[])["2"]));
    }

    [Test]
    public async Task A_table_of_a_session_alone_concerns_no_other()
    {
        await using var client = await LogInAsync();
        await using var other = await LogInAsync();
        await client.QueryAsync("SELECT name FROM clinic.wards");
        await other.QueryAsync("BEGIN");
        await other.QueryAsync("CREATE TEMP TABLE wards AS SELECT full_name AS name FROM clinic.called, (SELECT 1 AS one) AS o LIMIT 0");
        await other.QueryAsync("CREATE TEMP TABLE visits (a int)");

        Assert.That(Shown(await client.QueryAsync("SELECT name FROM clinic.wards")), Does.Contain("north"));
        await other.QueryAsync("ROLLBACK");
    }

    [Test]
    public async Task A_change_through_one_listener_is_known_at_another()
    {
        int twin = FreePort.Next();
        await using var gateway = await Clinic.StartAsync(settings => Clinic.Guard(settings) with { TwinPort = twin });
        await using var client = await WireClient.LogInAsync(gateway.Port);
        await using var other = await WireClient.LogInAsync(twin);
        Assert.That(Shown(await client.QueryAsync($"SELECT x, x || '' FROM {View}")), Does.Contain("north"));
        await other.QueryAsync(Replace);

        AssertNothingShown(await client.QueryAsync($"SELECT x, x || '' FROM {View}"));
    }

    /// <summary>One session locks, the statement is sent by another and waits, the first changes and commits.</summary>
    private async Task<IReadOnlyList<WireMessage>> RaceAsync(string statement, string holding, params string[] changes)
    {
        await using var client = await LogInAsync();
        await using var other = await LogInAsync();
        await other.QueryAsync("BEGIN");
        await other.QueryAsync(holding);
        await client.SendAsync(Query(statement));
        await Task.Delay(300);
        foreach (var change in changes)
            await other.QueryAsync(change);
        await other.QueryAsync("COMMIT");
        return await client.ReadUntilAsync('Z');
    }
}
