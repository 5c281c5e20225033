using WireProxy.Policy;
using WireProxy.TestKit;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.Relay.Tests.Leaks;

/// <summary>Columns that labels and comments protect, without a line of the policy. No label provider is installed, so that labels are put where
/// SECURITY LABEL would put them.</summary>
[Category("postgres")]
[TestFixture("postgres")]
[TestFixture(null)]
public sealed class LabelLeakTests(string? catalogUser)
{
    private const string Script = """
        CREATE SCHEMA clinic;
        CREATE TABLE clinic.patients (id int PRIMARY KEY, full_name text, ssn text, ward text);
        INSERT INTO clinic.patients VALUES (1, 'CANNAME Zephyrine', 'CANSSN-11-1234', 'north'), (2, 'CANNAME Otto', 'CANSSN-22-5678', 'south');
        CREATE VIEW clinic.called AS SELECT id, full_name AS name FROM clinic.patients;
        CREATE TABLE clinic.wards (name text PRIMARY KEY, beds int);
        INSERT INTO clinic.wards VALUES ('north', 12);
        COMMENT ON COLUMN clinic.patients.full_name IS 'As on the card. [wireproxy: redact]';
        INSERT INTO pg_seclabel SELECT 'clinic.patients'::regclass, 'pg_class'::regclass, 3, 'wireproxy', 'PROTECTED: keep_last=4';
        ANALYZE clinic.patients;
        """;

    private static readonly PolicyDefinition policy = new() { Labels = LabelMode.Protect };

