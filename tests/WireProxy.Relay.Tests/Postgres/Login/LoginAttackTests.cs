using System.Text;
using WireProxy.TestKit;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.Relay.Tests.Postgres.Login;

/// <summary>Clients that break the rules of a login on purpose. Each is refused, nothing reaches the server, and the gateway goes on.</summary>
internal sealed class LoginAttackTests : LoginFixture
{
    private const string NoPassword = "";

    private StubLogins _logins = null!;
    private long _connectionsBefore;

    [SetUp]
    public async Task StartOne()
    {
        _logins = new StubLogins();
        StartGateway(_logins, LoginOf("scram"));
        _connectionsBefore = await ConnectionsAsync();
    }

    [TearDown]
    public async Task Nobody_came_through_and_others_still_do()
    {
        Assert.That(await ConnectionsAsync(), Is.EqualTo(_connectionsBefore), "the server was connected to");
        if (!_logins.IsThrottling)
            Assert.That((await PsqlOf(FirstGateway).QueryAsync("SELECT 1")).Output, Is.EqualTo("1\n"));
    }

    [Test]
    public async Task A_wrong_nonce_is_refused()
    {
        await using ScramWire client = await ScramWire.ConnectAsync(FirstGateway.Port);
        await client.BeginAsync("alice");
        await client.SendFirstAsync();
        await client.SendProofAsync(StubLogins.Password, nonce: ScramWire.Nonce + "anotherexchangesnonce");

        await AssertRefusedAsync(client.Wire, "SCRAM: the nonce is not that of this exchange");
    }

    [Test]
    public async Task A_wrong_proof_is_refused()
    {
        await using ScramWire client = await ScramWire.ConnectAsync(FirstGateway.Port);
        await client.BeginAsync("alice");
        await client.SendFirstAsync();
        await client.SendProofAsync(StubLogins.Password, flip: 1);

        await AssertRefusedAsync(client.Wire, "the password is wrong");
    }

    [Test]
    public async Task A_downgrade_from_plus_is_refused()
    {
        // The client could bind its channel, and believes that the server cannot: somebody took -PLUS from the offer.
        await using ScramWire client = await ScramWire.ConnectAsync(FirstGateway.Port, "SCRAM-SHA-256", "y,,");
        await BeginTlsAsync(client.Wire);
        WireMessage offer = await client.BeginAsync("alice");
        Assert.That(Encoding.ASCII.GetString(offer.Body), Does.Contain("SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0"));
        WireMessage answer = await client.SendFirstAsync();

        Assert.That(answer.SqlState, Is.EqualTo("28P01"));
        Assert.That(_logins.Refusals, Is.EqualTo((string[])["SCRAM: a downgrade from -PLUS was tried"]));
    }

