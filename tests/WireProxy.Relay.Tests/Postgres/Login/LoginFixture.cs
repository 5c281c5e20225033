using System.Net;
using System.Security.Cryptography.X509Certificates;
using WireProxy.Access;
using WireProxy.Capture;
using WireProxy.Policy;
using WireProxy.TestKit;

namespace WireProxy.Relay.Tests.Postgres.Login;

/// <summary>A real PostgreSQL with TLS, and gateways in front of it that decide about logins.</summary>
[Category("postgres")]
public abstract class LoginFixture
{
    private readonly List<IAsyncDisposable> _started = [];
    private TemporaryDirectory _directory = null!;

    private protected PostgresServer Server { get; private set; } = null!;

    private protected TestCertificates Certificates { get; private set; } = null!;

    private protected CapturedLog Log { get; private set; } = null!;

    /// <summary>Of this test.</summary>
    private protected LocalGateway FirstGateway => (LocalGateway)_started[0];

    [OneTimeSetUp]
    public async Task Start()
    {
        try
        {
            Server = await PostgresServer.StartAsync(new PostgresServerOptions { Settings = ["log_connections = on"] });
        }
        catch (UnavailableException unavailable)
        {
            Assert.Ignore(unavailable.Message);
        }
        _directory = new TemporaryDirectory();
        Certificates = new TestCertificates(_directory.Path);
        Certificates.Issue("gateway", "localhost", "127.0.0.1");
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        if (Server is not null)
            await Server.DisposeAsync();
        _directory?.Dispose();
    }

    [SetUp]
    public void Listen() => Log = new CapturedLog();

    [TearDown]
    public async Task StopGateways()
    {
        foreach (IAsyncDisposable started in _started)
            await started.DisposeAsync();
        _started.Clear();
    }

    /// <param name="login">The gateway's own; null: nobody has one.</param>
    private protected LocalGateway StartGateway(
        ILoginAuthority logins, UpstreamLogin? login, UpstreamTlsMode upstreamTls = UpstreamTlsMode.Require, ClientTlsMode clientTls = ClientTlsMode.Prefer,
        Journal? journal = null, CompiledPolicy? policy = null, Func<ListenerOptions, ListenerOptions>? change = null, int? upstreamPort = null)
    {
        var upstream = new UpstreamOptions(
            "127.0.0.1", upstreamPort ?? Server.Port, new UpstreamTlsOptions(upstreamTls, null), new UpstreamLogin("postgres", new LiteralSecret("")))
        {
            Credentials = new UpstreamLogins([], login),
        };
        var tls = new ClientTlsOptions(clientTls, LoadCertificate(), [])
        {
            AsksForCertificate = true,
        };
        var listener = new ListenerOptions(
            "clinic", WireProtocol.Postgres, new IPEndPoint(IPAddress.Loopback, FreePort.Next()), tls, upstream, new ListenerLimits());
        LocalGateway gateway = LocalGateway.Start(
            change?.Invoke(listener) ?? listener, policy ?? CompiledPolicy.AllowEverything, logins, journal, Log);
        _started.Add(gateway);
        return gateway;
    }

    /// <summary>The gateway's, with its key.</summary>
    private protected X509Certificate2 LoadCertificate() => LoadWithKey(_directory["gateway.crt"], _directory["gateway.key"]);

    /// <summary>By way of PKCS #12, as SslStream wants keys.</summary>
    private protected static X509Certificate2 LoadWithKey(string certificate, string key)
    {
        using var pem = X509Certificate2.CreateFromPemFile(certificate, key);
        return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
    }

    private protected static UpstreamLogin LoginOf(string user) => new(user, new LiteralSecret(PostgresServer.Password));

    private protected static Psql PsqlOf(LocalGateway gateway, string user = "alice", string? password = StubLogins.Password) => new()
    {
        Port = gateway.Port,
        User = user,
        Password = password,
        Parameters = "sslmode=require",
    };
}
