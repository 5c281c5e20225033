using WireProxy.TestKit;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.EndToEnd.Tests.Policy;

/// <summary>What the rules block does not reach the database, and the session goes on.</summary>
public sealed class RefusalTests() : ThroughGateway(Through.Guarded)
{
    private static readonly string[] Destructive =
    [
        "DROP DATABASE condemned",
        "drop\n/* quietly */ DataBase IF EXISTS \"condemned\" WITH (FORCE);",
        "DROP DATABASE U&\"condemn\\0065d\"",
        "TRUNCATE clinic.wards",
        "BEGIN; TRUNCATE TABLE ONLY clinic.wards CASCADE; COMMIT",
        "SELECT 1; TRUNCATE clinic.wards; SELECT 2",
        "DO $$ BEGIN TRUNCATE clinic.wards; END $$",
        "DO LANGUAGE plpgsql 'BEGIN IF true THEN PERFORM 1; TRUNCATE clinic.wards; END IF; END'",
        "DO $$ BEGIN EXECUTE 'TRUN' || 'CATE clinic.wards'; END $$",
    ];

    private static readonly string[] Deletes =
    [
        "DELETE FROM clinic.wards",
        "DELETE FROM ONLY clinic.wards AS w USING clinic.patients p WHERE p.ward = w.name",
        "WITH gone AS (DELETE FROM clinic.wards RETURNING name) SELECT count(*) FROM gone",
        "EXPLAIN ANALYZE DELETE FROM clinic.wards",
        "PREPARE d AS DELETE FROM clinic.wards; EXECUTE d",
        "SET search_path = clinic; DELETE FROM wards",
        "COPY (DELETE FROM clinic.wards RETURNING name) TO STDOUT",
        "CREATE TEMP TABLE gone AS WITH g AS (DELETE FROM clinic.wards RETURNING name) SELECT * FROM g",
    ];

    [TearDown]
    public async Task Nothing_was_destroyed()
    {
        Assert.That(await Server.QueryAsync("SELECT count(*) FROM pg_database WHERE datname = 'condemned'"), Is.EqualTo("1"));
        Assert.That(await Server.QueryAsync("SELECT count(*) FROM clinic.wards"), Is.EqualTo("2"));
    }

    [TestCaseSource(nameof(Destructive))]
    public async Task A_destructive_statement_is_refused_by_name_of_rule(string sql)
    {
        await using var client = await LogInAsync();

        var answer = await client.QueryAsync(sql);

        var error = answer.Single(message => message.Type == 'E');
        Assert.That(error.SqlState, Is.EqualTo("42501"));
        Assert.That(error.Field('M'), Does.Contain("no-destruction"));
        Assert.That(answer.Select(message => message.Type), Has.None.AnyOf('C', 'D', 'T'), "no part of the text was run");
        Assert.That((await client.QueryAsync("ROLLBACK"))[^1].Type, Is.EqualTo('Z'));
        Assert.That((await client.QueryAsync("SELECT 'usable'"))[1].Texts[0], Is.EqualTo("usable"));
    }

    [TestCaseSource(nameof(Deletes))]
    public async Task A_statement_hidden_in_another_is_refused(string sql)
    {
        await using var client = await LogInAsync();

        var answer = await client.QueryAsync(sql);

        Assert.That(answer.Single(message => message.Type == 'E').SqlState, Is.EqualTo("42501"));
        Assert.That((await client.QueryAsync("SELECT 'usable'"))[1].Texts[0], Is.EqualTo("usable"));
    }

    [Test]
    public async Task Psql_shows_the_rule_and_what_to_do()
    {
        var result = await Psql.ScriptAsync("\\set VERBOSITY verbose\nDROP DATABASE condemned;\nSELECT 'usable';\n", "-A", "-t");

        Assert.That(result.Error, Does.Contain("ERROR:  42501:").And.Contain("no-destruction").And.Contain(Clinic.RuleMessage));
        Assert.That(result.Output, Is.EqualTo("usable\n"));
    }

    [Test]
    public async Task A_prepared_statement_of_sql_is_refused_when_it_is_prepared_or_executed()
    {
        await using var client = await LogInAsync();

        var prepared = await client.QueryAsync("PREPARE d AS DELETE FROM clinic.wards");
        var executed = await client.QueryAsync("EXECUTE d");

        Assert.That(prepared.Concat(executed).Select(message => message.SqlState), Does.Contain("42501"));
    }

