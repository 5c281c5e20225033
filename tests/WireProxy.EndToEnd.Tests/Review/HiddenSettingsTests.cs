using Npgsql;
using WireProxy.TestKit;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.EndToEnd.Tests.Review;

/// <summary>The server may read a text with other settings than those it was judged by, where what changes them is under way.</summary>
public sealed class HiddenSettingsTests
{
    private const string Policy = """
        version: 1
        rules:
          - name: no-drop
            when: { statement: [DROP TABLE] }
            then: block
        """;

    // One string literal to the parser; with standard_conforming_strings off a literal and a DROP TABLE.
    private const string Ambiguous = @"SELECT '\' || ' ; DROP TABLE victim; -- '";
    private const string Off = "set_config('standard_conforming_strings', 'off', false)";

    private GatewayProcess _gateway = null!;

    [OneTimeSetUp]
    public async Task Start() => _gateway = await Clinic.StartAsync(settings => settings with { Policy = Policy });

    [OneTimeTearDown]
    public async Task Stop() => await _gateway.DisposeAsync();

    [SetUp]
    public async Task Make_the_victim() => await RunDirectlyAsync("CREATE TABLE IF NOT EXISTS victim (a int)");

    [Test]
    public async Task In_the_startup_packet()
    {
        await using var client = await WireClient.ConnectAsync(_gateway.Port);
        await client.SendAsync(
            Startup("postgres", "postgres", Version30, ("options", "-c standard_conforming_strings=off")), Query(Ambiguous));
        await client.FinishLogInAsync();
        await client.ReadToEndOrReadyAsync();

        await AssertVictimLivesAsync();
    }

    [Test]
    public async Task In_a_prepared_statement_that_SQL_executes()
    {
        await using var client = await SettledAsync($"PREPARE p AS SELECT {Off}");
        await AttackAsync(client, Query("EXECUTE p"));
    }

    [Test]
    public async Task In_a_prepared_statement_that_the_protocol_executes()
    {
        await using var client = await SettledAsync("SELECT 1");
        await client.SendAsync(Parse($"SELECT {Off}", "p"), Sync);
        await client.ReadUntilAsync('Z');
        await client.QueryAsync(@"SELECT 'a\b'");
        await AttackAsync(client, Join(Bind("", "p"), Execute(), Sync));
    }

    [Test]
    public async Task In_a_pipeline_that_has_not_come_to_its_Sync()
    {
        await using var client = await SettledAsync("SELECT 1");
        await client.SendAsync(Parse($"SELECT {Off}"), Bind(), Execute(), Parse(Ambiguous), Bind(), Execute(), Sync);
        var answer = await client.ReadUntilAsync('Z');

        Assert.That(answer.Single(message => message.Type == 'E').SqlState, Is.EqualTo("42501"));
        await AssertVictimLivesAsync();
    }

    [Test]
    public async Task In_a_cursor()
    {
        await using var client = await SettledAsync($"BEGIN; DECLARE c CURSOR FOR SELECT {Off}");
        await AttackAsync(client, Query("FETCH c"));
    }

    [Test]
    public async Task In_a_function_call()
    {
        await using var client = await SettledAsync("SELECT 1");
        // set_config is 2078 (pg_proc.dat); arguments as text, result as text.
        await AttackAsync(client, Message(
            'F', Int32(2078), Int16(0), Int16(3), Argument("standard_conforming_strings"), Argument("off"), Argument("f"), Int16(0)));
    }

    [Test]
    public async Task In_a_trigger()
    {
        await RunDirectlyAsync(
            "CREATE TABLE IF NOT EXISTS sprung (a int); CREATE OR REPLACE FUNCTION spring() RETURNS trigger LANGUAGE plpgsql AS " +
            $"$$ BEGIN PERFORM {Off}; RETURN new; END $$; " +
            "CREATE OR REPLACE TRIGGER spring BEFORE INSERT ON sprung FOR EACH ROW EXECUTE FUNCTION spring()");
        await using var client = await SettledAsync("SELECT 1");
        await AttackAsync(client, Query("INSERT INTO sprung VALUES (1)"));
    }

    [Test]
    public async Task A_pipeline_with_text_beyond_ASCII_runs()
    {
        await using var client = await SettledAsync("SELECT 1");
        await client.SendAsync(Parse("SELECT 'é'"), Bind(), Execute(), Parse(@"SELECT 'ö\'"), Bind(), Execute(), Sync);

        var rows = (await client.ReadUntilAsync('Z')).Where(message => message.Type == 'D').Select(row => row.Texts[0]);

        Assert.That(rows, Is.EqualTo((string[])["é", @"ö\"]));
    }

    private async Task<WireClient> SettledAsync(string first)
    {
        var client = await WireClient.LogInAsync(_gateway.Port);
        await client.QueryAsync(first);
        await client.QueryAsync(@"SELECT 'a\b'");
        return client;
    }

    private async Task AttackAsync(WireClient client, byte[] change)
    {
        await client.SendAsync(change, Query(Ambiguous));
        await client.ReadUntilAsync('Z');
        await client.ReadUntilAsync('Z');
        await AssertVictimLivesAsync();
    }

    private static byte[] Argument(string value) => [.. Int32(value.Length), .. System.Text.Encoding.ASCII.GetBytes(value)];

    private static async Task<object?> RunDirectlyAsync(string sql)
    {
        var server = await Clinic.ServerAsync();
        await using var connection = await Clinic.OpenAsync(server.Port);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    private static async Task AssertVictimLivesAsync() =>
        Assert.That(await RunDirectlyAsync("SELECT to_regclass('victim') IS NOT NULL"), Is.True);
}
