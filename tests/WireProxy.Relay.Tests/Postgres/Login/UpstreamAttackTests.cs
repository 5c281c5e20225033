using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using WireProxy.Protocols.Postgres;
using WireProxy.Relay.Transport;
using WireProxy.TestKit;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.Relay.Tests.Postgres.Login;

/// <summary>Servers that are not the one that the gateway has a password for, or not yet.</summary>
internal sealed class UpstreamAttackTests : LoginFixture
{
    private static readonly byte[] OffersBoth = Message('R', Int32(10), Text("SCRAM-SHA-256-PLUS"), Text("SCRAM-SHA-256"), [0]);
    private static readonly byte[] OffersPlain = Message('R', Int32(10), Text("SCRAM-SHA-256"), [0]);
    private static readonly byte[] Ok = Message('R', Int32(0));

    [Test]
    public async Task The_channel_to_the_server_is_bound_where_the_server_can()
    {
        string first = await FirstMessageAsync(OffersBoth, useTls: true);

        Assert.That(first, Does.StartWith("SCRAM-SHA-256-PLUS\0").And.Contain("p=tls-server-end-point,,"));
    }

    [Test]
    public async Task A_server_that_has_lost_plus_on_the_way_can_see_it() =>
        Assert.That(await FirstMessageAsync(OffersPlain, useTls: true), Does.StartWith("SCRAM-SHA-256\0").And.Contain("y,,"));

    [Test]
    public async Task Without_tls_nothing_is_bound() =>
        Assert.That(await FirstMessageAsync(OffersBoth, useTls: false), Does.StartWith("SCRAM-SHA-256\0").And.Contain("n,,"));

    [TestCase("r=somebodyelsesnonce,s=c2FsdHNhbHRzYWx0c2FsdA==,i=4096", "the server's nonce does not extend ours")]
    [TestCase("r={0}x,s=c2FsdHNhbHRzYWx0c2FsdA==,i=1", "the server asks for 1 iterations")]
    [TestCase("r={0}x,s=c2FsdHNhbHRzYWx0c2FsdA==,i=2000000000", "iterations")]
    [TestCase("r={0}x,s=,i=4096", "the salt is empty")]
    [TestCase("m=new,r={0}x,s=c2FsdHNhbHRzYWx0c2FsdA==,i=4096", "extension")]
    [TestCase("", "")]
    public async Task A_wrong_challenge_gets_no_proof(string challenge, string reason)
    {
        bool gotProof = false;
        await AssertFailsAsync(
            async server =>
            {
                await server.SendAsync(OffersPlain);
                string nonce = (await server.ReadAsync()).Split("r=")[1];
                await server.SendAsync(Message('R', Int32(11), Encoding.UTF8.GetBytes(string.Format(null, challenge, nonce))));
                gotProof = (await server.ReadAsync()).Length > 0;
            },
            $"SCRAM with the database failed: ", reason);

        Assert.That(gotProof, Is.False);
    }

    [Test]
    public Task A_server_that_does_not_know_the_password_is_found_out() => AssertFailsAsync(
        async server =>
        {
            await ChallengeAsync(server);
            await server.SendAsync(Message('R', Int32(12), Encoding.UTF8.GetBytes("v=" + Convert.ToBase64String(new byte[32]))), Ok);
        },
        "the server does not know the password: its signature is wrong");

    [Test]
    public Task A_server_that_spares_itself_the_proof_is_not_believed() => AssertFailsAsync(
        async server =>
        {
            await ChallengeAsync(server);
            await server.SendAsync(Ok, Message('Z', "I"u8.ToArray()));
        },
        "the database broke off SCRAM: it has not proved that it knows the password");

    [Test]
    public Task What_the_gateway_cannot_give_it_says() =>
        AssertFailsAsync(server => server.SendAsync(Message('R', Int32(7))), "the database asks for Gss, which the gateway cannot give");

    [TestCase("db.example.org", false, false)]
    [TestCase("10.0.0.5", false, false)]
    [TestCase("db.example.org", true, true)]
    [TestCase("/var/run/postgresql", false, true)]
    [TestCase("127.0.0.1", false, true)]
    [TestCase("::1", false, true)]
    [TestCase("localhost", false, true)]
    public void A_password_goes_in_the_clear_only_where_nobody_listens(string host, bool isEncrypted, bool expected) =>
        Assert.That(
            UpstreamConnector.MayTell(new UpstreamOptions(host, 1, new UpstreamTlsOptions(UpstreamTlsMode.Prefer, null), null), isEncrypted),
            Is.EqualTo(expected));

    /// <summary>Somebody in between who ends TLS can ask for the password just as well.</summary>
    [TestCase(UpstreamTlsMode.Require, false, false)]
    [TestCase(UpstreamTlsMode.Prefer, false, false)]
    [TestCase(UpstreamTlsMode.VerifyFull, false, true)]
    [TestCase(UpstreamTlsMode.Require, true, true)]
    public async Task A_password_in_the_clear_goes_to_a_server_that_has_shown_who_it_is(UpstreamTlsMode mode, bool isToken, bool isTold)
    {
        string got = "";
        using X509Certificate2 certificate = LoadCertificate();
        await using var server = new LoginServer(async connection =>
        {
            await connection.SendAsync(Message('R', Int32(3)));
            got = await connection.ReadAsync();
        }, certificate);
        X509Certificate2Collection roots = [];
        roots.ImportFromPemFile(Certificates.AuthorityFile);
        // It leads to this machine, and does not look like it.
        LocalGateway gateway = StartGateway(new StubLogins(), LoginOf("app") with { SendsToken = isToken }, upstreamPort: server.Port, change: listener => listener with
        {
            Upstream = listener.Upstream with { Host = "LOCALHOST", Tls = new UpstreamTlsOptions(mode, roots) },
        });

        await PsqlOf(gateway).QueryAsync("SELECT 1");

        Assert.That(got, Is.EqualTo(isTold ? PostgresServer.Password + "\0" : ""), Log.Text);
        if (!isTold)
            Assert.That(() => Log.Text, Does.Contain("asks for the gateway's password in the clear, and who it is was not checked").After(60_000, 20));
    }

