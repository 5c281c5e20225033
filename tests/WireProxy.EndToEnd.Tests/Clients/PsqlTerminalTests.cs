using WireProxy.TestKit;

namespace WireProxy.EndToEnd.Tests.Clients;

/// <summary>psql as a person has it: on a terminal, with keys.</summary>
[TestFixture(Through.Transparent)]
[TestFixture(Through.Guarded)]
public sealed class PsqlTerminalTests(Through through) : ThroughGateway(through)
{
    private Terminal _terminal = null!;

    [SetUp]
    public async Task OpenPsql()
    {
        _terminal = Psql.OpenTerminal();
        await _terminal.ExpectAsync("postgres=# ");
    }

    [TearDown]
    public async Task ClosePsql() => await _terminal.DisposeAsync();

    [Test]
    public async Task Tab_completes_a_table_and_a_keyword()
    {
        await _terminal.SendAsync("SEL" + Terminal.Tab);
        await _terminal.ExpectAsync("SELECT ");
        await _terminal.SendAsync("name FROM clinic.war" + Terminal.Tab);
        await _terminal.ExpectAsync("clinic.wards ");
        await _terminal.SendLineAsync("ORDER BY 1;");

        await _terminal.ExpectAsync("north");
        await _terminal.ExpectAsync("(2 rows)");
    }

    [Test]
    public async Task Control_C_cancels_a_sleeping_statement_and_the_session_goes_on()
    {
        var marker = $"sleeper {Guid.NewGuid():N}";
        await _terminal.SendLineAsync($"SELECT pg_sleep(600) /* {marker} */;");
        await Until.TrueAsync(
            async () => await Server.QueryAsync(
                $"SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%{marker}%' AND wait_event = 'PgSleep'") == "1",
            TimeSpan.FromSeconds(30), () => "the statement does not run");
        await _terminal.SendAsync(Terminal.ControlC);

        await _terminal.ExpectAsync("canceling statement due to user request");
        await _terminal.ExpectAsync("postgres=# ");
        await _terminal.SendLineAsync("SELECT 'still' || ' here';");
        await _terminal.ExpectAsync("still here");
    }

    [Test]
    public async Task Watch_repeats_until_it_is_interrupted()
    {
        await _terminal.SendLineAsync(@"SELECT 'tick' || 'tock' AS clock \watch 0.1");
        for (var n = 0; n < 3; n++)
            await _terminal.ExpectAsync("ticktock");
        await _terminal.SendAsync(Terminal.ControlC);

        await _terminal.ExpectAsync("postgres=# ");
        await _terminal.SendLineAsync("SELECT 'still' || ' here';");
        await _terminal.ExpectAsync("still here");
    }

    [Test]
    public async Task Password_changes_the_password_that_the_next_login_needs()
    {
        var user = $"changes_{Kind}".ToLowerInvariant();
        await Server.QueryAsync($"CREATE ROLE {user} LOGIN PASSWORD 'old'");
        await _terminal.SendLineAsync($@"\password {user}");
        await _terminal.ExpectAsync("Enter new password");
        await _terminal.SendLineAsync("brand new pass");
        await _terminal.ExpectAsync("Enter it again:");
        await _terminal.SendLineAsync("brand new pass");
        await _terminal.ExpectAsync("postgres=# ");
        await _terminal.SendLineAsync(@"\q");
        await _terminal.ExitAsync();

        var withOld = await (Gateway.Psql(user) with { Password = "old" }).QueryAsync("SELECT 1");
        var withNew = await (Gateway.Psql(user) with { Password = "brand new pass" }).QueryAsync("SELECT current_user");

        Assert.That(withOld.Error, Does.Contain($"password authentication failed for user \"{user}\""));
        Assert.That(withNew.Output, Is.EqualTo(user + "\n"), withNew.ToString());
    }
}
