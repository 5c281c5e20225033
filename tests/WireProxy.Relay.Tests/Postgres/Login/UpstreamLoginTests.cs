using WireProxy.Access;
using WireProxy.TestKit;

namespace WireProxy.Relay.Tests.Postgres.Login;

/// <summary>The gateway proves itself to a real server, by every method that it has.</summary>
internal sealed class UpstreamLoginTests : LoginFixture
{
    private const string WhoAmI = "SELECT session_user";

    [TestCase("scram", UpstreamTlsMode.Require)]
    [TestCase("scram", UpstreamTlsMode.Disable)]
    [TestCase("tls_only", UpstreamTlsMode.Require)]
    [TestCase("md5", UpstreamTlsMode.Require)]
    [TestCase("md5", UpstreamTlsMode.Disable)]
    [TestCase("clear", UpstreamTlsMode.Require)]
    [TestCase("clear", UpstreamTlsMode.Disable)]
    [TestCase("trusted", UpstreamTlsMode.Require)]
    public async Task The_gateway_logs_in_by_the_method_that_the_server_asks_for(string user, UpstreamTlsMode tls)
    {
        LocalGateway gateway = StartGateway(new StubLogins(), LoginOf(user), tls);

        ProcessResult result = await PsqlOf(gateway).QueryAsync(WhoAmI);

        Assert.That(result.Output, Is.EqualTo(user + "\n"), () => $"{result}\n{Log.Text}");
    }

    [Test]
    public async Task The_gateway_logs_in_with_its_certificate()
    {
        (string certificate, string key) = Server.Certificates.IssueToClient("certified", "certified");
        var login = new UpstreamLogin("certified", null) { Certificate = LoadWithKey(certificate, key) };

        ProcessResult result = await PsqlOf(StartGateway(new StubLogins(), login)).QueryAsync(WhoAmI);

        Assert.That(result.Output, Is.EqualTo("certified\n"), () => $"{result}\n{Log.Text}");
    }

    [Test]
    public async Task The_gateway_logs_in_over_a_unix_socket_as_who_it_runs_as()
    {
        LocalGateway gateway = StartGateway(new StubLogins(), new UpstreamLogin("peered", null), change: listener => listener with
        {
            Upstream = listener.Upstream with { Host = Server.SocketDirectory },
        });

        Assert.That((await PsqlOf(gateway).QueryAsync(WhoAmI)).Output, Is.EqualTo("peered\n"), () => Log.Text);
    }

    [Test]
    public async Task An_access_token_is_sent_as_the_password()
    {
        UpstreamLogin login = LoginOf("clear") with { SendsToken = true };

        Assert.That((await PsqlOf(StartGateway(new StubLogins(), login)).QueryAsync(WhoAmI)).Output, Is.EqualTo("clear\n"));
    }

    [TestCase("scram")]
    [TestCase("md5")]
    public async Task An_access_token_answers_no_other_request(string user)
    {
        UpstreamLogin login = LoginOf(user) with { SendsToken = true };

        ProcessResult result = await PsqlOf(StartGateway(new StubLogins(), login)).QueryAsync(WhoAmI);

        Assert.That(result.Error, Does.Contain("the gateway cannot log in to the database"));
        Assert.That(() => Log.Text, Does.Contain("a token for it, which can be sent as a password alone").After(60_000, 20));
    }

    [Test]
    public async Task The_groups_of_the_client_decide_about_the_login()
    {
        LocalGateway gateway = StartGateway(new StubLogins(), null, change: listener => listener with
        {
            Upstream = listener.Upstream with
            {
                Credentials = new UpstreamLogins(
                    [new GroupLogin(["surgeons"], LoginOf("md5")), new GroupLogin(["nurses"], LoginOf("clear")), new GroupLogin(["analysts"], LoginOf("scram"))],
                    null),
            },
        });

        Assert.That((await PsqlOf(gateway).QueryAsync(WhoAmI)).Output, Is.EqualTo("clear\n"));
    }

    [Test]
    public async Task Whom_no_login_is_configured_for_is_told_so()
    {
        ProcessResult result = await PsqlOf(StartGateway(new StubLogins(), null)).QueryAsync(WhoAmI);

        Assert.That(result.Error, Does.Contain("no database login is configured for you here").And.Contain("upstream.credentials.by_group"));
    }

    [Test]
    public async Task A_refusal_of_the_server_is_not_the_clients_to_read()
    {
        var login = new UpstreamLogin("scram", new LiteralSecret("an old password"));

        ProcessResult result = await PsqlOf(StartGateway(new StubLogins(), login)).QueryAsync(WhoAmI);

        Assert.That(result.Error, Does.Contain("the database refused the gateway's login").And.Not.Contain("scram"));
        Assert.That(() => Log.Text, Does.Contain("28P01 password authentication failed for user \"scram\"").And.Not.Contain("an old password").After(60_000, 20));
    }

    [Test]
    public async Task The_gateways_password_may_be_missing()
    {
        ProcessResult result = await PsqlOf(StartGateway(new StubLogins(), new UpstreamLogin("scram", null))).QueryAsync(WhoAmI);

        Assert.That(result.Error, Does.Contain("the gateway cannot log in to the database"));
        Assert.That(() => Log.Text, Does.Contain("the database asks for a password, and upstream.credentials has none").After(60_000, 20));
    }

