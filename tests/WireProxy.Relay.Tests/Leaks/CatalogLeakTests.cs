using WireProxy.TestKit;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.Relay.Tests.Leaks;

/// <summary>Relations that come to show something else than the gateway's catalog says.</summary>
public sealed class CatalogLeakTests(string? catalogUser) : LeakFixture(catalogUser)
{
    [Test]
    public async Task A_view_replaced_and_read_in_one_text_is_masked()
    {
        string decoy = await DecoyAsync();
        TappedClient client = await LogInAsync();

        IReadOnlyList<WireMessage> answer = await client.QueryAsync($"{Turned(decoy)}; SELECT x FROM {decoy}; COPY {decoy} TO STDOUT; COPY (SELECT x FROM {decoy}) TO STDOUT (FORMAT csv)");

        Assert.That(Rows(answer), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task A_view_replaced_and_copied_in_one_text_is_masked()
    {
        string decoy = await DecoyAsync();
        TappedClient client = await LogInAsync();

        IReadOnlyList<WireMessage> answer = await client.QueryAsync($"{Turned(decoy)}; COPY (SELECT x FROM {decoy}) TO STDOUT");

        Assert.That(answer.Count(message => message.Type == 'd'), Is.EqualTo(2));
    }

    [Test]
    public async Task A_view_replaced_and_read_in_one_pipeline_of_queries_is_masked()
    {
        string decoy = await DecoyAsync();
        TappedClient client = await LogInAsync();
        await client.QueryAsync("SELECT 1");
        await client.SendAsync(Query(Turned(decoy)), Query($"SELECT x FROM {decoy}"), Query($"COPY (SELECT x FROM {decoy}) TO STDOUT"));

        Assert.That(Rows(await client.ReadyAsync(3)), Has.Count.EqualTo(2));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_view_replaced_and_read_in_one_pipeline_of_the_extended_protocol_is_masked(bool describe)
    {
        string decoy = await DecoyAsync();
        TappedClient client = await LogInAsync();
        await client.QueryAsync("SELECT 1");
        await client.SendAsync(
            Parse(Turned(decoy)), Bind(), Execute(), Parse($"SELECT x FROM {decoy}"), Bind(), describe ? Describe('P') : Flush, Execute(), Sync);

        Assert.That(Rows(await client.ReadyAsync()), Has.Count.EqualTo(2));
    }

    [TestCase("SELECT x FROM {0}")]
    [TestCase("SELECT x || '' FROM {0}")]
    public async Task A_view_replaced_after_it_was_parsed_and_described_is_masked(string sql)
    {
        string decoy = await DecoyAsync();
        TappedClient client = await LogInAsync();
        await client.SendAsync(Parse(string.Format(null, sql, decoy), "s"), Describe('S', "s"), Bind("", "s"), Execute(), Sync);
        Assert.That(Rows(await client.ReadyAsync()), Is.EqualTo((string[])["harmless"]));
        await client.SendAsync(Query(Turned(decoy)), Bind("", "s"), Execute(), Sync);
        await client.ReadyAsync(2);
        await client.SendAsync(Bind("", "s"), Execute(), Sync);

        Assert.That(Rows(await client.ReadyAsync()), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task A_view_replaced_by_another_session_is_masked_in_a_transaction_that_was_open_before()
    {
        string decoy = await DecoyAsync();
        TappedClient client = await LogInAsync();
        await client.QueryAsync("BEGIN");
        Assert.That(Rows(await client.QueryAsync($"SELECT x FROM {decoy}")), Is.EqualTo((string[])["harmless"]));
        await client.SendAsync(Parse($"SELECT x FROM {decoy}", "s"), Describe('S', "s"), Sync);
        await client.ReadyAsync();
        TappedClient other = await LogInAsync();
        await client.QueryAsync("COMMIT; BEGIN");
        await other.QueryAsync(Turned(decoy));
        await client.SendAsync(Query($"SELECT x FROM {decoy}"), Bind("", "s"), Execute(), Sync, Query($"COPY (SELECT x FROM {decoy}) TO STDOUT"));

        Assert.That(Rows(await client.ReadyAsync(3)), Has.Count.EqualTo(4));
    }

    [Test]
    public async Task A_view_replaced_by_another_session_is_masked_after_a_failed_transaction()
    {
        string decoy = await DecoyAsync();
        TappedClient client = await LogInAsync();
        await client.QueryAsync($"SELECT x FROM {decoy}");
        await client.QueryAsync("BEGIN");
        await client.QueryAsync("SELECT 1/0");
        TappedClient other = await LogInAsync();
        await other.QueryAsync(Turned(decoy));

        Assert.That(Rows(await client.QueryAsync($"ROLLBACK; SELECT x FROM {decoy}")), Has.Count.EqualTo(2));
    }

    [TestCase("BEGIN; {0}; COMMIT; SELECT pg_sleep(1)")]
    [TestCase("{0}; COMMIT; SELECT pg_sleep(1)")]
    public async Task A_view_that_a_text_replaces_and_commits_in_its_middle_is_waited_for(string text)
    {
        string decoy = await DecoyAsync();
        TappedClient client = await LogInAsync();
        await client.QueryAsync($"SELECT x FROM {decoy}");
        TappedClient other = await LogInAsync();
        await other.SendAsync(Query(string.Format(null, text, Turned(decoy))));
        await Task.Delay(400);

        Assert.That(Rows(await client.QueryAsync($"SELECT x FROM {decoy}")), Has.Count.EqualTo(2));
        await other.ReadyAsync();
    }

    [Test]
    public async Task A_change_of_an_open_transaction_is_committed_in_the_middle_of_a_text()
    {
        string decoy = await DecoyAsync();
        TappedClient client = await LogInAsync(), other = await LogInAsync();
        await other.QueryAsync($"SELECT x FROM {decoy}");
        await client.QueryAsync("BEGIN");
        await client.QueryAsync(Turned(decoy));
        await client.SendAsync(Query("COMMIT; SELECT pg_sleep(1)"));
        await Task.Delay(400);

        Assert.That(Rows(await other.QueryAsync($"SELECT x FROM {decoy}")), Has.Count.EqualTo(2));
        await client.ReadyAsync();
    }

    [Test]
    public async Task What_a_text_changes_behind_its_COMMIT_is_waited_for_until_that_is_committed_too()
    {
        string decoy = await DecoyAsync();
        string name = decoy.Split('.')[1];
        TappedClient client = await LogInAsync(), other = await LogInAsync();
        await client.QueryAsync(Turned($"quiet.cover_{name}"));
        await other.QueryAsync($"SELECT x FROM {decoy}");
        Assert.That(Types(await client.QueryAsync(
            $"BEGIN; SELECT 1; COMMIT; BEGIN; ALTER VIEW {decoy} RENAME TO old_{name}; ALTER VIEW quiet.cover_{name} RENAME TO {name}")), Is.EqualTo("CTDCCCCCZ"));
        await other.SendAsync(Query($"SELECT x FROM {decoy}"));
        await Task.Delay(400);
        await client.QueryAsync("COMMIT");

        Assert.That(Rows(await other.ReadyAsync()), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task A_view_put_under_the_name_of_a_table_is_masked()
    {
        string decoy = await DecoyAsync();
        string name = decoy.Split('.')[1];
        TappedClient client = await LogInAsync();
        await client.QueryAsync(Turned($"quiet.cover_{name}"));
        await client.SendAsync(Parse($"SELECT x FROM {decoy}", "s"), Describe('S', "s"), Bind("", "s"), Execute(), Sync);
        Assert.That(Rows(await client.ReadyAsync()), Is.EqualTo((string[])["harmless"]));
        await client.SendAsync(
            Query($"ALTER VIEW {decoy} RENAME TO old_{name}; ALTER VIEW quiet.cover_{name} RENAME TO {name}"), Bind("", "s"), Execute(), Sync);

        Assert.That(Rows(await client.ReadyAsync(2)), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task A_statement_described_under_another_search_path_is_described_anew()
    {
        TappedClient client = await LogInAsync();
        await client.QueryAsync("SET search_path = quiet");
        await client.SendAsync(Parse("SELECT full_name FROM patients", "s"), Describe('S', "s"), Bind("", "s"), Execute(), Sync);
        Assert.That(Rows(await client.ReadyAsync()), Is.EqualTo((string[])["harmless"]));
        await client.SendAsync(Query("SET search_path = clinic"), Bind("", "s"), Execute(), Sync);
        Assert.That(Rows(await client.ReadyAsync(2)), Has.Count.EqualTo(2));
        await client.SendAsync(
            Query("SET search_path = quiet"), Describe('S', "s"), Bind("", "s"), Execute(), Parse("SELECT set_config('search_path', 'clinic', false)"), Bind("x"),
            Execute("x"), Bind("", "s"), Execute(), Sync);

        Assert.That(Rows(await client.ReadyAsync(2)), Has.Count.EqualTo(1 + 1 + 2));
    }

    [Test]
    public async Task A_copy_of_protected_rows_is_refused()
    {
        TappedClient client = await LogInAsync();
        await client.SendAsync(Query("BEGIN"), Query("CREATE TEMP TABLE held AS SELECT full_name AS x FROM clinic.patients"), Query("ROLLBACK"));
        IReadOnlyList<WireMessage> answer = await client.ReadyAsync(3);
        Assert.That(answer.Single(message => message.Type == 'E').SqlState, Is.EqualTo("42501"), Told(answer));
        await client.QueryAsync("CREATE TEMP TABLE kept AS SELECT full_name AS x FROM clinic.patients");
        await client.QueryAsync("CREATE TEMP TABLE held (x text)");
        await client.QueryAsync("INSERT INTO held SELECT ssn FROM clinic.patients");
        await client.QueryAsync("SELECT x FROM held");
        await client.QueryAsync("SELECT x FROM kept");
    }

    [Test]
    public async Task A_view_that_calls_a_function_is_masked()
    {
        TappedClient client = await LogInAsync();
        string name = $"quiet.caller_{Guid.NewGuid():N}";
        await client.QueryAsync($"CREATE VIEW {name} AS SELECT clinic.tell() AS x");

        Assert.That(Rows(await client.QueryAsync($"SELECT x FROM {name}")), Has.Count.EqualTo(1));
    }

    [TestCase("sql", "CREATE OR REPLACE VIEW {0} AS SELECT full_name AS x FROM clinic.patients")]
    [TestCase("plpgsql", "BEGIN CREATE OR REPLACE VIEW {0} AS SELECT full_name AS x FROM clinic.patients; END")]
    public async Task A_view_replaced_inside_a_function_is_masked(string language, string body)
    {
        string decoy = await DecoyAsync();
        TappedClient client = await LogInAsync();
        TappedClient other = await LogInAsync();
        await other.QueryAsync($"SELECT x FROM {decoy}");
        string function = $"quiet.turn_{Guid.NewGuid():N}";
        await client.QueryAsync($"CREATE FUNCTION {function}() RETURNS void LANGUAGE {language} AS $$ {string.Format(null, body, decoy)} $$");
        Assert.That(Types(await client.QueryAsync($"SELECT {function}()")), Is.EqualTo("TDCZ"));

        Assert.That(Rows(await client.QueryAsync($"SELECT x FROM {decoy}")), Has.Count.EqualTo(2));
        Assert.That(Rows(await other.QueryAsync($"SELECT x FROM {decoy}")), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task A_view_replaced_by_a_trigger_is_masked()
    {
        string decoy = await DecoyAsync();
        TappedClient client = await LogInAsync();
        string id = Guid.NewGuid().ToString("N");
        await client.QueryAsync($"CREATE FUNCTION quiet.fire_{id}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {Turned(decoy)}; RETURN NULL; END $$");
        await client.QueryAsync($"CREATE TABLE quiet.t_{id} (n int); CREATE TRIGGER t AFTER INSERT ON quiet.t_{id} FOR EACH STATEMENT EXECUTE FUNCTION quiet.fire_{id}()");
        Assert.That(Types(await client.QueryAsync($"INSERT INTO quiet.t_{id} VALUES (1)")), Is.EqualTo("CZ"));

        Assert.That(Rows(await client.QueryAsync($"SELECT x FROM {decoy}")), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task A_function_that_puts_together_how_to_replace_a_view_is_noticed()
    {
        string decoy = await DecoyAsync();
        TappedClient client = await LogInAsync();
        string function = $"quiet.turn_{Guid.NewGuid():N}";
        await client.QueryAsync($"CREATE FUNCTION {function}() RETURNS int LANGUAGE plpgsql AS $$ BEGIN {Canaries.Turning(decoy)}; RETURN 1; END $$");
        await client.QueryAsync($"SELECT {function}()");

        Assert.That(Rows(await client.QueryAsync($"SELECT x FROM {decoy}")), Has.None.EqualTo("harmless"));
    }

    [Test]
    public async Task A_view_replaced_is_masked_and_a_procedure_that_would_replace_one_unseen_is_refused()
    {
        string first = await DecoyAsync();
        string second = await DecoyAsync();
        TappedClient client = await LogInAsync();
        string procedure = $"quiet.turn_{Guid.NewGuid():N}";
        await client.QueryAsync($"CREATE PROCEDURE {procedure}() LANGUAGE plpgsql AS $$ BEGIN {Canaries.Turning(second)}; COMMIT; END $$");
        await client.QueryAsync(Turned(first));
        Assert.That((await client.QueryAsync($"CALL {procedure}()"))[0].SqlState, Is.EqualTo("42501"));

        Assert.That(Rows(await client.QueryAsync($"SELECT x FROM {first} UNION ALL SELECT x FROM {second}")), Has.Count.EqualTo(3));
        await client.QueryAsync($"SELECT x FROM {first}");
        await client.QueryAsync($"SELECT x FROM {second}");
    }

    [Test]
    public async Task A_table_that_protected_rows_are_attached_to_is_masked()
    {
        string parent = $"quiet.parent_{Guid.NewGuid():N}";
        TappedClient client = await LogInAsync();
        await client.QueryAsync($"CREATE TABLE {parent} (full_name text)");
        await client.QueryAsync($"SELECT full_name FROM {parent}");
        IReadOnlyList<WireMessage> answer = await client.QueryAsync($"BEGIN; ALTER TABLE clinic.patients INHERIT {parent}; SELECT full_name FROM {parent}; ROLLBACK");

        Assert.That(Rows(answer), Has.Count.EqualTo(2));
    }

    [TestCase("UPDATE pg_class SET relname = 'x' WHERE relname = 'patients'")]
    [TestCase("DELETE FROM pg_catalog.pg_description")]
    [TestCase("WITH d AS (DELETE FROM pg_seclabel RETURNING 1) SELECT count(*) FROM d")]
    [TestCase("UPDATE pg_settings SET setting = 'x' WHERE name = 'application_name'")]
    public async Task The_catalog_is_not_changed_by_hand(string sql)
    {
        TappedClient client = await LogInAsync();

        Assert.That((await client.QueryAsync(sql))[0].SqlState, Is.EqualTo("42501"));
    }

    [TestCase("ROLLBACK TO SAVEPOINT s")]
    [TestCase("ROLLBACK AND CHAIN")]
    public async Task A_harmless_turn_of_a_protected_view_that_is_taken_back_counts_no_longer(string back)
    {
        string decoy = await DecoyAsync();
        TappedClient client = await LogInAsync();
        await client.QueryAsync(Turned(decoy));
        await client.QueryAsync("BEGIN");
        await client.QueryAsync("SAVEPOINT s");
        await client.QueryAsync($"CREATE OR REPLACE VIEW {decoy} AS SELECT 'harmless'::text AS x");
        Assert.That(Rows(await client.QueryAsync($"SELECT x FROM {decoy}")), Is.EqualTo((string[])["harmless"]));
        await client.QueryAsync(back);

        Assert.That(Rows(await client.QueryAsync($"SELECT x FROM {decoy}")), Has.Count.EqualTo(2));
    }

    [TestCase("COMMIT AND CHAIN")]
    [TestCase("COMMIT; BEGIN")]
    [TestCase("SAVEPOINT s; SELECT 1/0|ROLLBACK TO s|COMMIT")]
    public async Task However_a_change_is_committed_other_sessions_learn_of_it(string commit)
    {
        string decoy = await DecoyAsync();
        TappedClient other = await LogInAsync();
        await other.QueryAsync($"SELECT x FROM {decoy}");
        TappedClient client = await LogInAsync();
        await client.QueryAsync("BEGIN");
        await client.QueryAsync(Turned(decoy));
        foreach (string statement in commit.Split('|'))
            await client.QueryAsync(statement);

        await other.QueryAsync($"SELECT x FROM {decoy}");
        await other.QueryAsync($"SELECT x FROM {decoy}");
    }

    [Test]
    public async Task Changes_sent_one_behind_the_other_are_all_noticed()
    {
        string first = await DecoyAsync();
        string second = await DecoyAsync();
        TappedClient client = await LogInAsync();
        await client.SendAsync(Query(Turned(first)), Query("SELECT pg_sleep(0.1)"), Query(Turned(second)), Query($"SELECT x FROM {first}"));
        await client.ReadyAsync(4);

        Assert.That(Rows(await client.QueryAsync($"SELECT x FROM {second}")), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task What_nobody_protects_is_clear_again_once_the_catalog_is_known()
    {
        TappedClient client = await LogInAsync();
        string name = $"quiet.fresh_{Guid.NewGuid():N}";
        await client.QueryAsync("BEGIN");
        await client.QueryAsync($"CREATE TABLE {name} AS SELECT 'plain'::text AS x");
        Assert.That(Rows(await client.QueryAsync($"SELECT x FROM {name}")), Is.EqualTo((string[])["plain"]));
        await client.QueryAsync("COMMIT");
        TappedClient other = await LogInAsync();

        Assert.That(Rows(await other.QueryAsync($"SELECT x FROM {name}")), Is.EqualTo((string[])["plain"]));
    }
}
