using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.Relay.Tests.Leaks;

/// <summary>Changes of the catalog that no statement names, or that others see before the gateway can know of them.</summary>
public sealed class HiddenChangeLeakTests(string? catalogUser) : LeakFixture(catalogUser)
{
    [TestCase("BEGIN; {0}; COMMIT; SELECT pg_sleep(1)")]
    [TestCase("{0}; COMMIT; SELECT pg_sleep(1)")]
    public async Task A_view_that_others_would_see_before_the_answer_is_complete_is_not_replaced(string text)
    {
        string decoy = await DecoyAsync();
        TappedClient client = await LogInAsync();
        await client.QueryAsync($"SELECT x FROM {decoy}");
        TappedClient other = await LogInAsync();
        await other.SendAsync(Query(string.Format(null, text, Turned(decoy))));
        await Task.Delay(400);

        Assert.That(Rows(await client.QueryAsync($"SELECT x FROM {decoy}")), Is.EqualTo((string[])["harmless"]));
        Assert.That((await other.ReadyAsync())[0].SqlState, Is.EqualTo("42501"));
    }

    [Test]
    public async Task A_change_of_an_open_transaction_is_not_committed_in_the_middle_of_a_text()
    {
        string decoy = await DecoyAsync();
        TappedClient client = await LogInAsync();
        await client.QueryAsync("BEGIN");
        await client.QueryAsync(Turned(decoy));
        Assert.That((await client.QueryAsync("COMMIT; SELECT pg_sleep(1)"))[0].SqlState, Is.EqualTo("42501"));

        Assert.That(Types(await client.QueryAsync("ROLLBACK")), Is.EqualTo("CZ"));
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
    public async Task A_function_that_puts_together_how_to_replace_a_view_does_not_run()
    {
        string decoy = await DecoyAsync();
        TappedClient client = await LogInAsync();
        string function = $"quiet.turn_{Guid.NewGuid():N}";
        await client.QueryAsync($"CREATE FUNCTION {function}() RETURNS int LANGUAGE plpgsql AS $$ BEGIN {Canaries.Turning(decoy)}; RETURN 1; END $$");

        Assert.That((await client.QueryAsync($"SELECT {function}()"))[0].SqlState, Is.EqualTo("42501"));
        Assert.That(Rows(await client.QueryAsync($"SELECT x FROM {decoy}")), Is.EqualTo((string[])["harmless"]));
    }

    [TestCase("NO INHERIT clinic.patients", "CREATE TABLE {0} () INHERITS (clinic.patients); INSERT INTO {0} SELECT * FROM clinic.patients", "ALTER TABLE {0} NO INHERIT clinic.patients")]
    [TestCase("DETACH PARTITION", "CREATE TABLE {0} PARTITION OF clinic.results DEFAULT; INSERT INTO {0} SELECT 1, full_name FROM clinic.patients",
        "ALTER TABLE clinic.results DETACH PARTITION {0}")]
    public async Task Rows_that_leave_a_protected_parent_stay_masked(string way, string make, string leave)
    {
        string child = $"quiet.child_{Guid.NewGuid():N}";
        TappedClient client = await LogInAsync();
        foreach (string statement in make.Split("; "))
            await client.QueryAsync(string.Format(null, statement, child));
        Assert.That(Rows(await client.QueryAsync($"SELECT full_name FROM {child}")), Has.Count.EqualTo(2), way);
        await client.QueryAsync(string.Format(null, leave, child));

        Assert.That(Rows(await client.QueryAsync($"SELECT full_name || '' FROM {child}")), Has.Count.EqualTo(2));
        await client.QueryAsync($"ALTER TABLE {child} RENAME full_name TO other");
        Assert.That(Rows(await client.QueryAsync($"SELECT other FROM {child}")), Has.Count.EqualTo(2));
    }

    /// <summary>A text without a table can still run what somebody has put behind an operator or a type.</summary>
    [TestCase("SELECT 1::quiet.{0}", "CREATE TYPE quiet.{0} AS (v text)",
        "CREATE FUNCTION quiet.f{0}(int) RETURNS quiet.{0} LANGUAGE sql AS 'SELECT ROW(clinic.tell())::quiet.{0}'", "CREATE CAST (int AS quiet.{0}) WITH FUNCTION quiet.f{0}(int)")]
    [TestCase("SELECT quiet.f{0}(1)", "CREATE TYPE quiet.{0} AS (v text)",
        "CREATE FUNCTION quiet.t{0}(int) RETURNS quiet.{0} LANGUAGE sql AS 'SELECT ROW(clinic.tell())::quiet.{0}'",
        "CREATE CAST (int AS quiet.{0}) WITH FUNCTION quiet.t{0}(int) AS IMPLICIT; CREATE FUNCTION quiet.f{0}(quiet.{0}) RETURNS text LANGUAGE sql AS 'SELECT $1.v'")]
    [TestCase("SELECT 'x'::quiet.{0}", "CREATE DOMAIN quiet.{0} AS text CHECK (clinic.shout(VALUE))")]
    [TestCase("SELECT 2 = 3", "CREATE SCHEMA s{0}", "CREATE FUNCTION s{0}.f(int, int) RETURNS bool LANGUAGE sql AS 'SELECT clinic.shout(''x'')'",
        "CREATE OPERATOR s{0}.= (LEFTARG = int, RIGHTARG = int, FUNCTION = s{0}.f)", "SET search_path = s{0}, pg_catalog")]
    [TestCase("SELECT CASE 2 WHEN 3 THEN 4 END", "CREATE SCHEMA s{0}", "CREATE FUNCTION s{0}.f(int, int) RETURNS bool LANGUAGE sql AS 'SELECT clinic.shout(''x'')'",
        "CREATE OPERATOR s{0}.= (LEFTARG = int, RIGHTARG = int, FUNCTION = s{0}.f)", "SET search_path = s{0}, pg_catalog")]
    [TestCase("SELECT 1 FROM (VALUES (2)) a(x) NATURAL JOIN (VALUES (3)) b(x)", "CREATE SCHEMA s{0}",
        "CREATE FUNCTION s{0}.f(int, int) RETURNS bool LANGUAGE sql AS 'SELECT clinic.shout(''x'')'",
        "CREATE OPERATOR s{0}.= (LEFTARG = int, RIGHTARG = int, FUNCTION = s{0}.f)", "SET search_path = s{0}, pg_catalog")]
    public async Task Code_behind_an_operator_or_a_type_tells_nothing(string sql, params string[] preparation)
    {
        string name = $"n{Guid.NewGuid():N}";
        TappedClient client = await LogInAsync();
        foreach (string statement in preparation.SelectMany(one => one.Split("; ")))
        {
            IReadOnlyList<WireMessage> made = await client.QueryAsync(string.Format(null, statement, name));
            Assert.That(Types(made), Does.Not.Contain('E'), Told(made));
        }

        await client.QueryAsync(string.Format(null, sql, name));
        // An implicit cast would run in every statement of the tests that follow.
        await client.QueryAsync("SET search_path = public");
        await client.QueryAsync($"DROP CAST IF EXISTS (int AS quiet.{name}); DROP SCHEMA IF EXISTS s{name} CASCADE");
    }

    [Test]
    public async Task A_partition_with_its_columns_in_another_order_is_masked_as_its_parent()
    {
        TappedClient client = await LogInAsync();

        IReadOnlyList<WireMessage> answer = await client.QueryAsync("SELECT (r::clinic.results).full_name, (r::clinic.results).id FROM clinic.results_turned r");

        WireMessage row = answer.Single(message => message.Type == 'D');
        Assert.That(row.Texts[1], Is.EqualTo("7"), "what nobody protects stays clear");
    }

    [Test]
    public async Task Statistics_tell_nothing_of_the_values()
    {
        TappedClient client = await LogInAsync();
        await client.QueryAsync("ANALYZE clinic.patients");

        IReadOnlyList<WireMessage> answer = await client.QueryAsync(
            "SELECT correlation, most_common_freqs, attname FROM pg_stats WHERE schemaname = 'clinic' AND tablename = 'patients' AND correlation <> 0");

        Assert.That(answer.Where(message => message.Type == 'D').Select(row => row.Texts[0]), Has.All.AnyOf(null, "0").And.Not.Empty);
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
}
