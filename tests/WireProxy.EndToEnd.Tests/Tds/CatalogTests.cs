using WireProxy.TestKit;
using WireProxy.TestKit.Tds;

namespace WireProxy.EndToEnd.Tests.Tds;

/// <summary>What is masked follows the catalog: read over the client's own session or by the gateway's own login, and anew when it changes.</summary>
[TestFixture(null)]
[TestFixture("sa")]
public sealed class CatalogTests(string? catalogUser)
{
    private const string Policy = """
        version: 1
        protect:
          - columns: [dbo.people.secret, dbo.patients.full_name]
            mask: redact
          - columns: [annex.dbo.patients.ssn]
            mask: { keep_last: 4 }
        derived: mask
        """;

    private TdsStandIn.TdsStandInServer _server = null!;
    private GatewayProcess _gateway = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _server = await TdsClinic.StartServerAsync();
        _gateway = await TdsClinic.StartAsync(_server, settings => settings with { Policy = Policy, CatalogUser = catalogUser });
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await _gateway.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Test]
    public async Task A_table_made_by_another_session_is_masked_at_once()
    {
        await using var one = await TdsClient.LogInAsync(_gateway.Port);
        await using var other = await TdsClient.LogInAsync(_gateway.Port);
        await one.QueryAsync("SELECT 1");
        var made = await other.QueryAsync("CREATE TABLE dbo.people (id int, secret nvarchar(20)); INSERT INTO dbo.people VALUES (1, N'hidden-zx')");
        Assert.That(made.Error, Is.Null, made.ToString());

        var read = await one.QueryAsync("SELECT id, secret AS s FROM dbo.people");

        Assert.That(read.Error, Is.Null, read.ToString());
        Assert.That(read.ToString(), Does.Not.Contain("hidden-zx"));
        Assert.That(read.Results[0]["id"], Is.EqualTo((string[])["1"]));
        await other.QueryAsync("DROP TABLE dbo.people");
    }

    [Test]
    public async Task A_table_made_in_a_transaction_is_masked_within_it_and_forgotten_with_it()
    {
        await using var client = await TdsClient.LogInAsync(_gateway.Port);
        await client.QueryAsync("BEGIN TRAN");
        await client.QueryAsync("CREATE TABLE dbo.people (id int, secret nvarchar(20))");
        await client.QueryAsync("INSERT INTO dbo.people VALUES (1, N'hidden-zx')");

        var read = await client.QueryAsync("SELECT id, secret AS s FROM dbo.people");
        await client.QueryAsync("ROLLBACK");
        await client.QueryAsync("CREATE TABLE dbo.folk (id int, secret nvarchar(20)); INSERT INTO dbo.folk VALUES (1, N'plain')");
        var plain = await client.QueryAsync("SELECT secret FROM dbo.folk");
        await client.QueryAsync("DROP TABLE dbo.folk");

        Assert.That(read.ToString(), Does.Not.Contain("hidden-zx"));
        Assert.That(plain.Text, Is.EqualTo("plain"));
    }

    [Test]
    public async Task A_view_made_and_read_in_two_batches_is_masked()
    {
        await using var client = await TdsClient.LogInAsync(_gateway.Port);
        var made = await client.QueryAsync("CREATE VIEW dbo.v_fresh AS SELECT id, full_name AS harmless FROM dbo.patients");
        var read = await client.QueryAsync("SELECT harmless FROM dbo.v_fresh");
        await client.QueryAsync("DROP VIEW dbo.v_fresh");

        Assert.That(read.ToString(), Does.Not.Contain("Zephyrine"), made.ToString());
    }

    [TestCase("SELECT secret FROM dbo.people")]
    [TestCase("SELECT * FROM people")]
    [TestCase("IF 1 = 1 SELECT p.secret AS harmless FROM dbo.people AS p")]
    [TestCase("DECLARE @s nvarchar(20); SELECT @s = secret FROM dbo.people; SELECT @s")]
    [TestCase("UPDATE dbo.people SET id = 2 OUTPUT deleted.secret")]
    [TestCase("DELETE FROM dbo.people OUTPUT deleted.secret")]
    [TestCase("EXEC(N'SELECT secret FROM dbo.people')")]
    public async Task A_table_that_the_policy_names_is_not_made_and_read_in_one_batch(string reads)
    {
        await using var client = await TdsClient.LogInAsync(_gateway.Port);
        const string make = "CREATE TABLE dbo.people (id int, secret nvarchar(20)); INSERT INTO dbo.people VALUES (1, N'hidden' + N'-zx')";

        var refused = await client.QueryAsync($"{make}; {reads}");
        var made = await client.QueryAsync(make);
        var read = await client.QueryAsync("SELECT secret FROM dbo.people");
        await client.QueryAsync("DROP TABLE dbo.people");

        Assert.That(refused.Error, Is.EqualTo(229));
        Assert.That(refused.ToString(), Does.Contain("batch of its own").And.Not.Contain("hidden-zx"));
        Assert.That(made.Error, Is.Null, made.ToString());
        Assert.That(read.ToString(), Does.Not.Contain("hidden-zx"));
        Assert.That(read.Error, Is.Null, read.ToString());
    }

    [Test]
    public async Task A_table_that_the_policy_does_not_name_is_made_and_read_in_one_batch()
    {
        await using var client = await TdsClient.LogInAsync(_gateway.Port);

        var answer = await client.QueryAsync(
            "CREATE TABLE dbo.folk (id int, secret nvarchar(20)); INSERT INTO dbo.folk VALUES (1, N'plain'); SELECT secret FROM dbo.folk; DROP TABLE dbo.folk");

        Assert.That(answer.Text, Is.EqualTo("plain"), answer.ToString());
    }

    [TestCase("SET ROWCOUNT 1")]
    [TestCase("SET ROWCOUNT 7")]
    public async Task What_a_session_has_set_does_not_cut_the_catalog(string sets)
    {
        await using var client = await TdsClient.LogInAsync(_gateway.Port);
        await client.QueryAsync("CREATE VIEW dbo.v_cut AS SELECT id AS x, full_name AS harmless FROM dbo.patients");
        await client.QueryAsync(sets);
        await client.QueryAsync("CREATE TABLE dbo.folk (id int)");

        var table = await client.QueryAsync("SELECT * FROM dbo.patients");
        var view = await client.QueryAsync("SELECT * FROM dbo.v_cut");
        var many = await client.QueryAsync("SELECT REPLICATE(N'x', 100) FROM dbo.patients");
        await using (var other = await TdsClient.LogInAsync(_gateway.Port))
            Assert.That((await other.QueryAsync("SELECT * FROM dbo.patients")).ToString(), Does.Not.Contain("Zephyrine"));
        await client.QueryAsync("SET ROWCOUNT 0; DROP TABLE dbo.folk; DROP VIEW dbo.v_cut");

        Assert.That(table.Error ?? view.Error, Is.Null, table.ToString() + view);
        Assert.That(table.ToString() + view, Does.Not.Contain("Zephyrine"));
        Assert.That(many.Results[0].Rows.Count, sets == "SET ROWCOUNT 1" ? Is.EqualTo(1) : Is.GreaterThan(1), "the session has lost what it set");
    }

    [TestCase("EXECUTE AS USER = 'guest'")]
    [TestCase("IF 1 = 1 EXECUTE AS LOGIN = 'other'")]
    [TestCase("SETUSER 'guest'")]
    [TestCase("EXEC sp_setapprole 'r', 'p'")]
    public async Task A_session_that_reads_the_catalog_for_itself_stays_who_it_is(string sql)
    {
        await using var client = await TdsClient.LogInAsync(_gateway.Port);

        var answer = await client.QueryAsync(sql);

        // With a login of its own for the catalog the gateway sees the same as before, and the stand-in says that it cannot do it.
        Assert.That(answer.ToString().Contains("upstream.catalog", StringComparison.Ordinal), Is.EqualTo(catalogUser is null), answer.ToString());
    }

    [Test]
    public async Task In_another_database_its_own_columns_are_protected()
    {
        await using var client = await TdsClient.LogInAsync(_gateway.Port);
        var used = await client.QueryAsync("USE annex");
        Assert.That(used.Error, Is.Null, used.ToString());

        var there = await client.QueryAsync("SELECT ssn, full_name FROM dbo.patients");
        await client.QueryAsync("USE clinic");
        var back = await client.QueryAsync("SELECT id, ssn, full_name FROM dbo.patients WHERE id = 1");

        Assert.That(there.ToString(), Does.Not.Contain("900-44"));
        Assert.That(back.Results[0]["ssn"], Is.EqualTo((string[])["900-11-1234"]), "of clinic the policy says nothing about ssn");
        Assert.That(back.ToString(), Does.Not.Contain("Zephyrine"));
    }

    [TestCase("USE annex; SELECT ssn FROM dbo.patients")]
    [TestCase("SELECT ssn FROM annex.dbo.patients")]
    [TestCase("SELECT ssn FROM annex..patients")]
    [TestCase("EXEC(N'USE annex; SELECT ssn FROM dbo.patients')")]
    public async Task Another_database_reached_in_one_batch_does_not_tell(string sql)
    {
        await using var client = await TdsClient.LogInAsync(_gateway.Port);

        Assert.That((await client.QueryAsync(sql)).ToString(), Does.Not.Contain("900-44"));
    }

    [Test]
    public async Task A_login_into_another_database_is_masked_by_that_ones_catalog()
    {
        await using var client = await TdsClient.LogInAsync(_gateway.Port, new TdsLogin { Database = "annex" });

        Assert.That((await client.QueryAsync("SELECT ssn FROM dbo.patients")).Text.TrimEnd(), Does.EndWith("7777").And.Not.Contain("900"));
    }

    [Test]
    public async Task A_column_that_is_added_is_protected_from_then_on()
    {
        await using var client = await TdsClient.LogInAsync(_gateway.Port);
        await client.QueryAsync("CREATE TABLE dbo.people (id int); ALTER TABLE dbo.people ADD secret nvarchar(20)");
        await client.QueryAsync("INSERT INTO dbo.people VALUES (1, N'hidden-zx')");
        var read = await client.QueryAsync("SELECT * FROM dbo.people");
        await client.QueryAsync("DROP TABLE dbo.people");

        Assert.That(read.ToString(), Does.Not.Contain("hidden-zx"));
    }
}
