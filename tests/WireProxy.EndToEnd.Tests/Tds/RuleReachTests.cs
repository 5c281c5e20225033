using WireProxy.TestKit;
using WireProxy.TestKit.Tds;

namespace WireProxy.EndToEnd.Tests.Tds;

/// <summary>Rules about tables and columns see through views, procedures, triggers and synonyms; also where nothing is protected.</summary>
[TestFixture(true)]
[TestFixture(false)]
public sealed class RuleReachTests(bool protects)
{
    private const string Rules = """
        version: 1
        rules:
          - name: no-patients
            when: { tables: [dbo.patients] }
            then: block
          - name: no-beds
            when: { columns: [dbo.wards.beds] }
            then: block
          - name: no-bulk
            when: { tables: [dbo.loads], unbounded: true }
            then: block
        """;

    private TdsStandIn.TdsStandInServer _server = null!;
    private GatewayProcess _gateway = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _server = await TdsClinic.StartServerAsync();
        await using (var direct = await TdsClient.LogInAsync(_server.Port))
        {
            foreach (string sql in (string[])
            [
                "CREATE VIEW dbo.v_called AS SELECT name FROM dbo.called", "CREATE VIEW dbo.v_wards AS SELECT name, beds AS places FROM dbo.wards",
                "CREATE VIEW dbo.v_names AS SELECT name FROM dbo.wards", "CREATE VIEW dbo.v_loads AS SELECT id, label FROM dbo.loads",
                "CREATE PROCEDURE dbo.p_outer AS EXEC dbo.p_patient 1", "CREATE PROCEDURE dbo.p_names AS SELECT name FROM dbo.wards",
                "CREATE PROCEDURE dbo.p_late AS SELECT * FROM dbo.nowhere",
            ])
            {
                Assert.That((await direct.QueryAsync(sql)).Error, Is.Null, sql);
            }
        }
        _gateway = await TdsClinic.StartAsync(_server, settings => settings with
        {
            Policy = protects ? Rules + "\nprotect: [ { columns: [dbo.alltypes.c_xml], mask: redact } ]" : Rules,
        });
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await _gateway.DisposeAsync();
        await _server.DisposeAsync();
    }

    [TestCase("SELECT name FROM dbo.v_called", "no-patients"), TestCase("UPDATE dbo.called SET name = N'x' WHERE id = 1", "no-patients")]
    [TestCase("EXEC dbo.p_patient 1", "no-patients"), TestCase("EXEC dbo.p_outer", "no-patients"), TestCase("EXEC dbo.p_dynamic N'dbo.patients'", null)]
    [TestCase("SELECT places FROM dbo.v_wards", "no-beds"), TestCase("SELECT id FROM dbo.v_loads", "no-bulk")]
    [TestCase("CREATE PROCEDURE dbo.p_new AS EXEC dbo.p_outer", "no-patients")]
    public async Task What_is_reached_through_a_module_is_judged(string sql, string? rule)
    {
        await using var client = await TdsClient.LogInAsync(_gateway.Port);
        var answer = await client.QueryAsync(sql);
        Assert.That(answer.Error, Is.EqualTo(229), answer.ToString());
        if (rule is not null)
            Assert.That(answer.Errors.Single().Text, Does.Contain(rule));
    }

    [TestCase("SELECT name FROM dbo.v_names"), TestCase("EXEC dbo.p_names"), TestCase("SELECT id FROM dbo.v_loads WHERE id = 1"), TestCase("SELECT TOP 1 id FROM dbo.v_loads")]
    public async Task What_reaches_none_of_them_runs(string sql)
    {
        await using var client = await TdsClient.LogInAsync(_gateway.Port);
        Assert.That((await client.QueryAsync(sql)).Error, Is.Null);
    }

    [Test]
    public async Task A_procedure_called_by_name_is_judged_as_its_EXECUTE()
    {
        await using var client = await TdsClient.LogInAsync(_gateway.Port);
        var refused = await client.CallAsync(TdsCall.Of("dbo.p_outer"));
        Assert.That(refused.Errors.Single().Text, Does.Contain("no-patients"));
        Assert.That((await client.CallAsync(TdsCall.Of("dbo.p_names"))).Error, Is.Null);
    }

    [Test]
    public async Task A_long_batch_and_what_follows_it_keep_their_order()
    {
        await using var client = await TdsClient.LogInAsync(_gateway.Port);
        string filler = string.Concat(Enumerable.Range(0, 2000).Select(i => $"DECLARE @v{i} int = {i};\n"));
        for (int round = 0; round < 3; round++)
        {
            Assert.That((await client.QueryAsync($"{filler} SELECT name FROM dbo.wards WHERE name = N'north' -- {round}")).Text, Is.EqualTo("north"));
            Assert.That((await client.QueryAsync($"{filler} SELECT ssn FROM dbo.patients -- {round}")).Error, Is.EqualTo(229));
            Assert.That((await client.QueryAsync("SELECT 'usable'")).Scalar, Is.EqualTo("usable"));
        }
    }
}
