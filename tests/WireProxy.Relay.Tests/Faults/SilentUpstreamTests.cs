using System.Net;
using System.Text;
using WireProxy.Access;
using WireProxy.Policy;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Postgres;
using WireProxy.Relay.Sessions;
using WireProxy.Relay.Tds;
using WireProxy.Relay.Tests.Postgres.Login;
using WireProxy.TestKit;
using WireProxy.TestKit.Tds;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.Relay.Tests.Faults;

/// <summary>An upstream that stops talking in the middle of a login holds nobody: the client is told whose fault it was and where it happened.</summary>
internal sealed class SilentUpstreamTests
{
    private const string Limit = "within 1 s (upstream.timeout)";

    private static readonly Func<byte[], byte[]> AcceptsTls = _ => "S"u8.ToArray();
    private static readonly Func<byte[], byte[]> AsksForPassword = _ => Message('R', Int32(3));
    private static readonly Func<byte[], byte[]> OffersScram = _ => Message('R', Int32(10), Text("SCRAM-SHA-256"), [0]);
    private static readonly Func<byte[], byte[]> Challenges = first => Message(
        'R', Int32(11), Encoding.UTF8.GetBytes($"r={Encoding.UTF8.GetString(first).Split("r=")[1]}x,s=c2FsdHNhbHRzYWx0c2FsdA==,i=4096"));
    private static readonly Func<byte[], byte[]> LetsIn = _ => Message('R', Int32(0));
    private static readonly Func<byte[], byte[]> Encrypts = _ => PreLoginAnswer(PreLoginEncryption.On);
    private static readonly Func<byte[], byte[]> DoesNotEncrypt = _ => PreLoginAnswer(PreLoginEncryption.NotSupported);

    private CapturedLog _log = null!;

    private static IEnumerable<TestCaseData> Postgres =>
    [
        new(UpstreamTlsMode.Require, "Connect", "did not answer the request for TLS", Script()),
        new(UpstreamTlsMode.Require, "Connect", "did not finish the TLS handshake", Script(AcceptsTls)),
        new(UpstreamTlsMode.Disable, "Login", "did not answer the login", Script()),
    ];

    private static IEnumerable<TestCaseData> PostgresLogins =>
    [
        new("after the offer of SCRAM", Script(OffersScram)),
        new("after its challenge", Script(OffersScram, Challenges)),
        new("after it has got a password", Script(AsksForPassword)),
        new("after it has let the gateway in", Script(LetsIn)),
    ];

    private static IEnumerable<TestCaseData> Tds =>
    [
        new(UpstreamTlsMode.Disable, TdsEncryption.Full, "Connect", "did not answer PRELOGIN", Script()),
        new(UpstreamTlsMode.Require, TdsEncryption.Full, "Connect", "did not finish the TLS handshake", Script(Encrypts)),
        new(UpstreamTlsMode.Require, TdsEncryption.Strict, "Connect", "did not finish the TLS handshake", Script()),
        new(UpstreamTlsMode.Disable, TdsEncryption.Full, "Login", "did not answer the login", Script(DoesNotEncrypt)),
    ];

    [SetUp]
    public void Listen() => _log = new CapturedLog();

    [TestCaseSource(nameof(Postgres))]
    public async Task Postgres_whoever_logs_in(UpstreamTlsMode tls, string stage, string step, Func<byte[], byte[]>[] script)
    {
        await using var server = new SilentServer(script);
        foreach (bool isOwn in (bool[])[true, false])
        {
            WireMessage last = await LogInAsync(server.Port, tls, isOwn);

            Assert.That(last.Field('M'), Does.Contain($"the upstream {step} {Limit}"), _log.Text);
            Assert.That(last.SqlState, Is.EqualTo(stage == "Connect" ? "08001" : "08006"));
            AssertLogged(stage, step);
        }
    }

    [TestCaseSource(nameof(PostgresLogins))]
    public async Task Postgres_at_each_step_of_the_gateways_own_login(string when, Func<byte[], byte[]>[] script)
    {
        await using var server = new SilentServer(script);

        WireMessage last = await LogInAsync(server.Port, UpstreamTlsMode.Disable, isOwn: true);

        Assert.That(last.Field('M'), Does.Contain($"the upstream did not answer the login {Limit}"), $"{when}\n{_log.Text}");
        AssertLogged("Login", "did not answer the login");
    }