    [Test]
    public async Task A_server_that_says_nothing_is_left_after_half_of_the_handshakes_time()
    {
        await using var server = new LoginServer(static server => server.ReadAsync());
        LocalGateway gateway = StartGateway(new StubLogins(), LoginOf("app"), UpstreamTlsMode.Disable, upstreamPort: server.Port, change: listener =>
            listener with { Limits = new ListenerLimits { HandshakeTimeout = TimeSpan.FromSeconds(1) } });

        ProcessResult result = await PsqlOf(gateway).QueryAsync("SELECT 1");

        Assert.That(result.Error, Does.Contain("limits.handshake_timeout"));
    }

    [Test]
    public async Task What_a_server_says_in_the_login_is_one_line_of_the_log()
    {
        await AssertFailsAsync(
            server => server.SendAsync(Message('E', "C28P01\0"u8.ToArray(), Encoding.UTF8.GetBytes("Mno\nError: forged line\0"), [0])),
            "28P01 no Error: forged line");

        Assert.That(Log.Text.Split('\n'), Has.None.StartsWith("Error: forged"));
    }

    private async Task<string> FirstMessageAsync(byte[] offer, bool useTls)
    {
        string first = "";
        await AssertFailsAsync(
            async server =>
            {
                await server.SendAsync(offer);
                first = await server.ReadAsync();
            },
            "", useTls: useTls);
        return first;
    }

    private static async Task ChallengeAsync(LoginConnection server)
    {
        await server.SendAsync(OffersPlain);
        string nonce = (await server.ReadAsync()).Split("r=")[1];
        await server.SendAsync(Message('R', Int32(11), Encoding.UTF8.GetBytes($"r={nonce}x,s=c2FsdHNhbHRzYWx0c2FsdA==,i=4096")));
        await server.ReadAsync();
    }

    private async Task AssertFailsAsync(Func<LoginConnection, Task> script, string logged, string more = "", bool useTls = false)
    {
        using X509Certificate2? certificate = useTls ? LoadCertificate() : null;
        await using var server = new LoginServer(script, certificate);
        LocalGateway gateway = StartGateway(
            new StubLogins(), LoginOf("app"), useTls ? UpstreamTlsMode.Require : UpstreamTlsMode.Disable, upstreamPort: server.Port);

        ProcessResult result = await PsqlOf(gateway).QueryAsync("SELECT 1");

        Assert.That(result.ExitCode, Is.Not.Zero);
        Assert.That(result.Error, Does.Contain("FATAL").And.Not.Contain("app"));
        Assert.That(() => Log.Text, Does.Contain(logged).And.Contain(more).And.Not.Contain(PostgresServer.Password).After(60_000, 20));
    }

    /// <summary>A server that is asked to log somebody in, and then does what it is told to.</summary>
    private sealed class LoginServer : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, FreePort.Next());
        private readonly Task _serving;

        public LoginServer(Func<LoginConnection, Task> script, X509Certificate2? certificate = null)
        {
            _listener.Start();
            _serving = ServeAsync(script, certificate);
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public async ValueTask DisposeAsync()
        {
            _listener.Dispose();
            await _serving;
        }

        private async Task ServeAsync(Func<LoginConnection, Task> script, X509Certificate2? certificate)
        {
            try
            {
                using TcpClient client = await _listener.AcceptTcpClientAsync();
                Stream stream = client.GetStream();
                await ReadStartupAsync(stream);
                if (certificate is not null)
                {
                    await stream.WriteAsync("S"u8.ToArray());
                    var tls = new SslStream(stream);
                    await tls.AuthenticateAsServerAsync(certificate);
                    stream = tls;
                    await ReadStartupAsync(stream);
                }
                await script(new LoginConnection(stream));
                await stream.DisposeAsync();
            }
            catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
            {
                // The gateway has left, or the test has.
            }
        }

        private static async Task ReadStartupAsync(Stream stream)
        {
            var length = new byte[4];
            await stream.ReadExactlyAsync(length);
            StartupPacket.TryReadLength(length, out int whole);
            await stream.ReadExactlyAsync(new byte[whole - 4]);
        }
    }

    private sealed class LoginConnection(Stream stream)
    {
        public Task SendAsync(params byte[][] messages) => stream.WriteAsync(Join(messages)).AsTask();

        /// <summary>The body of the client's next message as text, empty at its end.</summary>
        public async Task<string> ReadAsync()
        {
            var header = new byte[Frame.HeaderLength];
            if (await stream.ReadAtLeastAsync(header, header.Length, throwOnEndOfStream: false) < header.Length)
                return "";
            Frame.TryReadHeader(header, out _, out int length);
            var body = new byte[length - header.Length];
            await stream.ReadExactlyAsync(body);
            return Encoding.UTF8.GetString(body);
        }
    }
}
