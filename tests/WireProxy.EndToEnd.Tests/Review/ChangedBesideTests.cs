using System.Text;
using WireProxy.TestKit;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.EndToEnd.Tests.Review;

/// <summary>What a statement rests on is changed after it was judged: by the session itself, or by another one while the server lets it wait.</summary>
public sealed class ChangedBesideTests() : ThroughGateway(Through.Guarded)
{
    private string _id = "";
    private string _view = "";
    private string _open = "";
    private string _lock = "";

    [SetUp]
    public async Task Make_what_is_clear()
    {
        _id = Guid.NewGuid().ToString("N");
        (_view, _open, _lock) = ($"clear_{_id}", $"open_{_id}", $"lock_{_id}");
        await using var client = await LogInAsync();
        await client.QueryAsync($"CREATE VIEW {_view} AS SELECT name AS x FROM clinic.wards");
        await client.QueryAsync($"CREATE TABLE {_open} (x text)");
        await client.QueryAsync($"CREATE TABLE {_lock} (x text)");
        await client.QueryAsync($"CREATE FUNCTION say_{_id}() RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT name FROM clinic.wards LIMIT 1); END'");
        Assert.That(Shown(await client.QueryAsync($"SELECT x FROM {_view}")), Does.Contain("north"));
    }

    private string Replace => $"CREATE OR REPLACE VIEW {_view} AS SELECT full_name AS x FROM clinic.patients";

    private string ReplaceFunction =>
        $"CREATE OR REPLACE FUNCTION say_{_id}() RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT full_name FROM clinic.patients LIMIT 1); END'";

    private string Copy => $"INSERT INTO {_open} SELECT x FROM {_view}";

    [Test]
    public async Task A_copy_prepared_by_the_protocol_is_refused_once_its_view_reads_what_is_protected()
    {
        await using var client = await LogInAsync();
        await client.SendAsync(Parse(Copy, "s"), Sync);
        await client.ReadUntilAsync('Z');
        await client.QueryAsync(Replace);
        await client.SendAsync(Bind("", "s"), Execute(), Sync);

        AssertRefused(await client.ReadUntilAsync('Z'));
        await AssertNothingCopiedAsync();
    }

    [Test]
    public async Task A_copy_prepared_in_sql_is_refused_once_its_view_reads_what_is_protected()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync($"PREPARE s AS {Copy}");
        await client.QueryAsync(Replace);