    [Test]
    public async Task Postgres_in_the_middle_of_the_clients_own_SCRAM()
    {
        await using var server = new SilentServer(OffersScram, Challenges);
        await using LocalGateway gateway = StartGateway(WireProtocol.Postgres, server.Port, UpstreamTlsMode.Disable, isOwn: false);
        await using ScramWire client = await ScramWire.ConnectAsync(gateway.Port);
        await client.BeginAsync("alice");
        await client.ProveAsync("any");

        IReadOnlyList<WireMessage> rest = await client.Wire.ReadToEndAsync();

        Assert.That(rest[^1].Field('M'), Does.Contain($"the upstream did not answer the login {Limit}"), _log.Text);
    }

    /// <summary>PAM, RADIUS and LDAP may take longer than any server, and the client's own password is what they are asked about.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public async Task Postgres_may_ask_others_about_the_clients_own_password(bool answers)
    {
        static byte[] LateAnswer(byte[] password)
        {
            Thread.Sleep(1_500);
            return [.. Message('R', Int32(0)), .. Message('Z', "I"u8.ToArray())];
        }
        await using var server = new SilentServer(answers ? [AsksForPassword, LateAnswer] : [AsksForPassword]);
        await using LocalGateway gateway = StartGateway(WireProtocol.Postgres, server.Port, UpstreamTlsMode.Disable, isOwn: false, handshake: TimeSpan.FromSeconds(answers ? 30 : 3));
        await using WireClient client = await WireClient.ConnectAsync(gateway.Port);
        await client.SendAsync(Startup("alice", "clinic"));
        await client.ReadUntilAsync('R');
        await client.SendAsync(Password("any"));

        WireMessage answer = (await client.ReadAsync())!;

        Assert.That(answer.Type, Is.EqualTo(answers ? 'R' : 'E'), _log.Text);
        if (!answers)
            Assert.That(answer.Field('M'), Does.Contain("limits.handshake_timeout"));
    }

    [TestCaseSource(nameof(Tds))]
    public async Task Tds_whoever_logs_in(UpstreamTlsMode tls, TdsEncryption encryption, string stage, string step, Func<byte[], byte[]>[] script)
    {
        await using var server = new SilentServer(script);
        foreach (bool isOwn in (bool[])[true, false])
        {
            await using LocalGateway gateway = StartGateway(WireProtocol.Tds, server.Port, tls, isOwn, encryption);
            TdsClient client = await TdsClient.ConnectAsync(gateway.Port, new TdsLogin { User = "alice", Password = StubLogins.Token });

            await client.BeginAsync();
            await client.DisposeAsync();

            Assert.That(client.LoginAnswer.Errors.Single().Text, Does.Contain($"the upstream {step} {Limit}"), _log.Text);
            Assert.That(client.LoginAnswer.Errors.Single().Number, Is.EqualTo(40613));
            AssertLogged(stage, step);
        }
    }

    [TestCaseSource(nameof(Postgres))]
    public async Task Postgres_catalog(UpstreamTlsMode tls, string stage, string step, Func<byte[], byte[]>[] script)
    {
        await using var server = new SilentServer(script);
        UpstreamOptions upstream = UpstreamOf(server.Port, tls, TdsEncryption.Full);

        Assert.That(() => new CatalogReader(upstream, "clinic").ReadAsync().WaitAsync(TimeSpan.FromMinutes(1)), Throws.TypeOf<CatalogUnreadableException>());
    }

    [TestCaseSource(nameof(PostgresLogins))]
    public async Task Postgres_catalog_at_each_step_of_its_login(string when, Func<byte[], byte[]>[] script)
    {
        await using var server = new SilentServer(script);
        UpstreamOptions upstream = UpstreamOf(server.Port, UpstreamTlsMode.Disable, TdsEncryption.Full);

        Assert.That(
            () => new CatalogReader(upstream, "clinic").ReadAsync().WaitAsync(TimeSpan.FromMinutes(1)), Throws.TypeOf<CatalogUnreadableException>(), when);
    }

