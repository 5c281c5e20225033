using WireProxy.Access;
using WireProxy.Policy;
using WireProxy.TestKit;

namespace WireProxy.Relay.Tests.Postgres.Login;

/// <summary>A session ends when its grant does, whatever it is doing.</summary>
[TestFixture(true)]
[TestFixture(false)]
internal sealed class GrantEndTests(bool isTransparent) : LoginFixture
{
    private const string Running = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'scram' AND state = 'active'";

    // In a select list the numbers are made one by one; in FROM all of them would be made first.
    private const string EndlessRows = "SELECT repeat('x', 7001) FROM (SELECT generate_series(1, 100000000)) numbers";

    private static readonly GrantEnd Expired = new("the access token has expired", "Get a new token and connect again.");

    private CompiledPolicy Policy => isTransparent ? CompiledPolicy.AllowEverything : TestPolicies.Protecting;

    [Test]
    public async Task An_idle_session_is_told_why_it_ends()
    {
        var logins = new StubLogins();
        await using WireClient client = await LogInAsync(logins);

        logins.Grant.End = Expired;

        AssertToldWhy(await client.ReadToEndAsync());
    }

    [Test]
    public async Task A_statement_under_way_is_stopped_on_the_server_too()
    {
        var logins = new StubLogins();
        await using WireClient client = await LogInAsync(logins);
        await client.SendAsync(WireBuilder.Query("SELECT pg_sleep(100)"));
        await Until.TrueAsync(async () => await Server.QueryAsync(Running) == "1", TimeSpan.FromSeconds(10), () => "the statement does not run");

        logins.Grant.End = Expired;

        AssertToldWhy(await client.ReadToEndAsync());
        await Until.TrueAsync(
            async () => await Server.QueryAsync(Running) == "0", TimeSpan.FromSeconds(3), () => "the statement still runs");
    }

    [Test]
    public async Task A_client_in_the_middle_of_rows_is_told_why()
    {
        var logins = new StubLogins();
        await using WireClient client = await LogInAsync(logins);
        // Rows that never end on a message's boundary with a buffer's.
        await client.SendAsync(WireBuilder.Query(EndlessRows));
        for (int i = 0; i < 1000; i++)
            await client.ReadAsync();

        logins.Grant.End = Expired;

        AssertToldWhy(await client.ReadToEndAsync());
    }

    [Test]
    public async Task A_client_that_reads_nothing_does_not_keep_its_statement_running()
    {
        var logins = new StubLogins();
        await using WireClient client = await LogInAsync(logins);
        await client.SendAsync(WireBuilder.Query(EndlessRows));
        await client.ReadAsync();
        await Until.TrueAsync(async () => await Server.QueryAsync(Running) == "1", TimeSpan.FromSeconds(10), () => "the statement does not run");

        logins.Grant.End = Expired;

        await Until.TrueAsync(
            async () => await Server.QueryAsync(Running) == "0", TimeSpan.FromSeconds(3), () => "the statement still runs");
    }

    [Test]
    public async Task Nothing_is_run_that_is_sent_after_the_end()
    {
        var logins = new StubLogins();
        await using WireClient client = await LogInAsync(logins);
        await client.QueryAsync("CREATE TEMP TABLE seen(i int)");
        await client.SendAsync(WireBuilder.Query("SELECT pg_sleep(100)"));
        await Until.TrueAsync(async () => await Server.QueryAsync(Running) == "1", TimeSpan.FromSeconds(10), () => "the statement does not run");
        logins.Grant.End = Expired;
        await client.ReadUntilAsync('E');

        await Task.Delay(100);
        try
        {
            await client.SendAsync(WireBuilder.Query("CREATE TABLE after_the_end()"));
        }
        catch (IOException)
        {
            // Closed already.
        }
        await client.ReadToEndAsync();

        Assert.That(await Server.QueryAsync("SELECT to_regclass('after_the_end') IS NULL"), Is.EqualTo("t"));
    }

    [Test]
    public async Task A_grant_that_is_over_during_the_login_lets_nobody_in()
    {
        var logins = new StubLogins { Grant = { End = Expired } };
        await using ScramWire client = await ScramWire.ConnectAsync(StartGateway(logins, LoginOf("scram"), policy: Policy).Port);
        await client.BeginAsync("alice");
        await client.ProveAsync(StubLogins.Password);

        IReadOnlyList<WireMessage> rest = await client.Wire.ReadToEndAsync();

        Assert.That(rest[^1].SqlState, Is.EqualTo("57P01"));
    }

    private async Task<WireClient> LogInAsync(StubLogins logins)
    {
        ScramWire client = await ScramWire.ConnectAsync(StartGateway(logins, LoginOf("scram"), policy: Policy).Port);
        await client.BeginAsync("alice");
        await client.ProveAsync(StubLogins.Password);
        await client.Wire.FinishLogInAsync();
        return client.Wire;
    }

    private static void AssertToldWhy(IReadOnlyList<WireMessage> rest)
    {
        Assert.That(rest, Is.Not.Empty, "the connection was closed without a word");
        Assert.That(rest[^1].SqlState, Is.EqualTo("57P01"), string.Join(' ', rest.TakeLast(3)));
        Assert.That(rest.Select(message => message.SqlState), Has.None.EqualTo("57014"), "the gateway's own cancellation is not the reason");
        Assert.That(rest[^1].Field('S'), Is.EqualTo("FATAL"));
        Assert.That(rest[^1].Field('M'), Does.Contain("the access token has expired"));
        Assert.That(rest[^1].Field('H'), Does.Contain("Get a new token"));
    }
}