    [Test]
    public async Task A_secret_that_cannot_be_had_ends_the_login()
    {
        var login = new UpstreamLogin("scram", new Missing());

        ProcessResult result = await PsqlOf(StartGateway(new StubLogins(), login)).QueryAsync(WhoAmI);

        Assert.That(result.Error, Does.Contain("the gateway's own credential for the database cannot be had"));
        Assert.That(() => Log.Text, Does.Contain("the vault is sealed").After(60_000, 20));
    }

    [Test]
    public async Task What_the_server_says_of_the_clients_own_wishes_is_passed_on()
    {
        LocalGateway gateway = StartGateway(new StubLogins(), LoginOf("scram"));

        ProcessResult database = await (PsqlOf(gateway) with { Database = "nowhere" }).QueryAsync(WhoAmI);
        ProcessResult setting = await (PsqlOf(gateway) with { Parameters = "options='-c no_such_setting=1'" }).QueryAsync(WhoAmI);

        Assert.That(database.Error, Does.Contain("database \"nowhere\" does not exist"));
        Assert.That(setting.Error, Does.Contain("unrecognized configuration parameter \"no_such_setting\""));
    }

    [Test]
    public async Task Too_many_connections_of_the_gateways_role_are_told_without_its_name()
    {
        await Server.QueryAsync("CREATE ROLE narrow LOGIN CONNECTION LIMIT 0 PASSWORD 'correct horse'");

        ProcessResult result = await PsqlOf(StartGateway(new StubLogins(), LoginOf("narrow"))).QueryAsync(WhoAmI);

        Assert.That(result.Error, Does.Contain("the database takes no more connections now").And.Not.Contain("narrow"));
        Assert.That(() => Log.Text, Does.Contain("53300 too many connections for role \"narrow\"").After(60_000, 20));
    }

    [Test]
    public async Task A_changed_password_is_used_at_the_next_login()
    {
        var login = new UpstreamLogin("changing", new Changing());
        LocalGateway gateway = StartGateway(new StubLogins(), login);
        await Server.QueryAsync("CREATE ROLE changing LOGIN PASSWORD 'first'");
        Assert.That((await PsqlOf(gateway).QueryAsync(WhoAmI)).Output, Is.EqualTo("changing\n"));

        await Server.QueryAsync("ALTER ROLE changing PASSWORD 'second'");
        ((Changing)login.Password!).Value = "second";

        Assert.That((await PsqlOf(gateway).QueryAsync(WhoAmI)).Output, Is.EqualTo("changing\n"), () => Log.Text);
    }

    [TestCase("scram"), TestCase("md5"), TestCase("clear")]
    public async Task The_gateways_password_is_wiped_once_it_is_used(string user)
    {
        var source = new Remembering();

        Assert.That((await PsqlOf(StartGateway(new StubLogins(), new UpstreamLogin(user, source))).QueryAsync(WhoAmI)).Output, Is.EqualTo(user + "\n"));

        Assert.That(source.Given, Has.Count.EqualTo(1));
        Assert.That(source.Given[0].Utf8.ToArray(), Is.All.Zero);
    }

    [TestCase("trusted"), TestCase("peered")]
    public async Task A_secret_that_nobody_asks_for_is_not_read(string user)
    {
        var source = new Remembering();
        LocalGateway gateway = StartGateway(new StubLogins(), new UpstreamLogin(user, source), change: listener => user == "trusted" ? listener : listener with
        {
            Upstream = listener.Upstream with { Host = Server.SocketDirectory },
        });

        Assert.That((await PsqlOf(gateway).QueryAsync(WhoAmI)).Output, Is.EqualTo(user + "\n"));

        Assert.That(source.Given, Is.Empty);
    }

    [Test]
    public async Task Replication_is_refused()
    {
        LocalGateway gateway = StartGateway(new StubLogins(), LoginOf("postgres"));

        ProcessResult result = await (PsqlOf(gateway) with { Parameters = "replication=database" }).QueryAsync("IDENTIFY_SYSTEM");

        Assert.That(result.Error, Does.Contain("replication connections are refused"));
    }

    private sealed class Missing : SecretSource
    {
        public override ValueTask<Secret> ReadAsync(CancellationToken cancellationToken) =>
            throw new SecretUnavailableException("the vault is sealed");
    }

    private sealed class Remembering : SecretSource
    {
        public List<Secret> Given { get; } = [];

        public override async ValueTask<Secret> ReadAsync(CancellationToken cancellationToken)
        {
            Secret secret = await new LiteralSecret(PostgresServer.Password).ReadAsync(cancellationToken);
            Given.Add(secret);
            return secret;
        }
    }

    private sealed class Changing : SecretSource
    {
        public string Value { get; set; } = "first";

        public override ValueTask<Secret> ReadAsync(CancellationToken cancellationToken) =>
            new LiteralSecret(Value).ReadAsync(cancellationToken);
    }
}