    [TestCaseSource(nameof(Tds))]
    public async Task Tds_catalog(UpstreamTlsMode tls, TdsEncryption encryption, string stage, string step, Func<byte[], byte[]>[] script)
    {
        await using var server = new SilentServer(script);

        Assert.That(
            () => TdsCatalogReader.ReadAsync(UpstreamOf(server.Port, tls, encryption), "clinic").WaitAsync(TimeSpan.FromMinutes(1)),
            Throws.TypeOf<CatalogUnreadableException>().With.Message.Contains($"the upstream {step} {Limit}"));
    }

    [Test]
    public async Task Of_a_short_handshake_half_is_left_for_saying_so()
    {
        await using var server = new SilentServer();
        await using LocalGateway gateway = StartGateway(
            WireProtocol.Postgres, server.Port, UpstreamTlsMode.Require, isOwn: false, handshake: TimeSpan.FromSeconds(6), timeout: TimeSpan.FromSeconds(10));

        WireMessage last = await StartUpAsync(gateway, isOwn: false);

        Assert.That(last.Field('M'), Does.Contain("within 3 s (half of limits.handshake_timeout)"));
    }

    private static Func<byte[], byte[]>[] Script(params Func<byte[], byte[]>[] steps) => steps;

    internal static byte[] PreLoginAnswer(byte encryption)
    {
        using var payload = new WireWriter();
        new PreLogin(
        [
            new PreLoginOption(PreLoginOptionType.Version, PreLogin.VersionData(16, 0, 0)),
            new PreLoginOption(PreLoginOptionType.Encryption, new ByteString([encryption])),
        ]).Encode(payload);
        int length = payload.WrittenSpan.Length + 8;
        return [4, 1, (byte)(length >> 8), (byte)length, 0, 0, 1, 0, .. payload.WrittenSpan];
    }

    private async Task<WireMessage> LogInAsync(int port, UpstreamTlsMode tls, bool isOwn)
    {
        await using LocalGateway gateway = StartGateway(WireProtocol.Postgres, port, tls, isOwn);
        return await StartUpAsync(gateway, isOwn);
    }

    /// <returns>The gateway's last message.</returns>
    private static async Task<WireMessage> StartUpAsync(LocalGateway gateway, bool isOwn)
    {
        if (!isOwn)
        {
            await using WireClient client = await WireClient.ConnectAsync(gateway.Port);
            await client.SendAsync(Startup("alice", "clinic"));
            return (await client.ReadToEndAsync())[^1];
        }
        await using ScramWire scram = await ScramWire.ConnectAsync(gateway.Port);
        await scram.BeginAsync("alice");
        await scram.ProveAsync(StubLogins.Password);
        return (await scram.Wire.ReadToEndAsync())[^1];
    }

    private LocalGateway StartGateway(
        WireProtocol protocol, int port, UpstreamTlsMode tls, bool isOwn, TdsEncryption encryption = TdsEncryption.Full, TimeSpan? handshake = null,
        TimeSpan? timeout = null)
    {
        UpstreamOptions upstream = UpstreamOf(port, tls, encryption);
        upstream = upstream with { Timeout = timeout ?? upstream.Timeout };
        if (isOwn)
            upstream = upstream with { Credentials = new UpstreamLogins([], upstream.Catalog) };
        var limits = new ListenerLimits();
        var listener = new ListenerOptions(
            "clinic", protocol, new IPEndPoint(IPAddress.Loopback, FreePort.Next()), null, upstream,
            limits with { HandshakeTimeout = handshake ?? limits.HandshakeTimeout })
        {
            CleartextOnLoopback = true,
        };
        return LocalGateway.Start(listener, CompiledPolicy.AllowEverything, new StubLogins(), logger: _log);
    }

    private static UpstreamOptions UpstreamOf(int port, UpstreamTlsMode tls, TdsEncryption encryption) => new(
        "127.0.0.1", port, new UpstreamTlsOptions(tls, null) { Encryption = encryption }, new UpstreamLogin("app", new LiteralSecret("secret")))
    {
        Timeout = TimeSpan.FromSeconds(1),
    };

    private void AssertLogged(string stage, string step) =>
        Assert.That(() => _log.Text, Does.Contain($"ended at {stage} by Upstream: the upstream {step}").After(60_000, 20));
}
