using WireProxy.EndToEnd.Tests.Journal;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Wire;
using WireProxy.TestKit.Tds;
using static WireProxy.TestKit.Tds.TdsParameter;

namespace WireProxy.EndToEnd.Tests.Tds;

/// <summary>DATACLASSIFICATION: asked for on the gateway's own account, kept from clients that did not ask, and compared with the analysis.</summary>
public sealed class ClassificationTests() : ThroughTds(Through.Guarded)
{
    private static readonly string[] Statements =
    [
        "SELECT ssn FROM dbo.patients", "SELECT id, ward FROM dbo.patients", "SELECT * FROM dbo.patients", "SELECT name FROM dbo.called",
        "SELECT name, beds FROM dbo.wards; SELECT 1 AS one; SELECT ward AS name FROM dbo.patients", "SELECT 1; SELECT name FROM dbo.wards",
        "EXEC dbo.p_patient 1", "EXEC dbo.p_multi 3", "SELECT id FROM dbo.patients", "PRINT 'x'; SELECT name FROM dbo.wards",
        "SELECT COUNT(*) FROM dbo.wards", "DECLARE @x int = 1; SELECT name FROM dbo.wards WHERE beds > @x", "SET NOCOUNT ON; SELECT name FROM dbo.wards",
    ];

    private static readonly TdsLogin Asking = new() { Features = FeatureExtensions.None.With(FeatureId.DataClassification, new ByteString([2])) };

    [TestCaseSource(nameof(Statements))]
    public async Task A_client_that_asks_sees_what_it_would_see_directly(string sql)
    {
        await using var direct = await LogInDirectlyAsync(Asking);
        await using var client = await LogInAsync(Asking);

        var clear = await direct.QueryAsync(sql);
        var through = await client.QueryAsync(sql);

        Assert.That(client.LoginAnswer.Granted, Is.EqualTo(direct.LoginAnswer.Granted));
        Assert.That(through.Classifications, Is.EqualTo(clear.Classifications));
        HoldsNoSecret(through);
    }

    [TestCaseSource(nameof(Statements))]
    public async Task A_client_that_does_not_ask_learns_nothing(string sql)
    {
        await using var direct = await LogInDirectlyAsync();
        await using var client = await LogInAsync();

        var clear = await direct.QueryAsync(sql);
        var through = await client.QueryAsync(sql);

        Assert.That(client.LoginAnswer.Tokens, Is.EqualTo(direct.LoginAnswer.Tokens));
        Assert.That(through.Tokens, Has.None.EqualTo(TokenType.DataClassification).And.None.EqualTo(TokenType.FeatureExtAck));
        Assert.That(through.Tokens, Is.EqualTo(clear.Tokens));
        HoldsNoSecret(through);
    }

    [Test]
    public async Task A_client_that_asks_for_another_feature_is_told_of_that_one_alone()
    {
        var login = new TdsLogin { Features = FeatureExtensions.None.With(FeatureId.Utf8Support, new ByteString([])) };
        await using var client = await LogInAsync(login);
        Assert.That(client.LoginAnswer.Granted!.Features.Select(feature => feature.Id), Is.EqualTo([FeatureId.Utf8Support]));
    }

    [Test]
    public async Task Somebody_to_whom_nothing_is_masked_learns_no_more()
    {
        await using var client = await LogInAsync(new TdsLogin { User = "trusted" });
        foreach (string sql in Statements)
            Assert.That((await client.QueryAsync(sql)).Tokens, Has.None.EqualTo(TokenType.DataClassification), sql);
    }

