using WireProxy.TestKit;

namespace WireProxy.Relay.Tests.Postgres.Login;

/// <summary>Real clients that prove themselves to the gateway, which logs in to the database as somebody else.</summary>
internal sealed class ClientLoginTests : LoginFixture
{
    private const string WhoAmI = "SELECT session_user || ' in ' || current_database()";

    [TestCase("channel_binding=require")]
    [TestCase("channel_binding=disable")]
    [TestCase("channel_binding=prefer")]
    public async Task A_local_user_logs_in_by_scram(string parameters)
    {
        LocalGateway gateway = StartGateway(new StubLogins(), LoginOf("scram"));
        Psql psql = PsqlOf(gateway) with { Parameters = $"sslmode=require {parameters}" };

        ProcessResult result = await psql.QueryAsync(WhoAmI);

        Assert.That(result.Output, Is.EqualTo("scram in postgres\n"), () => $"{result}\n{Log.Text}");
    }

    [Test]
    public async Task Scram_needs_no_tls()
    {
        LocalGateway gateway = StartGateway(new StubLogins(), LoginOf("scram"));

        ProcessResult result = await (PsqlOf(gateway) with { Parameters = "sslmode=disable" }).QueryAsync(WhoAmI);

        Assert.That(result.Output, Is.EqualTo("scram in postgres\n"), result.ToString());
    }

    [TestCase(0)]
    [TestCase((16 * 1024) - 12)]
    public async Task A_token_logs_in_as_a_password_inside_tls(int padding)
    {
        LocalGateway gateway = StartGateway(new StubLogins(), LoginOf("scram"));

        ProcessResult result = await PsqlOf(gateway, "token", StubLogins.Token + new string('x', padding)).QueryAsync(WhoAmI);

        Assert.That(result.Output, Is.EqualTo("scram in postgres\n"), () => $"{result}\n{Log.Text}");
    }

    [Test]
    public async Task A_token_is_not_asked_for_outside_tls()
    {
        LocalGateway gateway = StartGateway(new StubLogins(), LoginOf("scram"));

        ProcessResult result = await (PsqlOf(gateway, "token", StubLogins.Token) with { Parameters = "sslmode=disable" }).QueryAsync("SELECT 1");

        Assert.That(result.Error, Does.Contain("this login needs an encrypted connection").And.Contain("Let the client use TLS"));
    }

    [Test]
    public async Task A_token_is_asked_for_on_loopback_where_that_is_allowed()
    {
        LocalGateway gateway = StartGateway(new StubLogins(), LoginOf("scram"), change: listener => listener with { CleartextOnLoopback = true });

        ProcessResult result = await (PsqlOf(gateway, "token", StubLogins.Token) with { Parameters = "sslmode=disable" }).QueryAsync(WhoAmI);

        Assert.That(result.Output, Is.EqualTo("scram in postgres\n"), result.ToString());
    }

    [TestCase("alice", "scram in postgres\n")]
    [TestCase("stranger", "")]
    [TestCase("mallory", "")]
    public async Task A_client_certificate_is_enough(string commonName, string expected)
    {
        LocalGateway gateway = StartGateway(new StubLogins(), LoginOf("scram"));
        (string certificate, string key) = Certificates.IssueToClient("client-" + commonName, commonName);
        Psql psql = PsqlOf(gateway, "whoever", null) with { Parameters = $"sslmode=require sslcert={certificate} sslkey={key}" };

        ProcessResult result = await psql.QueryAsync(WhoAmI);

        Assert.That(result.Output, Is.EqualTo(expected), () => $"{result}\n{Log.Text}");
    }

    [Test]
    public async Task A_certificate_that_no_mapping_takes_leaves_other_proofs()
    {
        LocalGateway gateway = StartGateway(new StubLogins(), LoginOf("scram"));
        (string certificate, string key) = Certificates.IssueToClient("client-other", "stranger");
        Psql psql = PsqlOf(gateway) with { Parameters = $"sslmode=require sslcert={certificate} sslkey={key}" };

        Assert.That((await psql.QueryAsync(WhoAmI)).Output, Is.EqualTo("scram in postgres\n"));
        Assert.That(Log.Text, Does.Contain("does not lead to an authority of identity.certificates"), "the operator is told why a password was asked for");
    }

    [TestCase("scram-sha-256", "alice", StubLogins.Password)]
    [TestCase("password", "token", StubLogins.Token)]
    public async Task What_libpq_requires_of_the_method_holds(string method, string user, string password)
    {
        Psql psql18 = PsqlOf(StartGateway(new StubLogins(), LoginOf("scram")), user, password) with { Library = await Library18Async() };

        ProcessResult right = await (psql18 with { Parameters = $"sslmode=require require_auth={method}" }).QueryAsync(WhoAmI);
        ProcessResult wrong = await (psql18 with { Parameters = $"sslmode=require require_auth=!{method}" }).QueryAsync(WhoAmI);

        Assert.That(right.Output, Is.EqualTo("scram in postgres\n"), right.ToString());
        Assert.That(wrong.Error, Does.Contain("authentication method requirement"));
    }

