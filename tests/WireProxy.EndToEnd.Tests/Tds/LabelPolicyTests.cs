using WireProxy.TestKit;
using WireProxy.TestKit.Tds;

namespace WireProxy.EndToEnd.Tests.Tds;

/// <summary>Columns that are protected because of how they are classified in the database, and by no name in the policy.</summary>
public sealed class LabelPolicyTests
{
    private const string Policy = """
        version: 1
        protect:
          - labels: ["national id"]
            mask: { keep_last: 4 }
          - labels: [Conf*]
            mask: redact
        unmask:
          - { users: [trusted], columns: [dbo.patients.*] }
        """;

    private TdsStandIn.TdsStandInServer _server = null!;
    private GatewayProcess _gateway = null!;

    [SetUp]
    public async Task Start()
    {
        _server = await TdsClinic.StartServerAsync();
        _gateway = await TdsClinic.StartAsync(_server, settings => settings with { Policy = Policy });
    }

    [TearDown]
    public async Task Stop()
    {
        await _gateway.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Test]
    public async Task Classified_columns_are_masked_under_every_name()
    {
        await using var client = await TdsClient.LogInAsync(_gateway.Port);
        var row = (await client.QueryAsync("SELECT ssn AS a, full_name AS b, ward, born FROM dbo.patients WHERE id = 1")).Results[0];
        Assert.That(row["a"][0]!.TrimEnd(), Does.EndWith("1234").And.Not.Contain("900"));
        Assert.That(row["b"][0], Does.Not.Contain("Zephyrine"));
        Assert.That((row["ward"][0], row.Rows[0][3]), Is.EqualTo(("north", (object)new DateTime(1987, 6, 5))).Or.EqualTo(("north", (object)new DateOnly(1987, 6, 5))));
        Assert.That((await client.QueryAsync("SELECT name FROM dbo.called")).ToString(), Does.Not.Contain("Zephyrine"));
        Assert.That((await client.QueryAsync("SELECT full_name INTO dbo.copied FROM dbo.patients")).Error, Is.EqualTo(229));
        await using var trusted = await TdsClient.LogInAsync(_gateway.Port, new TdsLogin { User = "trusted" });
        Assert.That((await trusted.QueryAsync("SELECT ssn FROM dbo.patients WHERE id = 1")).Text, Is.EqualTo("900-11-1234"));
        Assert.That(_gateway.Log, Does.Not.Contain("state different origins"));
    }

    [Test]
    public async Task A_classification_that_a_client_adds_holds_from_the_next_batch_on()
    {
        await using var client = await TdsClient.LogInAsync(_gateway.Port);
        Assert.That((await client.QueryAsync("SELECT postcode FROM dbo.patients WHERE id = 1")).Text, Is.EqualTo("90210"));
        Assert.That((await client.QueryAsync("ADD SENSITIVITY CLASSIFICATION TO dbo.patients.postcode WITH (LABEL = 'Confidential')")).Error, Is.Null);
        Assert.That((await client.QueryAsync("SELECT postcode FROM dbo.patients WHERE id = 1")).Text, Is.Not.EqualTo("90210"));
    }

    [TestCase("DROP SENSITIVITY CLASSIFICATION FROM dbo.patients.ssn"), TestCase("EXEC(N'DROP SENSITIVITY CLASSIFICATION FROM dbo.patients.ssn')")]
    [TestCase("ADD SENSITIVITY CLASSIFICATION TO dbo.patients.SSN WITH (LABEL = 'Public')")]
    [TestCase("IF 1 = 1 DROP SENSITIVITY CLASSIFICATION FROM dbo.patients.ssn")]
    [TestCase("CREATE PROCEDURE dbo.p_drop AS DROP SENSITIVITY CLASSIFICATION FROM dbo.patients.ssn")]
    public async Task A_client_cannot_take_a_classification_away(string sql)
    {
        await using var trusted = await TdsClient.LogInAsync(_gateway.Port, new TdsLogin { User = "trusted" });
        await using var client = await TdsClient.LogInAsync(_gateway.Port);
        foreach (var one in (TdsClient[])[client, trusted])
            Assert.That((await one.QueryAsync(sql)).Errors.Single().Text, Does.Contain("would change what protects columns"));
        Assert.That((await client.QueryAsync("SELECT ssn FROM dbo.patients WHERE id = 1")).Text, Does.Not.Contain("900"));
    }

    [Test]
    public async Task Check_lists_the_labels_of_the_policy()
    {
        var checkedNow = await GatewayProcess.RunAsync("check", "--config", _gateway.ConfigurationFile);
        Assert.That(checkedNow.Output, Does.Contain("columns classified national id  keep_last: 4").And.Contain("columns classified Conf*  redact"), checkedNow.ToString());
    }
}
