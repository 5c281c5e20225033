using System.Text;
using WireProxy.TestKit;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.Relay.Tests.Leaks;

/// <summary>Errors, notices, notifications, and texts that server and gateway might read differently.</summary>
public sealed class TextLeakTests(string? catalogUser) : LeakFixture(catalogUser)
{
    private static readonly string[] Questions =
    [
        "DO $$ BEGIN RAISE NOTICE 'it is %', (SELECT full_name FROM clinic.patients LIMIT 1); END $$",
        "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '08000', MESSAGE = (SELECT ssn FROM clinic.patients LIMIT 1); END $$",
        "DO $$ DECLARE v text; BEGIN SELECT ssn INTO v FROM clinic.patients LIMIT 1; RAISE WARNING USING MESSAGE = 'x', HINT = v, COLUMN = v; END $$",
        "INSERT INTO clinic.patients SELECT 100, full_name FROM clinic.patients",
        "SELECT full_name::int FROM clinic.patients",
        "SELECT ssn::pg_catalog.date FROM clinic.patients",
        "SELECT 1 / (length(full_name) * 0) FROM clinic.patients",
        "SELECT clinic.tell()",
        "SELECT clinic.shout('x')",
        "SELECT pg_catalog.query_to_xml('TABLE clinic.patients', true, false, '')",
        "SELECT row_to_json(p), p, p.*::text, (p).full_name FROM clinic.patients p",
        "SELECT 1; SELECT full_name AS one FROM clinic.patients; SELECT ssn || '' FROM clinic.patients; SELECT 2",
        "WITH p AS (UPDATE clinic.patients SET ward = ward RETURNING full_name) SELECT * FROM p",
        "EXPLAIN (ANALYZE, VERBOSE) SELECT * FROM clinic.patients WHERE full_name = (SELECT max(full_name) FROM clinic.patients)",
        "ANALYZE clinic.patients; SELECT most_common_vals, histogram_bounds FROM pg_stats WHERE schemaname = 'clinic'",
    ];

    [TestCaseSource(nameof(Questions))]
    public async Task A_question_is_answered_without_clear_values(string sql)
    {
        TappedClient client = await LogInAsync();
        IReadOnlyList<WireMessage> simple = await client.QueryAsync(sql);
        await client.SendAsync(Parse(sql), Bind("", "", 1), Execute(), Sync, Parse(sql), Bind(), Describe('P'), Execute(), Sync);
        IReadOnlyList<WireMessage> extended = await client.ReadyAsync(2);

        Assert.That(simple[^1].Type, Is.EqualTo('Z'));
        Assert.That(extended[^1].Type, Is.EqualTo('Z'));
    }

    [Test]
    public async Task A_trigger_or_a_check_that_tells_in_a_notice_is_not_heard()
    {
        TappedClient client = await LogInAsync();
        string id = Guid.NewGuid().ToString("N");
        await client.QueryAsync($"CREATE FUNCTION quiet.fire_{id}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE '%', (SELECT ssn FROM clinic.patients LIMIT 1); RETURN NEW; END $$");
        await client.QueryAsync($"CREATE TABLE quiet.t_{id} (n int); CREATE TRIGGER t BEFORE INSERT ON quiet.t_{id} FOR EACH ROW EXECUTE FUNCTION quiet.fire_{id}()");
        await client.QueryAsync($"CREATE DOMAIN quiet.d_{id} AS text CHECK (clinic.shout(VALUE))");

        IReadOnlyList<WireMessage> fired = await client.QueryAsync($"INSERT INTO quiet.t_{id} VALUES (1)");
        IReadOnlyList<WireMessage> cast = await client.QueryAsync($"SELECT 'x'::quiet.d_{id}");

        Assert.That(Types(fired), Is.EqualTo("NCZ"));
        Assert.That(Types(cast), Does.Contain("N"));
    }

    [Test]
    public async Task A_function_called_by_the_protocol_returns_no_clear_value()
    {
        TappedClient client = await LogInAsync();
        string oid = (await client.QueryAsync("SELECT 'clinic.tell'::regproc::oid")).First(message => message.Type == 'D').Texts[0]!;
        await client.SendAsync(Message('F', Int32(int.Parse(oid, null)), Int16(0), Int16(0), Int16(0)));

        Assert.That(Types(await client.ReadyAsync()), Is.EqualTo("VZ"));
    }