    [TestCase("sslmode=require sslnegotiation=direct channel_binding=require")]
    [TestCase("sslmode=require gssencmode=disable")]
    [TestCase("sslmode=require min_protocol_version=3.0 max_protocol_version=latest")]
    public async Task A_newer_libpq_gets_in(string parameters)
    {
        Psql psql = PsqlOf(StartGateway(new StubLogins(), LoginOf("scram"))) with { Library = await Library18Async(), Parameters = parameters };

        ProcessResult result = await psql.QueryAsync(WhoAmI);

        Assert.That(result.Output, Is.EqualTo("scram in postgres\n"), () => $"{result}\n{Log.Text}");
    }

    [Test]
    public async Task A_database_may_be_named()
    {
        await Server.QueryAsync("CREATE DATABASE other");
        Psql psql = PsqlOf(StartGateway(new StubLogins(), LoginOf("scram"))) with { Database = "other" };

        Assert.That((await psql.QueryAsync(WhoAmI)).Output, Is.EqualTo("scram in other\n"));
    }

    [Test]
    public async Task Without_a_database_it_is_that_of_the_gateways_user()
    {
        await Server.QueryAsync("CREATE DATABASE trusted");
        LocalGateway gateway = StartGateway(new StubLogins(), new WireProxy.Access.UpstreamLogin("trusted", null));
        await using ScramWire client = await ScramWire.ConnectAsync(gateway.Port);
        await client.BeginAsync("alice", null);
        await client.ProveAsync(StubLogins.Password);

        await client.Wire.FinishLogInAsync();

        Assert.That((await client.Wire.QueryAsync(WhoAmI))[1].Texts[0], Is.EqualTo("trusted in trusted"));
    }

    [Test]
    public async Task Without_a_user_name_nobody_gets_in()
    {
        LocalGateway gateway = StartGateway(new StubLogins(), LoginOf("scram"));
        await using WireClient client = await WireClient.ConnectAsync(gateway.Port);
        await client.SendAsync(WireBuilder.Startup("", "postgres"));

        Assert.That((await client.ReadToEndAsync())[0].SqlState, Is.EqualTo("28000"));
    }

    [Test]
    public async Task Protocol_3_2_is_the_servers_and_its_long_keys_cancel()
    {
        await using PostgresServer server = await PostgresServer.StartAsync(new PostgresServerOptions { Installation = await Library18Async() });
        LocalGateway gateway = StartGateway(new StubLogins(), LoginOf("scram"), upstreamPort: server.Port);
        await using ScramWire client = await ScramWire.ConnectAsync(gateway.Port);
        await client.BeginAsync("alice", version: WireBuilder.Version32);
        await client.ProveAsync(StubLogins.Password);
        IReadOnlyList<WireMessage> login = await client.Wire.FinishLogInAsync();
        await client.Wire.SendAsync(WireBuilder.Query("SELECT pg_sleep(60)"));
        await Until.TrueAsync(
            async () => await server.QueryAsync("SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)' AND state = 'active'") == "1",
            TimeSpan.FromSeconds(20), () => Log.Text);

        await using (WireClient cancelling = await WireClient.ConnectAsync(gateway.Port))
        {
            await cancelling.SendAsync(WireBuilder.CancelRequest(client.Wire.ProcessId, client.Wire.CancelKey));
            await cancelling.ReadToEndAsync();
        }

        Assert.That(login.Select(message => message.Type), Does.Not.Contain('v'), "the server speaks it");
        Assert.That(client.Wire.CancelKey, Has.Length.GreaterThan(4));
        Assert.That((await client.Wire.ReadUntilAsync('Z')).First(message => message.Type == 'E').SqlState, Is.EqualTo("57014"));
    }

    [Test]
    public async Task An_older_server_says_which_protocol_it_speaks()
    {
        LocalGateway gateway = StartGateway(new StubLogins(), LoginOf("scram"));
        await using ScramWire client = await ScramWire.ConnectAsync(gateway.Port);
        await client.BeginAsync("alice", version: WireBuilder.Version32);
        await client.ProveAsync(StubLogins.Password);

        IReadOnlyList<WireMessage> login = await client.Wire.FinishLogInAsync();

        Assert.That(string.Concat(login.Take(3).Select(message => message.Type)), Is.EqualTo("RvR"), "between the end of SCRAM and AuthenticationOk");
    }

    [Test]
    public async Task Nothing_of_a_login_is_kept_alive_by_its_session()
    {
        var logins = new StubLogins();
        LocalGateway gateway = StartGateway(logins, LoginOf("scram"));
        await using ScramWire client = await ScramWire.ConnectAsync(gateway.Port);
        await client.BeginAsync("alice");
        await client.ProveAsync(StubLogins.Password);
        await client.Wire.FinishLogInAsync();

        await Until.TrueAsync(
            () =>
            {
                GC.Collect();
                return logins.Attempts.All(attempt => !attempt.TryGetTarget(out _));
            },
            TimeSpan.FromSeconds(10), () => "the attempt, and with it whatever holds it, is still reachable");
        Assert.That(gateway.SessionCount, Is.EqualTo(1));
    }

    private static async Task<PostgresInstallation> Library18Async()
    {
        try
        {
            return await PostgresInstallation.Npm18Async();
        }
        catch (UnavailableException unavailable)
        {
            Assert.Ignore(unavailable.Message);
            throw;
        }
    }
}