    private readonly List<TappedClient> _clients = [];
    private PostgresServer _server = null!;
    private LocalGateway _gateway = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        try
        {
            _server = await PostgresServer.StartAsync(new PostgresServerOptions { Script = Script, Tls = false });
        }
        catch (UnavailableException unavailable)
        {
            Assert.Ignore(unavailable.Message);
        }
        _gateway = LocalGateway.Start(_server.Port, Compiled(policy), null, null, catalogUser);
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        if (_gateway is not null)
            await _gateway.DisposeAsync();
        if (_server is not null)
            await _server.DisposeAsync();
    }

    [TearDown]
    public async Task No_clear_value_came_back()
    {
        foreach (TappedClient client in _clients)
        {
            await client.DisposeAsync();
            Assert.That(Canaries.FoundIn(client.Received), Is.Empty, "clear values came back");
        }
        _clients.Clear();
    }

    [Test]
    public async Task A_labelled_column_is_masked_as_its_label_says_wherever_it_comes_out()
    {
        TappedClient client = await LogInAsync();
        Assert.That(Rows(await client.QueryAsync("SELECT ssn AS harmless FROM clinic.patients ORDER BY id")), Is.EqualTo((string[])["****1234", "****5678"]));
        Assert.That(Rows(await client.QueryAsync("SELECT ward FROM clinic.patients ORDER BY id")), Is.EqualTo((string[])["north", "south"]));
        await client.QueryAsync("SELECT name, upper(name) FROM clinic.called");
        await client.QueryAsync("COPY clinic.patients TO STDOUT");
        await client.QueryAsync("SELECT most_common_vals, histogram_bounds FROM pg_stats WHERE schemaname = 'clinic'");
        Assert.That((await client.QueryAsync("CREATE TABLE clinic.copy AS SELECT full_name FROM clinic.patients"))[0].SqlState, Is.EqualTo("42501"));
    }

    [TestCase("COMMENT ON COLUMN clinic.patients.full_name IS NULL")]
    [TestCase("COMMENT ON COLUMN clinic.patients.full_name IS 'As on the card.'")]
    [TestCase("COMMENT ON COLUMN clinic.patients.full_name IS '[wireproxy: keep_first=50]'")]
    [TestCase("COMMENT ON COLUMN clinic.patients.ssn IS '[wireproxy: keep_last=20]'")]
    [TestCase("SET search_path = clinic; COMMENT ON COLUMN patients.full_name IS NULL")]
    [TestCase("DO $$ BEGIN COMMENT ON COLUMN clinic.patients.full_name IS NULL; END $$")]
    [TestCase("DO $$ BEGIN EXECUTE 'COMMENT ON COLUMN clinic.patients.' || 'full_name IS NULL'; END $$")]
    [TestCase("SECURITY LABEL FOR wireproxy ON COLUMN clinic.patients.ssn IS NULL")]
    [TestCase("SECURITY LABEL ON COLUMN clinic.patients.ssn IS NULL")]
    [TestCase("SECURITY LABEL FOR anon ON COLUMN clinic.patients.full_name IS 'MASKED WITH FUNCTION pg_catalog.left(full_name, 50)'")]
    [TestCase("COMMENT ON TABLE clinic.patients IS '[wireproxy: not protected]'")]
    [TestCase("DELETE FROM pg_description")]
    [TestCase("UPDATE pg_seclabel SET label = 'NOT PROTECTED'")]
    public async Task A_client_cannot_take_a_protection_away(string sql)
    {
        TappedClient client = await LogInAsync();
        Assert.That((await client.QueryAsync(sql))[0].SqlState, Is.EqualTo("42501"));
        await client.SendAsync(Parse(sql), Sync);
        await client.ReadyAsync();
        await client.QueryAsync("SELECT full_name FROM clinic.patients");
    }

    [Test]
    public async Task A_function_that_would_take_a_protection_away_does_not_run()
    {
        TappedClient client = await LogInAsync();
        await client.QueryAsync("CREATE FUNCTION clinic.untag() RETURNS void LANGUAGE sql AS 'COMMENT ON COLUMN clinic.patients.full_name IS NULL'");

        Assert.That((await client.QueryAsync("SELECT clinic.untag()"))[0].SqlState, Is.EqualTo("42501"));
    }

    [Test]
    public async Task Other_comments_may_be_written_and_so_may_the_words_around_a_tag()
    {
        TappedClient client = await LogInAsync();
        foreach (string sql in (string[])["COMMENT ON COLUMN clinic.patients.ward IS 'Where they are'", "COMMENT ON TABLE clinic.patients IS 'All'",
            "COMMENT ON COLUMN clinic.patients.full_name IS 'As on the passport. [wireproxy: redact]'"])
        {
            Assert.That((await client.QueryAsync(sql))[0].Type, Is.EqualTo('C'), sql);
        }
    }

    [Test]
    public async Task A_tag_that_a_client_adds_protects_for_all_sessions_from_then_on()
    {
        string table = $"clinic.t_{Guid.NewGuid():N}";
        TappedClient client = await LogInAsync();
        TappedClient other = await LogInAsync();
        await client.QueryAsync($"CREATE TABLE {table} (note text); INSERT INTO {table} VALUES ('plain')");
        Assert.That(Rows(await other.QueryAsync($"SELECT note FROM {table}")), Is.EqualTo((string[])["plain"]));
        await client.QueryAsync($"COMMENT ON COLUMN {table}.note IS '[wireproxy: constant=hidden]'");

        Assert.That(Rows(await client.QueryAsync($"SELECT note FROM {table}")), Is.EqualTo((string[])["hidden"]));
        Assert.That(Rows(await other.QueryAsync($"SELECT note FROM {table}")), Is.EqualTo((string[])["hidden"]));
    }

    [Test]
    public async Task A_labelled_column_that_is_renamed_is_still_masked()
    {
        TappedClient client = await LogInAsync();
        await client.QueryAsync("BEGIN");
        await client.QueryAsync("ALTER TABLE clinic.patients RENAME COLUMN full_name TO colour");
        await client.QueryAsync("ALTER TABLE clinic.patients RENAME TO paints");
        Assert.That(Rows(await client.QueryAsync("SELECT colour FROM clinic.paints")), Has.Count.EqualTo(2));
        await client.QueryAsync("ROLLBACK");
    }

    [Test]
    public async Task Without_labels_a_policy_that_asks_for_them_changes_nothing()
    {
        await _server.QueryAsync("CREATE DATABASE plain");
        TappedClient client = await TappedClient.ConnectAsync(_gateway.Port);
        await client.SendAsync(Startup("postgres", "plain", Version30));
        await client.ReadyAsync();
        await client.QueryAsync("CREATE TABLE t (ssn text); INSERT INTO t VALUES ('123'); CREATE TABLE u AS SELECT ssn || '' AS s FROM t");

        Assert.That(Rows(await client.QueryAsync("DO $$ BEGIN EXECUTE 'UPDATE u SET s = s || ' || 4; END $$; SELECT s FROM u")), Is.EqualTo((string[])["1234"]));
        await client.DisposeAsync();
    }

    [Test]
    public async Task A_policy_that_ignores_labels_shows_what_they_protect()
    {
        await using LocalGateway ignoring = LocalGateway.Start(_server.Port, Compiled(policy with { Labels = LabelMode.Ignore, Rules = TestPolicies.JudgingRules }));
        await using TappedClient client = await TappedClient.LogInAsync(ignoring.Port);

        Assert.That(Canaries.FoundIn(string.Join(' ', Rows(await client.QueryAsync("SELECT full_name FROM clinic.patients"))).Select(c => (byte)c).ToArray()), Is.Not.Empty);
    }

    private async Task<TappedClient> LogInAsync()
    {
        TappedClient client = await TappedClient.LogInAsync(_gateway.Port);
        _clients.Add(client);
        return client;
    }

    private static IReadOnlyList<string?> Rows(IEnumerable<WireMessage> answer) =>
        [.. answer.Where(message => message.Type == 'D').Select(row => row.Texts[0])];

    private static CompiledPolicy Compiled(PolicyDefinition definition) =>
        PolicyCompiler.Compile(definition, out var problems) ?? throw new ArgumentException(problems[0].Message);
}