    [TestCase("SCRAM-SHA-256-PLUS", "p=tls-server-end-point,,", TestName = "Plus_is_refused_outside_tls")]
    [TestCase("SCRAM-SHA-1", "n,,", TestName = "A_mechanism_that_was_not_offered_is_refused")]
    [TestCase("", "n,,", TestName = "A_mechanism_without_a_name_is_refused")]
    [TestCase("SCRAM-SHA-256", "n,a=admin,", TestName = "An_authorization_identity_is_refused")]
    [TestCase("SCRAM-SHA-256", "x,,", TestName = "An_unknown_binding_flag_is_refused")]
    [TestCase("SCRAM-SHA-256", "n,,m=1,", TestName = "A_mandatory_extension_is_refused")]
    [TestCase("SCRAM-SHA-256", "p=tls-unique,,", TestName = "A_binding_without_plus_is_refused")]
    public async Task A_wrong_beginning_is_refused(string mechanism, string gs2Header)
    {
        await using ScramWire client = await ScramWire.ConnectAsync(FirstGateway.Port, mechanism, gs2Header);
        await client.BeginAsync("alice");
        WireMessage answer = await client.SendFirstAsync();

        Assert.That(answer.SqlState, Is.EqualTo("28P01"));
        Assert.That(_logins.Refusals, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Another_channels_binding_is_refused()
    {
        await using ScramWire client = await ScramWire.ConnectAsync(FirstGateway.Port, "SCRAM-SHA-256-PLUS", "p=tls-server-end-point,,");
        await BeginTlsAsync(client.Wire);
        await client.BeginAsync("alice");
        await client.SendFirstAsync();
        // Bound to nothing, as a client would whose own channel ends elsewhere.
        await client.SendProofAsync(StubLogins.Password);

        await AssertRefusedAsync(client.Wire, "SCRAM: the channel binding is not that of this connection");
    }

    [Test]
    public async Task Garbage_in_place_of_scram_is_refused([Values(0, 1, 4, 5, 63, 4096, 60_000)] int length)
    {
        await using WireClient client = await WireClient.ConnectAsync(FirstGateway.Port);
        await client.SendAsync(Startup("alice", "postgres"));
        await client.ReadAsync();
        var garbage = new byte[length];
        new Random(length).NextBytes(garbage);
        await client.SendAsync(Message('p', garbage));

        Assert.That((await client.ReadToEndAsync()).Select(message => message.SqlState), Is.EqualTo((string[])["28P01"]));
        Assert.That(_logins.Refusals, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_message_too_long_for_a_login_is_refused_before_it_is_read()
    {
        await using WireClient client = await WireClient.ConnectAsync(FirstGateway.Port);
        await client.SendAsync(Startup("alice", "postgres"));
        await client.ReadAsync();
        await client.SendAsync(MessageOfLength('p', 100_000_000, new byte[1000]));

        IReadOnlyList<WireMessage> rest = await client.ReadToEndAsync();
        Assert.That(rest[0].SqlState, Is.EqualTo("08P01"));
        Assert.That(rest[0].Field('M'), Does.Contain("too long for a login"));
    }

    [Test]
    public async Task A_password_without_a_request_is_no_login()
    {
        // Sent with the startup packet it is read as the answer to whatever is asked, as PostgreSQL reads it: SCRAM.
        await using WireClient client = await WireClient.ConnectAsync(FirstGateway.Port);
        await client.SendAsync(Startup("alice", "postgres"), Password(StubLogins.Password));

        IReadOnlyList<WireMessage> rest = await client.ReadToEndAsync();
        Assert.That(rest.Select(message => message.Type), Is.EqualTo("RE"));
        Assert.That(rest[1].SqlState, Is.EqualTo("28P01"));
    }

    [TestCase('Q'), TestCase('X'), TestCase('P'), TestCase('d')]
    public async Task Something_else_than_an_answer_is_refused(char type)
    {
        await using WireClient client = await WireClient.ConnectAsync(FirstGateway.Port);
        await client.SendAsync(Startup("alice", "postgres"));
        await client.ReadAsync();
        await client.SendAsync(Message(type, Text("SELECT 1")));

        Assert.That((await client.ReadToEndAsync()).Select(message => message.SqlState), Is.EqualTo((string[])["08P01"]));
        Assert.That(_logins.Refusals, Is.EqualTo((string[])["the login broke off"]), "it is put on record, and so it must have a limit");
    }

    [Test]
    public async Task An_unknown_user_and_a_wrong_password_get_the_same_bytes()
    {
        (string unknown, string unknownShape) = await RefusalOfAsync("nobody", "a guess");
        (string wrong, string wrongShape) = await RefusalOfAsync("alice", "a guess");

        Assert.That(unknown, Is.EqualTo(wrong));
        Assert.That(unknownShape, Is.EqualTo(wrongShape), "salts differ, but not in length, iterations or order");
    }

    [Test]
    public async Task The_salt_of_an_unknown_user_stays_the_same()
    {
        string first = await SaltOfAsync("nobody");

        Assert.That(await SaltOfAsync("nobody"), Is.EqualTo(first));
    }

    [Test]
    public async Task A_client_without_tls_learns_nothing_where_it_is_required()
    {
        LocalGateway strict = StartGateway(_logins, LoginOf("scram"), clientTls: ClientTlsMode.Require);
        await using WireClient client = await WireClient.ConnectAsync(strict.Port);
        await client.SendAsync(Startup("alice", "postgres"));

        IReadOnlyList<WireMessage> rest = await client.ReadToEndAsync();
        Assert.That(rest.Select(message => message.SqlState), Is.EqualTo((string[])["28000"]));
        Assert.That(rest[0].Field('M'), Does.Contain("requires TLS"));
    }

    [Test]
    public async Task A_token_is_never_asked_for_where_it_would_be_read_on_the_way()
    {
        await using WireClient client = await WireClient.ConnectAsync(FirstGateway.Port);
        await client.SendAsync(Startup("token", "postgres"), Password(StubLogins.Token));

        IReadOnlyList<WireMessage> rest = await client.ReadToEndAsync();
        Assert.That(rest.Select(message => message.Type), Is.EqualTo("E"), "no request for a password");
    }

    [TestCase(NoPassword), TestCase("another.token.here")]
    public async Task A_wrong_token_is_refused(string token)
    {
        await using WireClient client = await WireClient.ConnectAsync(FirstGateway.Port);
        await BeginTlsAsync(client);
        await client.SendAsync(Startup("token", "postgres"));
        await client.ReadAsync();
        await client.SendAsync(Password(token));

        await AssertRefusedAsync(client, "the token is wrong");
    }

    [Test]
    public async Task Whoever_failed_too_often_is_not_heard()
    {
        _logins.IsThrottling = true;
        await using WireClient client = await WireClient.ConnectAsync(FirstGateway.Port);
        await client.SendAsync(Startup("alice", "postgres"));

        IReadOnlyList<WireMessage> rest = await client.ReadToEndAsync();
        Assert.That(rest.Select(message => message.Type), Is.EqualTo("E"));
        Assert.That(rest[0].Field('M'), Does.Contain("too many failed logins"));
    }

    [Test]
    public async Task Leaving_without_an_answer_is_no_failure()
    {
        // psql does so when it has no password yet, and comes again.
        await using (WireClient client = await WireClient.ConnectAsync(FirstGateway.Port))
        {
            await client.SendAsync(Startup("alice", "postgres"));
            await client.ReadAsync();
        }
        await Until.TrueAsync(() => FirstGateway.SessionCount == 0, TimeSpan.FromSeconds(10), () => "the session goes on");

        Assert.That(_logins.Refusals, Is.Empty);
    }

    private async Task AssertRefusedAsync(WireClient client, string reason)
    {
        Assert.That((await client.ReadToEndAsync()).Select(message => message.SqlState), Is.EqualTo((string[])["28P01"]));
        Assert.That(_logins.Refusals, Is.EqualTo((string[])[reason]));
        Assert.That(() => Log.Text, Does.Contain(reason).After(60_000, 20));
    }

    private async Task BeginTlsAsync(WireClient client)
    {
        await client.SendAsync(SslRequest);
        Assert.That(await client.ReadByteAsync(), Is.EqualTo('S'));
        await client.StartTlsAsync(Certificates.AuthorityFile);
    }

    /// <summary>The refusal's bytes, and what came before it without what differs at each attempt.</summary>
    private async Task<(string Refusal, string Shape)> RefusalOfAsync(string user, string password)
    {
        await using ScramWire client = await ScramWire.ConnectAsync(FirstGateway.Port);
        WireMessage offer = await client.BeginAsync(user);
        await client.ProveAsync(password);
        string[] parts = client.ServerFirst.Split(',');
        WireMessage refusal = (await client.Wire.ReadToEndAsync()).Single();
        return (Convert.ToHexString(refusal.Body), $"{Convert.ToHexString(offer.Body)} {parts[0].Length} {parts[1].Length} {parts[2]}");
    }

    private async Task<string> SaltOfAsync(string user)
    {
        await using ScramWire client = await ScramWire.ConnectAsync(FirstGateway.Port);
        await client.BeginAsync(user);
        await client.SendFirstAsync();
        return client.ServerFirst.Split(',')[1];
    }

    /// <summary>Connections that the server has ever accepted for the gateway's user.</summary>
    private async Task<long> ConnectionsAsync() =>
        Server.Log.Split('\n').LongCount(line => line.Contains("connection authorized: user=scram", StringComparison.Ordinal)) is var count
            && await Server.QueryAsync("SHOW log_connections") == "on" ? count : throw new InvalidOperationException("log_connections must be on");
}
