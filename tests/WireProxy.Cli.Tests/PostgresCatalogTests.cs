using System.Text.Json;
using WireProxy.TestKit;

namespace WireProxy.Cli.Tests;

/// <summary><c>check</c> and <c>policy test --catalog</c> with a PostgreSQL to ask.</summary>
[Category("postgres")]
internal sealed class PostgresCatalogTests
{
    private const string Script = """
        CREATE SCHEMA clinic;
        CREATE TABLE clinic.patients (id int PRIMARY KEY, city text, ssn text, full_name text, notes text);
        CREATE VIEW clinic.called AS SELECT id, upper(full_name) AS name FROM clinic.patients;
        CREATE FUNCTION clinic.tell(int) RETURNS text LANGUAGE sql AS 'SELECT name FROM clinic.called WHERE id = $1';
        CREATE TABLE public.copies (x text);
        COMMENT ON COLUMN clinic.patients.full_name IS 'As on the card. [wireproxy: redact]';
        COMMENT ON COLUMN clinic.patients.notes IS '[wireproxy: blur]';
        """;

    private const string Policy = """
        version: 1
        protect: [ { columns: [clinic.patients.ssn], mask: { keep_last: 4 } } ]
        """;

    private PostgresServer _server = null!;
    private ConfigurationFiles _files = null!;

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
    }

    [OneTimeTearDown]
    public async Task Stop() => await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);

    [SetUp]
    public void SetUp()
    {
        _files = new ConfigurationFiles();
        Configure(Policy);
    }

    [TearDown]
    public void TearDown() => _files.Dispose();

    [Test]
    public async Task Check_says_which_columns_are_protected_and_by_what()
    {
        var result = await Cli.RunAsync("check", "--config", _files.Main);
        Assert.That(result.ExitCode, Is.Zero, result.ToString);
        Assert.That(result.Output, Does.Contain("clinic.patients.ssn  keep_last: 4  policy: clinic.patients.ssn")
            .And.Contain("clinic.patients.full_name  redact  comment on the column").And.Contain("in database postgres: 3 columns"));
        Assert.That(result.Error, Does.Contain("clinic.patients.notes is redacted by its comment on the column: its mask is none of"));
        var json = await Cli.RunAsync("check", "--config", _files.Main, "--format", "json");
        Assert.That(json.OutputLines.Select(line => JsonDocument.Parse(line).RootElement).Where(line => line.GetProperty("kind").GetString() == "protected")
            .Select(line => line.GetProperty("column").GetString()), Is.EqualTo((string[])["clinic.patients.ssn", "clinic.patients.full_name", "clinic.patients.notes"]));
    }

    [Test]
    public async Task A_column_of_the_policy_that_is_nowhere_is_a_problem_that_was_found()
    {
        Configure(Policy.Replace("[clinic.patients.ssn]", "[clinic.patients.ssn, clinic.patients.snn, other.clinic.patients.x]", StringComparison.Ordinal));
        var result = await Cli.RunAsync("check", "--config", _files.Main);
        Assert.That(result.ExitCode, Is.EqualTo(1), result.ToString);
        Assert.That(result.Error, Does.Contain("clinic.patients.snn, which is in no database").And.Contain("other.clinic.patients.x").And.Not.Contain("patients.ssn,"));
    }

    [Test]
    public async Task Check_asks_nobody_offline_and_says_when_it_cannot()
    {
        var offline = await Cli.RunAsync("check", "--config", _files.Main, "--offline");
        Assert.That((offline.ExitCode, offline.Output.Contains("clinic.patients.full_name", StringComparison.Ordinal)), Is.EqualTo((0, false)), offline.ToString);
        Configure(Policy, port: FreePort.Next());
        var unreachable = await Cli.RunAsync("check", "--config", _files.Main);
        Assert.That(unreachable.ExitCode, Is.Zero, unreachable.ToString);
        Assert.That(unreachable.Output, Does.Contain("not asked (the catalog cannot be read"));
    }

    [Test]
    public async Task A_statement_is_explained_by_the_way_to_its_columns()
    {
        var result = await TestAsync("SELECT id, name FROM clinic.called; SELECT clinic.tell(1); SELECT ssn AS harmless, city FROM clinic.patients");
        Assert.That(result.ExitCode, Is.Zero, result.ToString);
        Assert.That(result.Output, Does.Contain("id: clear").And.Contain("city: clear")
            .And.Contain("name: masked (redact): from clinic.patients.full_name (through view clinic.called)")
            .And.Contain("tell: masked (redact): from clinic.patients.full_name (through function clinic.tell, view clinic.called)")
            .And.Contain("harmless: masked (keep_last: 4): from clinic.patients.ssn"));
    }

    [Test]
    public async Task A_refused_statement_says_what_to_leave_out_and_what_may_stay()
    {
        var result = await TestAsync("INSERT INTO copies SELECT ssn FROM clinic.patients", "--format", "json");
        Assert.That(result.ExitCode, Is.EqualTo(1), result.ToString);
        var line = JsonDocument.Parse(result.OutputLines[0]).RootElement;
        Assert.That(line.GetProperty("message").GetString(), Does.Contain("would copy clinic.patients.ssn to public.copies.x, where it is not protected"));
        Assert.That(line.GetProperty("hint").GetString(), Does.Contain("Leave out ssn").And.Contain("clinic.patients.id, clinic.patients.city may be copied"));
    }

    [Test]
    public async Task Conditions_and_expressions_that_the_policy_blocks_are_named()
    {
        Configure(Policy + "\npredicates: block\n");
        var result = await TestAsync("SELECT id FROM clinic.patients WHERE ssn LIKE '9%'; SELECT length(full_name) FROM clinic.patients; COMMENT ON COLUMN clinic.patients.full_name IS NULL");
        Assert.That(result.Output, Does.Contain("clinic.patients.ssn decides which rows this SELECT returns").And.Contain("not by ssn")
            .And.Contain("computes a value from clinic.patients.full_name").And.Contain("this COMMENT, because it would change what protects a column")
            .And.Contain("3 statements, 3 refused"));
    }

    [Test]
    public async Task A_search_path_may_be_given()
    {
        Assert.That((await TestAsync("SELECT ssn FROM patients", "--search-path", "clinic")).Output, Does.Contain("masked (keep_last: 4): from clinic.patients.ssn"));
        Assert.That((await TestAsync("SELECT ssn FROM patients")).Output, Does.Not.Contain("keep_last: 4): from"));
    }

    private void Configure(string policy, int? port = null) => _files.Read($$"""
        listeners:
          - name: clinic
            protocol: postgres
            address: 127.0.0.1:6432
            upstream: { address: "127.0.0.1:{{port ?? _server.Port}}", tls: { mode: disable }, catalog: { username: postgres, password: none } }
        policy: policy.yaml
        """, policy);

    private async Task<Cli> TestAsync(string script, params string[] more)
    {
        _files.Write("script.sql", script);
        return await Cli.RunAsync(["policy", "test", "--config", _files.Main, "--listener", "clinic", "--catalog", "--database", "postgres", .. more, _files["script.sql"]]);
    }
}
