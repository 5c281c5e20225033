using WireProxy.TestKit;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.EndToEnd.Tests.Policy;

/// <summary>What the gateway's parser does not understand is answered as the server would, and says who answered where the server might have said
/// something else.</summary>
public sealed class UnparsableTests() : ThroughGateway(Through.Guarded)
{
    [TestCase("SELEC 1")]
    [TestCase("SELECT 1 FROM WHERE")]
    [TestCase("SELECT '\u00e4\u00f6\u00fc' FRO t")]
    [TestCase("SELECT (1")]
    [TestCase("SELECT 'not closed")]
    [TestCase("SELECT 1; ELECT 2")]
    [TestCase("/* not closed")]
    [TestCase("SELECT 1 AS \"\"")]
    [TestCase("SELECT 1x")]
    [TestCase("SELECT $1a")]
    [TestCase("SELECT U&'\\00zz'", false)]
    [TestCase("CREATE ASSERTION a CHECK (true)", false)]
    [TestCase("SELECT * FROM (SELECT 1)", false)]
    [TestCase("SELECT E'\\u00'", false)]
    public async Task Message_and_position_are_the_servers_and_a_hint_names_the_gateway_where_it_may_be_wrong(string sql, bool isSyntax = true)
    {
        bool isSame = isSyntax && (await Server.QueryAsync("SHOW server_version")).StartsWith("15", StringComparison.Ordinal);
        await using var direct = await WireClient.LogInAsync(Server.Port);
        await using var client = await LogInAsync();

        var expected = (await direct.QueryAsync(sql)).First(message => message.Type == 'E');
        var answer = await client.QueryAsync(sql);

        var error = answer.Single(message => message.Type == 'E');
        Assert.That(error.SqlState, Is.EqualTo("42601"));
        Assert.That(error.Field('M'), Is.EqualTo(expected.Field('M')));
        Assert.That(error.Field('P'), Is.EqualTo(expected.Field('P')));
        if (isSame)
            Assert.That(error.Field('H'), Is.EqualTo(expected.Field('H')));
        else
            Assert.That(error.Field('H') ?? "", Does.Contain("gateway").Or.Contain("WireProxy"));
        Assert.That((await client.QueryAsync("SELECT 'usable'"))[1].Texts[0], Is.EqualTo("usable"));
    }

    [Test]
    public async Task Psql_points_at_the_place()
    {
        var result = await Psql.ScriptAsync("SELECT 1 +;\nSELECT 'usable';\n", "-A", "-t");

        Assert.That(result.Error, Does.Contain("syntax error at or near \";\"\nLINE 1: SELECT 1 +;\n                  ^"));
        Assert.That(result.Output, Is.EqualTo("usable\n"));
    }

    [Test]
    public async Task In_a_pipeline_it_stands_in_its_place()
    {
        await using var client = await LogInAsync();
        await client.SendAsync(
            Parse("SELECT 1"), Bind(), Execute(), Parse("SELEC 2"), Bind(), Execute(), Sync, Parse("SELECT 3"), Bind(), Execute(), Sync);

        var first = await client.ReadUntilAsync('Z');
        var second = await client.ReadUntilAsync('Z');

        Assert.That(string.Concat(first.Select(message => message.Type)), Is.EqualTo("12DCEZ"));
        Assert.That(first[^2].SqlState, Is.EqualTo("42601"));
        Assert.That(string.Concat(second.Select(message => message.Type)), Is.EqualTo("12DCZ"));
    }

    [Test]
    public async Task A_transparent_gateway_leaves_it_to_the_server()
    {
        var gateway = await Clinic.GatewayAsync(Through.Transparent);
        await using var client = await WireClient.LogInAsync(gateway.Port);

        var error = (await client.QueryAsync("SELEC 1"))[0];

        Assert.That((error.SqlState, error.Field('H')), Is.EqualTo(("42601", (string?)null)));
        Assert.That(error.Field('F'), Is.EqualTo("scan.l"));
    }
}