        AssertRefused(await client.QueryAsync("EXECUTE s"));
        await AssertNothingCopiedAsync();
    }

    [Test]
    public async Task A_copy_prepared_by_the_protocol_is_refused_once_another_session_has_replaced_its_view()
    {
        await using var client = await LogInAsync();
        await using var other = await LogInAsync();
        await client.SendAsync(Parse(Copy, "s"), Sync);
        await client.ReadUntilAsync('Z');
        await other.QueryAsync(Replace);
        await client.SendAsync(Bind("", "s"), Execute(), Sync);

        AssertRefused(await client.ReadUntilAsync('Z'));
        await AssertNothingCopiedAsync();
    }

    [Test]
    public async Task A_bound_copy_is_refused_once_the_name_of_its_table_stands_for_a_protected_one()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync($"CREATE TABLE plain_{_id} (full_name text)");
        await client.SendAsync(Parse($"INSERT INTO {_open} SELECT full_name FROM plain_{_id}", "s"), Sync);
        await client.ReadUntilAsync('Z');
        await client.QueryAsync($"CREATE TABLE born_{_id} () INHERITS (clinic.patients)");
        await client.QueryAsync($"INSERT INTO born_{_id} SELECT * FROM clinic.patients");
        await client.QueryAsync($"DROP TABLE plain_{_id}");
        await client.QueryAsync($"ALTER TABLE born_{_id} RENAME TO plain_{_id}");
        await client.SendAsync(Bind("", "s"), Execute(), Sync);

        AssertRefused(await client.ReadUntilAsync('Z'));
        await AssertNothingCopiedAsync();
        await client.QueryAsync($"DROP TABLE plain_{_id}");
    }

    [Test]
    public async Task A_copy_prepared_in_sql_and_run_by_the_protocol_is_refused_once_its_view_reads_what_is_protected()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync($"PREPARE s AS {Copy}");
        await client.QueryAsync(Replace);
        await client.SendAsync(Bind("", "s"), Execute(), Sync);

        AssertRefused(await client.ReadUntilAsync('Z'));
        await AssertNothingCopiedAsync();
    }

    [Test]
    public async Task A_prepared_execute_of_a_copy_is_refused_once_its_view_reads_what_is_protected()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync($"PREPARE s AS {Copy}");
        await client.SendAsync(Parse("EXECUTE s", "outer"), Sync);
        await client.ReadUntilAsync('Z');
        await client.QueryAsync(Replace);
        await client.SendAsync(Bind("", "outer"), Execute(), Sync);

        AssertRefused(await client.ReadUntilAsync('Z'));
        await AssertNothingCopiedAsync();
    }

    [Test]
    public async Task A_prepared_copy_goes_on_after_changes_that_leave_it_harmless()
    {
        await using var client = await LogInAsync();
        await client.SendAsync(Parse(Copy, "s"), Sync);
        await client.ReadUntilAsync('Z');
        await client.QueryAsync($"PREPARE t AS {Copy}");
        await client.QueryAsync($"CREATE OR REPLACE VIEW {_view} AS SELECT ward AS x FROM clinic.patients");
        await client.SendAsync(Bind("", "s"), Execute(), Sync);

        Assert.That((await client.ReadUntilAsync('Z')).Select(message => message.Type), Does.Contain('C'));
        Assert.That((await client.QueryAsync("EXECUTE t")).Select(message => message.Type), Does.Contain('C'));
        Assert.That((await DirectPsql.QueryAsync($"SELECT count(*) FROM {_open}")).Output.Trim(), Is.EqualTo("6"));
    }

    [Test]
    public async Task A_bound_copy_of_many_bytes_is_refused_once_its_view_reads_what_is_protected()
    {
        await using var client = await LogInAsync();
        await client.SendAsync(Parse($"INSERT INTO {_open} SELECT x FROM {_view} WHERE $1::text IS NOT NULL", "s"), Sync);
        await client.ReadUntilAsync('Z');
        await client.QueryAsync(Replace);
        await client.SendAsync(Bind("", "s", 0, new string('a', 200_000)), Execute(), Sync);

        AssertRefused(await client.ReadUntilAsync('Z'));
        await AssertNothingCopiedAsync();
    }

    [TestCase("")]
    [TestCase("WITH HOLD ")]
    public async Task A_cursor_over_a_view_that_is_clear_since_shows_what_it_was_declared_with_masked(string hold)
    {
        await using var client = await LogInAsync();
        await client.QueryAsync($"CREATE VIEW shut_{_id} AS SELECT full_name AS x FROM clinic.patients");
        await client.QueryAsync("BEGIN");
        await client.QueryAsync($"DECLARE c CURSOR {hold}FOR SELECT x, x || '' FROM shut_{_id}");
        if (hold.Length > 0)
            await client.QueryAsync("COMMIT");
        await client.QueryAsync($"CREATE OR REPLACE VIEW shut_{_id} AS SELECT name AS x FROM clinic.wards");

        AssertNothingShown(await client.QueryAsync("FETCH 1 FROM c"));
        await client.SendAsync(Describe('P', "c"), Execute("c", 1), Sync);
        AssertNothingShown(await client.ReadUntilAsync('Z'));
        await client.SendAsync(Execute("c", 1), Sync);
        AssertNothingShown(await client.ReadUntilAsync('Z'));
    }

    [Test]
    public async Task A_cursor_over_a_protected_table_that_is_gone_since_stays_masked()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync($"CREATE TABLE born_{_id} () INHERITS (clinic.patients)");
        await client.QueryAsync($"INSERT INTO born_{_id} SELECT * FROM clinic.patients");
        await client.QueryAsync($"BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT full_name, full_name || '' FROM born_{_id}; COMMIT");
        await client.QueryAsync($"DROP TABLE born_{_id}");

        AssertNothingShown(await client.QueryAsync("FETCH ALL FROM c"));
    }

    [Test]
    public async Task A_cursor_over_unprotected_tables_stays_clear_while_tables_are_made()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync("BEGIN");
        await client.QueryAsync("DECLARE c CURSOR FOR SELECT name, upper(name) FROM clinic.wards");
        await client.QueryAsync("CREATE TEMP TABLE mine (a int) ON COMMIT DROP");

        Assert.That(Shown(await client.QueryAsync("FETCH ALL FROM c")), Does.Contain("north").And.Contain("NORTH"));
    }

    [Test]
    public async Task A_cursor_that_a_function_has_opened_is_masked_when_its_view_is_clear_since()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync($"CREATE VIEW shut_{_id} AS SELECT full_name AS x FROM clinic.patients");
        await client.QueryAsync(
            $"CREATE FUNCTION opens_{_id}(c refcursor) RETURNS refcursor LANGUAGE plpgsql AS 'BEGIN OPEN c FOR SELECT x, x || '''' FROM shut_{_id}; RETURN c; END'");
        await client.QueryAsync("BEGIN");
        await client.QueryAsync($"SELECT opens_{_id}('c')");
        await client.QueryAsync($"CREATE OR REPLACE VIEW shut_{_id} AS SELECT name AS x FROM clinic.wards");

        AssertNothingShown(await client.QueryAsync("FETCH ALL FROM c"));
    }

    [Test]
    public async Task A_view_replaced_while_the_query_waits_for_its_lock_shows_nothing()
    {
        var answer = await RaceAsync($"SELECT x, x || '' FROM {_view}", $"LOCK TABLE {_view} IN ACCESS EXCLUSIVE MODE", Replace);

        AssertNothingShown(answer);
    }

    [Test]
    public async Task A_view_replaced_while_the_query_waits_for_its_lock_copies_nothing()
    {
        await RaceAsync(Copy, $"LOCK TABLE {_view} IN ACCESS EXCLUSIVE MODE", Replace);

        await AssertNothingCopiedAsync();
    }

    [Test]
    public async Task A_function_replaced_while_its_caller_waits_shows_nothing()
    {
        var answer = await RaceAsync(
            $"SELECT say_{_id}(), say_{_id}() || '' FROM clinic.wards, (SELECT count(*) FROM {_lock}) AS n",
            $"LOCK TABLE {_lock} IN ACCESS EXCLUSIVE MODE", ReplaceFunction);

        AssertNothingShown(answer);
    }

    [Test]
    public async Task A_function_replaced_while_its_caller_sleeps_shows_nothing()
    {
        await using var client = await LogInAsync();
        await using var other = await LogInAsync();
        await client.SendAsync(Query($"SELECT pg_sleep(1)::text, say_{_id}(), say_{_id}() || ''"));
        await Task.Delay(300);
        await other.SendAsync(Query(ReplaceFunction));

        AssertNothingShown(await client.ReadUntilAsync('Z'));
        await other.ReadUntilAsync('Z');
    }

    [Test]
    public async Task A_function_replaced_while_its_caller_waits_copies_nothing()
    {
        await RaceAsync(
            $"INSERT INTO {_open} SELECT say_{_id}() FROM clinic.wards, (SELECT count(*) FROM {_lock}) AS n",
            $"LOCK TABLE {_lock} IN ACCESS EXCLUSIVE MODE", ReplaceFunction);

        await AssertNothingCopiedAsync();
    }

    [Test]
    public async Task A_trigger_made_while_a_write_waits_copies_nothing()
    {
        await using (var before = await LogInAsync())
        {
            await before.QueryAsync(
                $"CREATE FUNCTION spill_{_id}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.x := (SELECT full_name FROM clinic.patients LIMIT 1); RETURN NEW; END'");
        }
        await RaceAsync(
            $"INSERT INTO {_open} SELECT 'plain'", $"LOCK TABLE {_open} IN ACCESS EXCLUSIVE MODE",
            $"CREATE TRIGGER spills BEFORE INSERT ON {_open} FOR EACH ROW EXECUTE FUNCTION spill_{_id}()");

        await AssertNothingCopiedAsync();
    }

    [Test]
    public async Task A_table_swapped_for_a_protected_one_while_the_query_waits_copies_nothing()
    {
        await using (var before = await LogInAsync())
        {
            await before.QueryAsync($"CREATE TABLE plain_{_id} (full_name text)");
            await before.QueryAsync($"CREATE TABLE born_{_id} () INHERITS (clinic.patients)");
            await before.QueryAsync($"INSERT INTO born_{_id} SELECT * FROM clinic.patients");
        }
        await RaceAsync(
            $"INSERT INTO {_open} SELECT full_name FROM plain_{_id}", $"LOCK TABLE plain_{_id} IN ACCESS EXCLUSIVE MODE",
            $"ALTER TABLE plain_{_id} RENAME TO gone_{_id}", $"ALTER TABLE born_{_id} RENAME TO plain_{_id}");

        await AssertNothingCopiedAsync();
        await using var client = await LogInAsync();
        await client.QueryAsync($"DROP TABLE IF EXISTS born_{_id}, plain_{_id} CASCADE");
    }

    [Test]
    public async Task A_function_of_a_cursor_cannot_be_replaced_while_the_cursor_is_open()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync("BEGIN");
        await client.QueryAsync($"DECLARE c CURSOR FOR SELECT say_{_id}() FROM clinic.wards");
        await client.QueryAsync("FETCH 1 FROM c");

        var replacing = await client.QueryAsync(ReplaceFunction);

        Assert.That(replacing.Single(message => message.Type == 'E').Field('C'), Is.EqualTo("55006"));
    }

    [Test]
    public async Task A_function_of_a_deferred_trigger_cannot_be_replaced_before_it_has_run()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync($"CREATE TABLE watched_{_id} (x text)");
        await client.QueryAsync($"CREATE FUNCTION later_{_id}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'");
        await client.QueryAsync(
            $"CREATE CONSTRAINT TRIGGER later AFTER INSERT ON watched_{_id} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION later_{_id}()");
        await client.QueryAsync("BEGIN");
        await client.QueryAsync($"INSERT INTO watched_{_id} VALUES ('a')");
        await client.QueryAsync(
            $"CREATE OR REPLACE FUNCTION later_{_id}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO {_open} SELECT full_name FROM clinic.patients; RETURN NULL; END'");
        await client.QueryAsync("COMMIT");
        await client.QueryAsync(
            $"INSERT INTO watched_{_id} VALUES ('b'); CREATE OR REPLACE FUNCTION later_{_id}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO {_open} SELECT full_name FROM clinic.patients; RETURN NULL; END'");

        await AssertNothingCopiedAsync();
    }

    [Test]
    public async Task A_change_that_outlives_its_session_is_noticed()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync($"SELECT x FROM {_view}");
        // It cannot be cancelled, and changes what nobody waits for any more.
        await using (var other = await LogInAsync())
        {
            await other.SendAsync(Query(
                $"DO $$ BEGIN PERFORM pg_sleep(1.5); EXCEPTION WHEN query_canceled THEN PERFORM pg_sleep(1); END $$; {Replace}"));
            await Task.Delay(300);
        }
        await Task.Delay(2_500);

        AssertNothingShown(await client.QueryAsync($"SELECT x, x || '' FROM {_view}"));
        await client.QueryAsync(Copy);
        await AssertNothingCopiedAsync();
    }

    [Test]
    public async Task A_statement_does_not_wait_for_changes_of_what_it_does_not_use()
    {
        await using var client = await LogInAsync();
        await using var other = await LogInAsync();
        await other.QueryAsync("BEGIN");
        await other.QueryAsync($"ALTER TABLE {_lock} ADD COLUMN y int");

        Assert.That(Shown(await client.QueryAsync("SELECT name, upper(name) FROM clinic.wards")), Does.Contain("north").And.Contain("NORTH"));
        await client.SendAsync(Parse($"INSERT INTO {_open} SELECT x FROM {_view}"), Bind(), Execute(), Sync);
        Assert.That((await client.ReadUntilAsync('Z')).Select(message => message.Type), Does.Contain('C'));
        await other.QueryAsync("COMMIT");
    }

    [Test]
    public async Task A_statement_waits_for_the_end_of_a_change_of_what_it_uses_and_is_judged_by_it()
    {
        await using var client = await LogInAsync();
        await using var other = await LogInAsync();
        await other.QueryAsync("BEGIN");
        await other.QueryAsync($"ALTER TABLE {_open} ADD COLUMN y int DEFAULT 7");
        await client.SendAsync(Query($"SELECT count(*), min(y) FROM {_open}"));
        await Task.Delay(300);
        await other.QueryAsync($"INSERT INTO {_open} VALUES ('a')");
        await other.QueryAsync("COMMIT");

        Assert.That((await client.ReadUntilAsync('Z')).Single(message => message.Type == 'D').Texts, Is.EqualTo((string?[])["1", "7"]));
    }

    [Test]
    public async Task A_table_is_locked_and_altered_while_another_session_uses_it()
    {
        await using var client = await LogInAsync();
        await using var other = await LogInAsync();
        await other.QueryAsync("BEGIN");
        await other.QueryAsync($"LOCK TABLE {_open} IN ACCESS EXCLUSIVE MODE");
        await client.SendAsync(Query($"SELECT count(*) FROM {_open}"));
        await Task.Delay(300);

        Assert.That((await other.QueryAsync($"ALTER TABLE {_open} ADD COLUMN y int")).Select(message => message.Type), Does.Contain('C'));
        await other.QueryAsync("COMMIT");
        Assert.That((await client.ReadUntilAsync('Z')).Select(message => message.Type), Does.Contain('D'));
    }

    [Test]
    public async Task A_statement_that_waits_for_a_change_can_be_cancelled()
    {
        await using var client = await LogInAsync();
        await using var other = await LogInAsync();
        await other.QueryAsync("BEGIN");
        await other.QueryAsync($"ALTER TABLE {_open} ADD COLUMN y int");
        await client.SendAsync(Query($"SELECT count(*) FROM {_open}"));
        await Task.Delay(300);
        await using (var cancel = await WireClient.ConnectAsync(Port))
        {
            await cancel.SendAsync(CancelRequest(client.ProcessId, client.CancelKey));
            await cancel.ReadToEndAsync();
        }

        Assert.That((await client.ReadUntilAsync('Z')).Single(message => message.Type == 'E').Field('C'), Is.EqualTo("57014"));
        await other.QueryAsync("ROLLBACK");
        Assert.That((await client.QueryAsync($"SELECT count(*) FROM {_open}")).Select(message => message.Type), Does.Contain('D'));
    }

    [Test]
    public async Task Nobody_waits_longer_than_the_limit()
    {
        await using var gateway = await Clinic.StartAsync(settings => Clinic.Guard(settings) with { Limits = new Dictionary<string, string> { ["change_wait"] = "300ms" } });
        await using var client = await WireClient.LogInAsync(gateway.Port);
        await using var other = await WireClient.LogInAsync(gateway.Port);
        await other.QueryAsync("BEGIN");
        await other.QueryAsync($"ALTER TABLE {_open} ADD COLUMN y int");
        var waited = await client.QueryAsync($"SELECT count(*) FROM {_open}");
        await other.QueryAsync("ROLLBACK");
        await client.SendAsync(Query($"SELECT pg_sleep(2), say_{_id}()"));
        await Task.Delay(300);
        var changed = await other.QueryAsync($"CREATE OR REPLACE FUNCTION say_{_id}() RETURNS text LANGUAGE sql AS 'SELECT 1::text'");

        Assert.That(waited.Single(message => message.Type == 'E').Field('C'), Is.EqualTo("55P03"));
        Assert.That(changed.Single(message => message.Type == 'E').Field('C'), Is.EqualTo("55P03"));
        Assert.That((await client.ReadUntilAsync('Z')).Select(message => message.Type), Does.Contain('D'));
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
    public async Task A_table_hidden_by_a_temporary_one_is_masked_again_after_a_reset()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync("SET search_path = clinic");
        await client.QueryAsync("CREATE TEMP TABLE patients AS SELECT 'open'::text AS full_name");
        Assert.That(Shown(await client.QueryAsync("SELECT full_name, full_name || '' FROM patients")), Does.Contain("open"));
        await client.QueryAsync("DISCARD TEMP");

        AssertNothingShown(await client.QueryAsync("SELECT full_name, full_name || '' FROM patients"));
        await client.QueryAsync($"INSERT INTO public.{_open} SELECT full_name FROM patients");
        await AssertNothingCopiedAsync();
    }

    [TestCase("CREATE TEMP TABLE kept (x text)")]
    [TestCase("SET search_path = other, public")]
    [TestCase("SET LOCAL search_path = other, public")]
    [TestCase("SELECT set_config('search_path', 'other, public', true)")]
    [TestCase("DO $$ BEGIN CREATE TEMP TABLE kept (x text); END $$")]
    public async Task What_a_deferred_trigger_is_still_to_run_keeps_its_meaning(string moving)
    {
        await using var client = await LogInAsync();
        // Into a protected column it may be put; into one of the same name elsewhere it may not.
        await client.QueryAsync($"CREATE SCHEMA s_{_id}");
        await client.QueryAsync($"CREATE TABLE s_{_id}.kept_{_id} () INHERITS (clinic.patients)");
        await client.QueryAsync($"CREATE SCHEMA o_{_id}");
        await client.QueryAsync($"CREATE TABLE o_{_id}.kept_{_id} (id int, full_name text)");
        await client.QueryAsync($"SET search_path = s_{_id}, public");
        await client.QueryAsync($"CREATE TABLE watched_{_id} (x text)");
        await client.QueryAsync(
            $"CREATE FUNCTION later_{_id}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO kept_{_id} (id, full_name) SELECT id, full_name FROM clinic.patients; RETURN NULL; END'");
        await client.QueryAsync(
            $"CREATE CONSTRAINT TRIGGER later AFTER INSERT ON watched_{_id} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION later_{_id}()");
        var moved = moving.Replace("other", $"o_{_id}").Replace("kept (x text)", $"kept_{_id} (id int, full_name text)");
        await client.QueryAsync("BEGIN");
        var inserted = await client.QueryAsync($"INSERT INTO watched_{_id} VALUES ('a')");
        var refused = await client.QueryAsync(moved);
        await client.QueryAsync("COMMIT");
        var text = await client.QueryAsync($"INSERT INTO watched_{_id} VALUES ('a'); {moved}");
        await client.SendAsync(Parse($"INSERT INTO watched_{_id} VALUES ('a')"), Bind(), Execute(), Parse(moved), Bind(), Execute(), Sync);
        var pipelined = await client.ReadUntilAsync('Z');

        Assert.That(inserted.Select(message => message.Type), Does.Contain('C'));
        Assert.That(refused.Single(message => message.Type == 'E').SqlState, Is.EqualTo("55006"));
        AssertRefused(text);
        AssertRefused(pipelined);
        Assert.That((await DirectPsql.QueryAsync($"SELECT count(*) FROM o_{_id}.kept_{_id}")).Output.Trim(), Is.EqualTo("0"));
        await DirectPsql.QueryAsync($"DROP TABLE s_{_id}.kept_{_id}");
    }

    [Test]
    public async Task Other_changes_go_on_beside_a_deferred_trigger()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync($"CREATE TABLE watched_{_id} (x text)");
        await client.QueryAsync($"CREATE FUNCTION later_{_id}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'");
        await client.QueryAsync(
            $"CREATE CONSTRAINT TRIGGER later AFTER INSERT ON watched_{_id} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION later_{_id}()");
        await client.QueryAsync("BEGIN");
        await client.QueryAsync($"INSERT INTO watched_{_id} VALUES ('a')");
        foreach (var change in new[] { "SET LOCAL lock_timeout = '1s'", $"CREATE TABLE made_{_id} (a int)", $"CREATE TEMP TABLE own_{_id} (a int)", $"ALTER TABLE {_open} ADD COLUMN y int" })
            Assert.That((await client.QueryAsync(change)).Select(message => message.Type), Does.Contain('C'), change);
        Assert.That((await client.QueryAsync("COMMIT")).Single(message => message.Type == 'C').Body, Is.EqualTo("COMMIT\0"u8.ToArray()));
    }

    [Test]
    public async Task A_change_through_one_listener_is_known_at_another()
    {
        int twin = FreePort.Next();
        await using var gateway = await Clinic.StartAsync(settings => Clinic.Guard(settings) with { TwinPort = twin });
        await using var client = await WireClient.LogInAsync(gateway.Port);
        await using var other = await WireClient.LogInAsync(twin);
        Assert.That(Shown(await client.QueryAsync($"SELECT x, x || '' FROM {_view}")), Does.Contain("north"));
        await other.QueryAsync(Replace);

        AssertNothingShown(await client.QueryAsync($"SELECT x, x || '' FROM {_view}"));
    }

    [TestCase("CREATE OR REPLACE VIEW {view} AS SELECT full_name AS x FROM clinic.patients", "INSERT INTO {open} SELECT x FROM {view}")]
    [TestCase("CREATE TEMP TABLE patients (full_name text)", "INSERT INTO patients SELECT full_name FROM clinic.patients")]
    [TestCase("SET search_path = public", "INSERT INTO patients (full_name) SELECT full_name FROM clinic.patients")]
    [TestCase("DO $$ BEGIN CREATE TEMP TABLE patients (full_name text); END $$", "INSERT INTO patients SELECT full_name FROM clinic.patients")]
    public async Task What_is_changed_and_written_in_one_go_is_refused(string change, string write)
    {
        string Own(string sql) => sql.Replace("{view}", _view).Replace("{open}", _open);
        await DirectPsql.QueryAsync("CREATE TABLE IF NOT EXISTS public.patients (full_name text)");
        await using var client = await LogInAsync();
        await client.QueryAsync("SET search_path = clinic, public");

        AssertRefused(await client.QueryAsync($"{Own(change)}; {Own(write)}"));
        await client.QueryAsync("SET search_path = clinic, public");
        await client.SendAsync(Parse(Own(change)), Bind(), Execute(), Parse(Own(write)), Bind(), Execute(), Sync);
        AssertRefused(await client.ReadUntilAsync('Z'));
        await AssertNothingCopiedAsync();
        Assert.That((await DirectPsql.QueryAsync("SELECT count(*) FROM public.patients")).Output.Trim(), Is.EqualTo("0"));
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

    private async Task AssertNothingCopiedAsync()
    {
        var copied = await DirectPsql.QueryAsync($"SELECT x FROM {_open}");
        foreach (var secret in Clinic.Secrets)
            Assert.That(copied.Output, Does.Not.Contain(secret));
    }

    private static void AssertRefused(IReadOnlyList<WireMessage> answer) =>
        Assert.That(answer.Any(message => message.Type == 'E'), () => string.Join(' ', answer));

    private static void AssertNothingShown(IReadOnlyList<WireMessage> answer)
    {
        foreach (var secret in Clinic.Secrets)
            Assert.That(Shown(answer), Does.Not.Contain(secret));
    }

    private static string Shown(IEnumerable<WireMessage> answer) =>
        string.Join('\n', answer.Where(message => message.Type is 'D' or 'E' or 'N').Select(message => Encoding.UTF8.GetString(message.Body)));
}
