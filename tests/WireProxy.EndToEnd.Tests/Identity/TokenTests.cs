namespace WireProxy.EndToEnd.Tests.Identity;

/// <summary>Tokens of a real provider as PostgreSQL passwords.</summary>
internal sealed class TokenTests : IdentityFixture
{
    /// <summary>For unknown key ids, which anybody can make up, keys are fetched every 10 seconds at most.</summary>
    private static readonly TimeSpan BetweenFetches = TimeSpan.FromSeconds(11);

    [TestCase("RS256")]
    [TestCase("ES256")]
    public async Task Psql_gets_in_with_a_token_and_the_database_sees_the_gateways_login(string algorithm)
    {
        var person = await TokenPsql(await Provider.PersonTokenAsync("alice@example.org", algorithm)).QueryAsync("SELECT current_user");
        var program = await TokenPsql(await Provider.ProgramTokenAsync(algorithm)).QueryAsync("SELECT current_user");
        Assert.That((person.Output, program.Output), Is.EqualTo(("scram\n", "md5\n")), () => $"{person}\n{program}\n{Gateway.Log}");
    }

    [Test]
    public async Task Rules_follow_the_groups_and_the_agent_of_the_token()
    {
        var program = await TokenPsql(await Provider.ProgramTokenAsync()).QueryAsync("SELECT count(*) FROM clinic.wards");
        var person = TokenPsql(await Provider.PersonTokenAsync("alice@example.org"));
        Assert.That(program.Error, Does.Contain("no-wards-for-programs"));
        Assert.That((await person.QueryAsync("SELECT count(*) FROM clinic.wards")).Output, Is.EqualTo("2\n"));
        Assert.That((await person.QueryAsync("UPDATE clinic.wards SET beds = beds")).Error, Does.Contain("agents-do-not-write"));
    }

    [Test]
    public async Task A_token_for_another_audience_gets_nobody_in()
    {
        var result = await TokenPsql(await Provider.ProgramTokenAsync(audience: "billing")).QueryAsync("SELECT 1");
        Assert.That(result.ExitCode, Is.EqualTo(2), result.ToString);
        Assert.That(result.Error, Does.Contain("the token is not accepted").And.Not.Contain("billing"));
    }

    [Test]
    public async Task A_session_ends_with_its_token_in_the_middle_of_a_statement()
    {
        var token = await Provider.ProgramTokenAsync(seconds: 12);
        var result = await (TokenPsql(token) with { Timeout = TimeSpan.FromMinutes(2) }).QueryAsync("SELECT pg_sleep(90)");
        Assert.That(result.Error, Does.Contain("the access token has expired"), result.ToString);
        var late = await TokenPsql(token).QueryAsync("SELECT 1");
        Assert.That(late.ExitCode, Is.EqualTo(2), late.ToString);
    }

    [Test]
    public async Task Keys_rotate_while_sessions_run()
    {
        await using var running = await OpenAsync("token", await Provider.ProgramTokenAsync());
        var before = await Provider.ProgramTokenAsync();
        await Provider.RotateKeysAsync(keepsOld: true);
        await Task.Delay(BetweenFetches);
        var between = await Provider.ProgramTokenAsync();
        Assert.That((await TokenPsql(between).QueryAsync("SELECT 1")).Output, Is.EqualTo("1\n"), Gateway.Log);
        Assert.That((await TokenPsql(before).QueryAsync("SELECT 1")).Output, Is.EqualTo("1\n"), "the old key is still told");

        await Provider.RotateKeysAsync(keepsOld: false);
        await Task.Delay(BetweenFetches);
        Assert.That((await TokenPsql(await Provider.ProgramTokenAsync("RS256")).QueryAsync("SELECT 1")).Output, Is.EqualTo("1\n"), Gateway.Log);
        Assert.That((await TokenPsql(between).QueryAsync("SELECT 1")).ExitCode, Is.EqualTo(2), "its key is not told any more");
        await using var command = running.CreateCommand();
        command.CommandText = "SELECT 40 + 2";
        Assert.That(await command.ExecuteScalarAsync(), Is.EqualTo(42), "a session that began with the first key goes on");
    }
}