    [Test]
    public async Task A_cursor_of_the_protocols_is_classified_as_directly([Values] bool asks)
    {
        await using var direct = await LogInDirectlyAsync(asks ? Asking : null);
        await using var client = await LogInAsync(asks ? Asking : null);
        var open = TdsCall.Of(ProcedureId.CursorOpen, IntOut(), Text("SELECT id, ward, ssn FROM dbo.patients"), IntOut(8), IntOut(1), IntOut(0));
        var clear = await direct.CallAsync(open);
        var through = await client.CallAsync(open);
        Assert.That(through.Tokens, Is.EqualTo(clear.Tokens), through.ToString());
        Assert.That(through.Classifications, Is.EqualTo(clear.Classifications));
    }

    [TestCase((byte)0), TestCase((byte)1)]
    public async Task A_server_that_knows_less_is_taken_as_it_is(byte version)
    {
        await using var server = await TdsClinic.StartServerAsync(classification: version);
        await using var gateway = await TdsClinic.StartAsync(server, TdsClinic.Guard);
        foreach (var login in (TdsLogin?[])[null, Asking])
        {
            await using var direct = await TdsClient.LogInAsync(server.Port, login);
            await using var client = await TdsClient.LogInAsync(gateway.Port, login);
            foreach (string sql in Statements)
            {
                var (clear, through) = (await direct.QueryAsync(sql), await client.QueryAsync(sql));
                Assert.That(through.Tokens, Is.EqualTo(clear.Tokens), sql);
                Assert.That(through.Classifications, Is.EqualTo(clear.Classifications), sql);
                HoldsNoSecret(through);
            }
        }
        Assert.That(gateway.Log, Does.Not.Contain("state different origins"));
    }

    [Test]
    public async Task The_analysis_and_the_server_agree_about_all_of_these()
    {
        await using var client = await LogInAsync();
        foreach (string sql in Statements)
            await client.QueryAsync(sql);
        Assert.That(Gateway.Log, Does.Not.Contain("state different origins"));
    }

    [Test]
    public async Task A_column_of_which_the_server_states_more_than_is_known_is_masked_until_the_catalog_is_new()
    {
        await using var server = await TdsClinic.StartServerAsync();
        await using var gateway = await TdsClinic.StartAsync(server, TdsClinic.Guard);
        await using var client = await TdsClient.LogInAsync(gateway.Port);
        await using var direct = await TdsClient.LogInAsync(server.Port);
        const string sql = "SELECT beds, name FROM dbo.wards WHERE name = N'north'";
        Assert.That((await client.QueryAsync(sql)).Text, Is.EqualTo("12|north"));

        await direct.QueryAsync("ADD SENSITIVITY CLASSIFICATION TO dbo.wards.beds WITH (LABEL = 'Secret')");
        var doubted = await client.QueryAsync(sql);
        var settled = await client.QueryAsync(sql);

        Assert.That(doubted.Text, Is.EqualTo("NULL|north"));
        Assert.That(doubted.Tokens, Has.None.EqualTo(TokenType.DataClassification));
        Assert.That(() => gateway.Log, Does.Contain("state different origins").After(60_000, 20));
        Assert.That(settled.Text, Is.EqualTo("12|north"), "the catalog was not read anew");
    }

    [Test]
    public async Task A_recording_is_laid_out_as_the_client_got_it([Values] bool asks)
    {
        await using var server = await TdsClinic.StartServerAsync();
        await using var gateway = await TdsClinic.StartAsync(server, settings => TdsClinic.Guard(settings) with { Durability = "strict" });
        await using (var client = await TdsClient.LogInAsync(gateway.Port, asks ? Asking : null))
            Assert.That((await client.QueryAsync("SELECT ssn, ward FROM dbo.patients WHERE id = 1")).Error, Is.Null);
        var journal = new JournalFiles(gateway);
        await TestKit.Until.TrueAsync(
            async () => (await journal.SessionsAsync()) is [.., var last] && last.GetProperty("closed").GetBoolean(),
            TimeSpan.FromMinutes(1), () => "the session's end is not on record");
        Assert.That(await journal.ReplayTextAsync((await journal.SessionsAsync())[^1]), Does.Contain("north").And.Not.Contain("900-11"));
    }
}
