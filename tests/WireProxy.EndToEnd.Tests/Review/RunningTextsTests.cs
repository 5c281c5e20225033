using System.Text;
using WireProxy.TestKit;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.EndToEnd.Tests.Review;

/// <summary>What functions and triggers say by RAISE: told where all that may run is known and touches nothing protected, else withheld.</summary>
public sealed class RunningTextsTests() : ThroughGateway(Through.Guarded)
{
    private const string Secret = "(SELECT full_name FROM clinic.patients WHERE id = 1)";
    private const string Clear = "'ward ' || (SELECT min(name) FROM clinic.wards)";
    private string _id = "";

    [SetUp]
    public void Name() => _id = Guid.NewGuid().ToString("N")[..12];

    /// <summary>A trigger that may be put off counts for every COMMIT.</summary>
    [TearDown]
    public async Task Drop_the_trigger() => await DirectPsql.QueryAsync($"DROP TABLE IF EXISTS t_{_id} CASCADE; DROP FUNCTION IF EXISTS f_{_id} CASCADE");

    [Test]
    public async Task A_function_that_touches_nothing_protected_is_heard()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync(Function("says", Clear));

        AssertTold(await client.QueryAsync($"SELECT says_{_id}()"));
        await client.SendAsync(Parse($"SELECT says_{_id}()"), Bind(), Execute(), Sync);
        AssertTold(await client.ReadUntilAsync('Z'));
        AssertTold(await client.QueryAsync($"BEGIN; SELECT says_{_id}(); COMMIT"));
    }

    [Test]
    public async Task An_error_out_of_a_function_that_touches_nothing_protected_is_heard()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync($"CREATE FUNCTION fails_{_id}() RETURNS int LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''ward %'', 7; END'");

        AssertTold(await client.QueryAsync($"SELECT fails_{_id}()"));
        await client.SendAsync(Parse($"SELECT fails_{_id}()"), Bind(), Execute(), Sync);
        AssertTold(await client.ReadUntilAsync('Z'));
    }

    [Test]
    public async Task A_trigger_that_touches_nothing_protected_is_heard_when_it_fires_and_when_it_was_put_off()
    {
        await using var client = await LogInAsync();
        await MakeTableAsync(client, Clear);

        AssertTold(await client.QueryAsync($"INSERT INTO t_{_id} VALUES (1)"));
        await client.QueryAsync("BEGIN");
        Assert.That(Said(await client.QueryAsync($"INSERT INTO t_{_id} VALUES (2)")), Is.Empty);
        AssertTold(await client.QueryAsync("COMMIT"));
        await client.SendAsync(Parse($"INSERT INTO t_{_id} VALUES (3)"), Bind(), Execute(), Sync);
        AssertTold(await client.ReadUntilAsync('Z'));
    }

    [Test]
    public async Task A_function_that_touches_what_is_protected_is_not_heard()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync(Function("says", Secret));

        AssertWithheld(await client.QueryAsync($"SELECT says_{_id}()"));
        await client.SendAsync(Parse($"SELECT says_{_id}()"), Bind(), Execute(), Sync);
        AssertWithheld(await client.ReadUntilAsync('Z'));
    }

    [Test]
    public async Task Nothing_is_heard_in_a_transaction_that_has_touched_what_is_protected()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync(Function("says", Clear));
        await client.QueryAsync("BEGIN");
        await client.QueryAsync("SELECT full_name FROM clinic.patients");

        AssertWithheld(await client.QueryAsync($"SELECT says_{_id}()"));
    }

    [Test]
    public async Task A_trigger_that_was_put_off_is_not_replaced_by_its_own_transaction()
    {
        await using var client = await LogInAsync();
        await MakeTableAsync(client, Clear);
        await client.QueryAsync("BEGIN");
        await client.QueryAsync($"INSERT INTO t_{_id} VALUES (1)");

        Assert.That((await client.QueryAsync(TriggerFunction(Secret))).Single(message => message.Type == 'E').SqlState, Is.EqualTo("55006"));
        AssertWithheld(await client.QueryAsync("COMMIT"), isAnything: false);
    }

    [Test]
    public async Task A_trigger_that_was_put_off_runs_as_it_was_judged_whoever_replaces_it()
    {
        await using var client = await LogInAsync();
        await using var other = await LogInAsync();
        await MakeTableAsync(client, Clear);
        await client.QueryAsync("BEGIN");
        await client.QueryAsync($"INSERT INTO t_{_id} VALUES (1)");
        await other.SendAsync(Query(TriggerFunction(Secret)));
        await Task.Delay(300);

        AssertTold(await client.QueryAsync("COMMIT"));
        Assert.That((await other.ReadUntilAsync('Z')).Select(message => message.Type), Does.Contain('C'));
        AssertWithheld(await client.QueryAsync($"INSERT INTO t_{_id} VALUES (1)"));
    }

    [TestCase("COMMIT")]
    [TestCase("SET CONSTRAINTS ALL IMMEDIATE")]
    public async Task A_trigger_that_touches_is_not_heard_when_it_was_put_off(string end)
    {
        await using var client = await LogInAsync();
        await MakeTableAsync(client, Secret);
        await client.QueryAsync("BEGIN");
        await client.QueryAsync($"INSERT INTO t_{_id} VALUES (1)");

        AssertWithheld(await client.QueryAsync(end));
        if (end != "COMMIT")
            await client.QueryAsync("ROLLBACK");
        await client.SendAsync(Parse($"INSERT INTO t_{_id} VALUES (1)"), Bind(), Execute(), Sync);
        AssertWithheld(await client.ReadUntilAsync('Z'));
    }

    [Test]
    public async Task A_held_cursor_of_an_earlier_transaction_is_not_read_out()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync("DECLARE held CURSOR WITH HOLD FOR SELECT full_name FROM clinic.patients");

        AssertWithheld(await client.QueryAsync("DO $$ DECLARE c refcursor := 'held'; v text; BEGIN FETCH c INTO v; RAISE NOTICE '%', v; END $$"));
    }

    [Test]
    public async Task A_function_of_an_open_cursor_is_not_replaced()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync($"CREATE FUNCTION n_{_id}() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'ward '; RETURN 'ward'; END $$");
        await client.QueryAsync("BEGIN");
        await client.QueryAsync($"DECLARE c CURSOR FOR SELECT n_{_id}()");
        await client.QueryAsync("SAVEPOINT before");
        var replacing = await client.QueryAsync(
            $"CREATE OR REPLACE FUNCTION n_{_id}() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE '%', {Secret}; RETURN {Secret}; END $$");
        await client.QueryAsync("ROLLBACK TO SAVEPOINT before");

        Assert.That(replacing.Single(message => message.Type == 'E').SqlState, Is.EqualTo("55006"));
        AssertTold(await client.QueryAsync("FETCH c"));
    }

    [Test]
    public async Task A_trigger_under_a_view_is_not_heard()
    {
        await using var client = await LogInAsync();
        await MakeTableAsync(client, Secret);
        await client.QueryAsync($"CREATE VIEW v_{_id} AS SELECT a FROM t_{_id}");

        AssertWithheld(await client.QueryAsync($"INSERT INTO v_{_id} VALUES (1)"));
    }

    [Test]
    public async Task A_domain_that_tells_is_not_heard_from_a_variable()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync(Function("says", Secret));
        await client.QueryAsync($"CREATE DOMAIN d_{_id} AS int CHECK (says_{_id}() > 0)");

        AssertWithheld(await client.QueryAsync($"DO $$ DECLARE x d_{_id} := 1; BEGIN END $$"));
        await client.QueryAsync($"DROP DOMAIN d_{_id}");
    }

    [Test]
    public async Task DDL_and_what_nobody_can_follow_is_not_heard()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync(Function("says", Secret, "IMMUTABLE"));
        await client.QueryAsync($"CREATE TABLE t_{_id} (a int); INSERT INTO t_{_id} VALUES (1), (2)");

        // Past the gateway, which would not let the server run such a function by itself.
        await DirectPsql.QueryAsync($"CREATE STATISTICS s_{_id} ON (a + says_{_id}()), a FROM t_{_id}; CREATE INDEX ON t_{_id} ((a + says_{_id}()))");
        await client.QueryAsync($"CREATE TABLE news_{_id} ()");

        AssertWithheld(await client.QueryAsync($"ANALYZE t_{_id}"));
        AssertWithheld(await client.QueryAsync($"REINDEX TABLE t_{_id}"));
    }

    private string Function(string name, string says, string traits = "") =>
        $"CREATE FUNCTION {name}_{_id}() RETURNS int LANGUAGE plpgsql {traits} AS $$ BEGIN RAISE NOTICE '%', {says}; RETURN 1; END $$";

    private string TriggerFunction(string says) =>
        $"CREATE OR REPLACE FUNCTION f_{_id}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE '%', {says}; RETURN NULL; END $$";

    private async Task MakeTableAsync(WireClient client, string says)
    {
        await client.QueryAsync($"CREATE TABLE t_{_id} (a int)");
        await client.QueryAsync(TriggerFunction(says));
        await client.QueryAsync(
            $"CREATE CONSTRAINT TRIGGER tells AFTER INSERT ON t_{_id} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION f_{_id}()");
    }

    private static List<WireMessage> Said(IEnumerable<WireMessage> answer) => [.. answer.Where(message => message.Type is 'E' or 'N')];

    private static void AssertTold(IReadOnlyList<WireMessage> answer) =>
        Assert.That(Said(answer).Select(message => message.Field('M')), Has.Some.StartsWith("ward "), () => string.Join(' ', answer));

    private static void AssertWithheld(IReadOnlyList<WireMessage> answer, bool isAnything = true)
    {
        var said = Said(answer);
        Assert.That(said, isAnything ? Is.Not.Empty : Is.Not.Null, () => string.Join(' ', answer));
        foreach (var secret in Clinic.Secrets)
            Assert.That(said.Select(message => Encoding.UTF8.GetString(message.Body)), Has.None.Contains(secret));
        Assert.That(said.Select(message => message.Field('M')), isAnything ? Has.All.Contains("withheld by WireProxy").Or.All.Contains("did not run") : Is.Not.Null);
    }
}
