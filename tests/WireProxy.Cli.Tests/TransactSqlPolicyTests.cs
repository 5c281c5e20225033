using System.Text.Json;

namespace WireProxy.Cli.Tests;

/// <summary><c>policy test</c> and <c>check</c> for a listener with SQL Server's protocol.</summary>
internal sealed class TransactSqlPolicyTests
{
    private const string Listener = """
        listeners:
          - name: clinic
            protocol: tds
            address: 127.0.0.1:11433
            upstream: { address: 127.0.0.1:1433 }
        journal: { directory: journal }
        policy: policy.yaml
        """;

    private const string Policy = """
        version: 1
        protect: [ { columns: [clinic.patients.ssn], mask: { keep_last: 4 } } ]
        rules: [ { name: no-drop, when: { statement: [DROP] }, then: block, message: Ask first. } ]
        """;

    private ConfigurationFiles _files = null!;

    [SetUp]
    public void SetUp()
    {
        _files = new ConfigurationFiles();
        _files.Read(Listener, Policy);
    }

    [TearDown]
    public void TearDown() => _files.Dispose();

    [Test]
    public async Task Batches_that_pass_say_what_is_masked()
    {
        var result = await TestAsync("SELECT TOP 1 ssn FROM clinic.patients\nSELECT 1\nGO\nPRINT 'x'");
        Assert.That(result.ExitCode, Is.Zero, result.ToString);
        Assert.That(result.Output, Does.Contain("line 1: allow").And.Contain("masked: clinic.patients.ssn (keep_last: 4)")
            .And.Contain("line 4: allow").And.Contain("2 batches, 0 refused"));
        Assert.That(result.Error, Does.Contain("no catalog was read"));
    }

    [Test]
    public async Task One_refused_statement_refuses_its_batch_and_no_other()
    {
        var result = await TestAsync("SELECT 1\nDROP DATABASE clinic\nGO\nSELECT 2\nGO\nSELECT FROM WHERE");
        Assert.That(result.ExitCode, Is.EqualTo(1), result.ToString);
        Assert.That(result.Output, Does.Contain("line 1: block by rule no-drop").And.Contain("DROP DATABASE (class ddl").And.Contain("Ask first.")
            .And.Contain("line 4: allow").And.Contain("line 6: block").And.Contain("does not parse").And.Contain("3 batches, 2 refused"));
        var json = await TestAsync("SELECT 1\nDROP DATABASE clinic\nGO\nSELECT 2", "--format", "json");
        Assert.That(json.OutputLines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("command").GetString()),
            Is.EqualTo(new[] { "SELECT; DROP DATABASE", "SELECT" }));
    }

    [Test]
    public async Task Text_that_is_put_together_while_it_runs_is_refused_where_columns_are_protected()
    {
        var result = await TestAsync("DECLARE @s nvarchar(100) = N'SELECT 1'; EXEC (@s)");
        Assert.That(result.ExitCode, Is.EqualTo(1), result.ToString);
        Assert.That(result.Output, Does.Contain("line 1: block").And.Contain("put together while it runs"));
        var literal = await TestAsync("EXEC ('DROP TABLE x')");
        Assert.That(literal.Output, Does.Contain("block by rule no-drop"));
    }

    [Test]
    public async Task A_refusal_in_either_reading_of_double_quotes_refuses()
    {
        var result = await TestAsync("EXEC (\"DROP TABLE x\")");
        Assert.That(result.ExitCode, Is.EqualTo(1), result.ToString);
    }

    [Test]
    public async Task Without_a_login_for_the_catalog_none_is_read()
    {
        var result = await TestAsync("SELECT 1", "--catalog");
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((2, "wireproxy: listener clinic has no upstream.catalog to read the catalog with\n")));
    }

    [Test]
    public async Task Check_says_what_a_listener_encrypts_and_does_not_have()
    {
        var result = await Cli.RunAsync("check", "--config", _files.Main);
        Assert.That(result.ExitCode, Is.Zero, result.ToString);
        Assert.That(result.Output, Does.Contain("protocol    tds").And.Contain(", everything encrypted").And.Not.Contain("MARS is answered off"));
        var json = await Cli.RunAsync("check", "--config", _files.Main, "--format", "json");
        var listener = JsonDocument.Parse(json.OutputLines.First(line => line.Contains("\"listener\"", StringComparison.Ordinal))).RootElement;
        Assert.That(listener.GetProperty("upstream_encryption").GetString(), Is.EqualTo("full"));
        Assert.That(listener.GetProperty("not_there").GetArrayLength(), Is.GreaterThan(0));
    }

    [TestCase("limits: { mars_sessions: 0 }", "")]
    [TestCase("cleartext_on_loopback: true", ", credentials: { username: app, password: secret }")]
    public async Task Check_says_where_MARS_is_not_had(string listener, string upstream)
    {
        _files.Read($$"""
            listeners:
              - name: clinic
                protocol: tds
                address: 127.0.0.1:11433
                upstream: { address: 127.0.0.1:1433{{upstream}} }
                {{listener}}
            identity: { users: [ { name: alice, password: secret } ] }
            """);

        var result = await Cli.RunAsync("check", "--offline", "--config", _files.Main);

        Assert.That(result.Output, Does.Contain("MARS is answered off"), result.ToString);
    }

    private async Task<Cli> TestAsync(string script, params string[] options)
    {
        _files.Write("script.sql", script);
        return await Cli.RunAsync(["policy", "test", "--config", _files.Main, "--listener", "clinic", .. options, _files["script.sql"]]);
    }
}
