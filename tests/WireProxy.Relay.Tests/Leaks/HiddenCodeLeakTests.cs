using WireProxy.TestKit;

namespace WireProxy.Relay.Tests.Leaks;

/// <summary>What the text of a statement does not show: code behind operators and types, rows that change their table, values in statistics.</summary>
public sealed class HiddenCodeLeakTests(string? catalogUser) : LeakFixture(catalogUser)
{
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
        foreach (string statement in (string[])[$"DROP CAST IF EXISTS (int AS quiet.{name})", $"DROP SCHEMA IF EXISTS s{name} CASCADE"])
        {
            IReadOnlyList<WireMessage> gone = await client.QueryAsync(statement);
            Assert.That(Types(gone), Does.Not.Contain('E'), Told(gone));
        }
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
}