    [Test]
    public async Task A_backslash_cannot_hide_a_statement_while_strings_are_not_standard()
    {
        TappedClient client = await LogInAsync();
        const string Hidden = @"SELECT 'a\', (SELECT full_name || '' FROM clinic.patients LIMIT 1) -- ', 'b'";
        await client.SendAsync(Query("SET standard_conforming_strings = off"), Query(Hidden));
        await client.ReadyAsync(2);
        await client.QueryAsync(Hidden);
        await client.SendAsync(
            Query("SET standard_conforming_strings = on"), Parse("SET standard_conforming_strings = off"), Bind(), Execute(), Parse(Hidden), Bind(), Execute(), Sync);
        await client.ReadyAsync(2);
        await client.QueryAsync("SET standard_conforming_strings = off");
        IReadOnlyList<WireMessage> refused = await client.QueryAsync(Hidden);

        Assert.That(refused[0].SqlState, Is.EqualTo("42501"));
        Assert.That(Rows(await client.QueryAsync("SELECT 'usable'")), Is.EqualTo((string[])["usable"]));
    }

    [TestCase("SJIS")]
    [TestCase("GBK")]
    [TestCase("BIG5")]
    public async Task A_letter_that_ends_in_a_backslash_cannot_hide_a_statement(string encoding)
    {
        // In these encodings 0x95 0x5C is one letter; to a parser that does not know it, it ends in a backslash.
        byte[] hidden = Message('Q', Encoding.Latin1.GetBytes("SELECT E'\u0095\\', (SELECT full_name || '' FROM clinic.patients LIMIT 1) --'\0"));
        TappedClient client = await LogInAsync(("client_encoding", encoding));
        await client.SendAsync(hidden);
        Assert.That((await client.ReadyAsync())[0].SqlState, Is.EqualTo("42501"));
        TappedClient late = await LogInAsync();
        await late.SendAsync(Query($"SET client_encoding = {encoding}"), hidden);
        await late.ReadyAsync(2);
        await late.SendAsync(Parse($"SET client_encoding = {encoding}"), Bind(), Execute(), Join([(byte)'P', .. hidden[1..5]], [0], hidden[5..]), Sync);

        await late.SendAsync(Terminate);
        await late.EndAsync();
    }

    [Test]
    public async Task A_large_bind_streams_and_its_rows_are_masked()
    {
        TappedClient client = await LogInAsync();
        string large = new('v', 300_000);
        await client.SendAsync(Parse("SELECT full_name, ward FROM clinic.patients WHERE length($1) = 300000", "s"), Bind("p", "s", 0, large), Execute("p"), Sync);
        IReadOnlyList<WireMessage> answer = await client.ReadyAsync();
        Assert.That(answer.Where(message => message.Type == 'D').Select(row => row.Texts[1]), Is.EqualTo((string[])["north", "south"]));
        await client.SendAsync(Describe('S', "s"), Bind("", "s", 1, large), Execute(), Sync);

        Assert.That(Types(await client.ReadyAsync()), Is.EqualTo("tT2DDCZ"));
    }

    [Test]
    public async Task A_statement_too_large_to_be_judged_is_refused_in_its_place()
    {
        TappedClient client = await LogInAsync();
        string large = $"SELECT full_name FROM clinic.patients WHERE full_name <> '{new string('v', 300_000)}'";
        await client.SendAsync(Query("SELECT 'before'"), Query(large), Query("SELECT 'after'"), Parse("SELECT 'one'"), Bind(), Execute(), Parse(large), Bind(), Execute(), Sync);

        IReadOnlyList<WireMessage> answer = await client.ReadyAsync(4);

        Assert.That(Types(answer), Is.EqualTo("TDCZEZTDCZ12DCEZ"));
        Assert.That(answer.Where(message => message.Type == 'E').Select(error => error.SqlState), Is.All.EqualTo("54000"));
        Assert.That(Rows(await client.QueryAsync("SELECT 'usable'")), Is.EqualTo((string[])["usable"]));
    }
}