    [Test]
    public async Task An_extended_statement_is_refused_exactly_in_its_place()
    {
        await using var client = await LogInAsync();
        await client.SendAsync(
            Parse("SELECT 'before'"), Bind(), Describe('P'), Execute(),
            Parse("TRUNCATE clinic.wards"), Bind(), Describe('P'), Execute(),
            Parse("CREATE TABLE skipped_too (n int)"), Bind(), Execute(), Sync,
            Parse("SELECT 'after'"), Bind(), Execute(), Sync);

        var first = await client.ReadUntilAsync('Z');
        var second = await client.ReadUntilAsync('Z');

        Assert.That(string.Concat(first.Select(message => message.Type)), Does.Match("^12TDC(1|12|12n)?EZ$"));
        Assert.That(first[^2].SqlState, Is.EqualTo("42501"));
        Assert.That(first[^2].Field('M'), Does.Contain("no-destruction"));
        Assert.That(string.Concat(second.Select(message => message.Type)), Is.EqualTo("12DCZ"));
        Assert.That(await Server.QueryAsync("SELECT to_regclass('skipped_too') IS NULL"), Is.EqualTo("t"));
    }

    [Test]
    public async Task What_ran_before_the_refusal_in_the_same_pipeline_is_rolled_back_as_the_server_would()
    {
        await using var client = await LogInAsync();
        await client.SendAsync(
            Parse("CREATE TABLE half_done (n int)"), Bind(), Execute(), Parse("TRUNCATE clinic.wards"), Bind(), Execute(), Sync);
        await client.ReadUntilAsync('Z');

        // Up to a Sync a pipeline is one transaction: an error in it undoes what came before.
        Assert.That(await Server.QueryAsync("SELECT to_regclass('half_done') IS NULL"), Is.EqualTo("t"));
    }

    [Test]
    public async Task Two_hundred_refusals_among_two_hundred_answers_keep_their_order()
    {
        await using var client = await LogInAsync();
        await client.SendAsync([.. Enumerable.Range(0, 400).Select(n => Query(n % 2 == 0 ? $"SELECT {n}" : "TRUNCATE clinic.wards"))]);

        for (var n = 0; n < 400; n++)
        {
            var answer = await client.ReadUntilAsync('Z');
            if (n % 2 == 0)
                Assert.That(answer[1].Texts[0], Is.EqualTo($"{n}"));
            else
                Assert.That(answer.Select(message => message.SqlState), Does.Contain("42501"));
        }
    }

    [Test]
    public async Task A_call_of_a_function_is_judged_also_as_a_function_call_message()
    {
        await using var victim = await LogInAsync();
        await using var client = await LogInAsync();
        var oid = int.Parse(await Server.QueryAsync("SELECT 'pg_terminate_backend'::regproc::oid"), null);

        var bySql = await client.QueryAsync($"SELECT pg_terminate_backend({victim.ProcessId})");
        await client.SendAsync(Message(
            'F', Int32(oid), Int16(1), Int16(1), Int16(2), Int32(4), Int32(victim.ProcessId), Int32(8), Int32(0), Int32(0), Int16(1)));
        var byMessage = await client.ReadUntilAsync('Z');

        Assert.That(bySql.Select(message => message.SqlState), Does.Contain("42501"));
        Assert.That(byMessage.Select(message => message.SqlState), Does.Contain("42501"));
        Assert.That((await victim.QueryAsync("SELECT 'alive'"))[1].Texts[0], Is.EqualTo("alive"));
    }

    [Test]
    public async Task An_approve_rule_refuses_and_says_that_it_wants_approval()
    {
        await using var client = await LogInAsync();

        var bulk = await client.QueryAsync("SELECT id FROM clinic.visits");
        var one = await client.QueryAsync("SELECT id FROM clinic.visits WHERE id = 1");

        var error = bulk.Single(message => message.Type == 'E');
        Assert.That(error.SqlState, Is.EqualTo("42501"));
        Assert.That(error.Field('M'), Does.Contain("bulk-visits"));
        Assert.That($"{error.Field('M')} {error.Field('D')} {error.Field('H')}", Does.Contain("approv"));
        Assert.That(one[1].Texts[0], Is.EqualTo("1"));
    }
}
