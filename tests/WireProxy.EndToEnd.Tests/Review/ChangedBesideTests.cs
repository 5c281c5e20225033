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
