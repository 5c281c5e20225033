using System.Data.Common;
using System.Net;
using System.Net.Sockets;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.TdsStandIn.Tests.Clients;
using WireProxy.TestKit;
using WireProxy.TestKit.Tds;

namespace WireProxy.EndToEnd.Tests.Tds;

/// <summary>Why somebody is not let in is the answer to the login, where every client shows it, however early it was known.</summary>
public sealed class RefusedLoginTests
{
    private const string Away = "cannot be reached";

    [TestCase(true, 0x74000004u)]
    [TestCase(false, 0x74000004u)]
    [TestCase(true, 0x71000001u)]
    [TestCase(false, 0x71000001u)]
    public async Task A_server_that_is_away_is_the_answer_to_the_login(bool sendsPreLogin, uint version)
    {
        await using var gateway = await StartAsync(FreePort.Next(), null);
        await using var client = await TdsClient.ConnectAsync(gateway.Port, new TdsLogin { SendsPreLogin = sendsPreLogin, VersionCode = version });

        await client.BeginAsync();

        IsRefused(client.LoginAnswer, 40613, Away);
        Assert.That(await client.ReadMessageAsync(), Is.Null, "the connection stays");
    }

    [TestCase(null, "Encrypt=false")]
    [TestCase("prefer", "Encrypt=false")]
    [TestCase("prefer", "Encrypt=true;TrustServerCertificate=true")]
    [TestCase("require", "Encrypt=false;TrustServerCertificate=true")]
    public async Task Both_SqlClients_show_it_whatever_is_encrypted(string? tls, string encryption)
    {
        await using var gateway = await StartAsync(FreePort.Next(), tls);
        foreach (var provider in SqlClientProvider.All)
        {
            var error = await FailureAsync(provider, gateway.Port, encryption);
            Assert.That(error.Message, Does.Contain(Away), provider.ToString());
            Assert.That(provider.ErrorNumbers(error), Is.EqualTo((int[])[40613]));
        }
    }

    [Test]
    public async Task Tsql_shows_it([Values("off", "request", "require")] string encryption)
    {
        await using var gateway = await StartAsync(FreePort.Next(), "prefer");

        var result = await FreeTds.QueryAsync(gateway.Port, "SELECT 1", encryption: encryption);

        Assert.That(result.ToString(), Does.Contain(Away));
    }

    [Test]
    public async Task A_server_that_takes_the_connection_and_says_nothing_is_given_up()
    {
        using var silent = new TcpListener(IPAddress.Loopback, FreePort.Next());
        silent.Start();
        await using var gateway = await StartAsync(PortOf(silent), null, "4s");
        await using var client = await TdsClient.ConnectAsync(gateway.Port);

        await client.BeginAsync();

        IsRefused(client.LoginAnswer, 40613, "did not answer PRELOGIN within 2 s (half of limits.handshake_timeout)");
    }

    [Test]
    public async Task A_server_that_resets_the_connection_is_blamed_for_it()
    {
        using var rude = new TcpListener(IPAddress.Loopback, FreePort.Next());
        rude.Start();
        _ = ResetOneAsync(rude);
        await using var gateway = await StartAsync(PortOf(rude), null);
        await using var client = await TdsClient.ConnectAsync(gateway.Port);

        await client.BeginAsync();

        IsRefused(client.LoginAnswer, 40613, "the upstream closed the connection");
        await Until.TrueAsync(
            () => gateway.Log.Contains("party=Upstream", StringComparison.Ordinal), TimeSpan.FromSeconds(5), () => $"nothing is said of it:\n{gateway.Log}");
    }

    [Test]
    public async Task Who_logs_in_without_TLS_where_it_is_required_is_told_so()
    {
        var server = await TdsClinic.ServerAsync();
        await using var gateway = await StartAsync(server.Port, "require");
        int logins = server.Logins;
        await using var first = await TdsClient.ConnectAsync(gateway.Port, new TdsLogin { SendsPreLogin = false });
        await first.BeginAsync();

        IsRefused(first.LoginAnswer, 18456, "tls.mode: require");
        await using var second = await TdsClient.ConnectAsync(gateway.Port);
        await second.SendAsync(PacketType.PreLogin, TdsClient.PreLoginPayload(second.Login));
        Assert.That(PreLogin.Decode((await second.ReadMessageAsync())!).Encryption, Is.EqualTo(PreLoginEncryption.Required));
        Assert.That(server.Logins, Is.EqualTo(logins));
    }

    [Test]
    public async Task Who_encrypts_the_old_way_where_TDS_8_is_demanded_is_told_so()
    {
        var server = await TdsClinic.ServerAsync();
        await using var gateway = await StartAsync(server.Port, "strict");
        int logins = server.Logins;
        foreach (var provider in SqlClientProvider.All)
        {
            Assert.That((await FailureAsync(provider, gateway.Port, "Encrypt=true;TrustServerCertificate=true")).Message, Does.Contain("Encrypt=Strict"));
            Assert.That((await FailureAsync(provider, gateway.Port, "Encrypt=false;TrustServerCertificate=true")).Message, Does.Contain("Encrypt=Strict"));
        }
        await using var plain = await TdsClient.ConnectAsync(gateway.Port, new TdsLogin { SendsPreLogin = false });
        await plain.BeginAsync();
        IsRefused(plain.LoginAnswer, 18456, "Encrypt=Strict");
        Assert.That(server.Logins, Is.EqualTo(logins));
    }

    [Test]
    public async Task Who_leaves_before_the_refusal_disturbs_nobody()
    {
        await using var gateway = await StartAsync(FreePort.Next(), "prefer");
        for (int round = 0; round < 20; round++)
        {
            await using var client = await TdsClient.ConnectAsync(gateway.Port);
            if (round % 4 != 0)
                await client.SendAsync(PacketType.PreLogin, TdsClient.PreLoginPayload(client.Login));
            if (round % 4 == 1)
                await client.ReadMessageAsync();
            if (round % 2 == 0)
                client.Reset();
        }

        await using var last = await TdsClient.ConnectAsync(gateway.Port);
        await last.BeginAsync();

        IsRefused(last.LoginAnswer, 40613, Away);
        Assert.That(gateway.Log, Does.Not.Contain("internal error").And.Not.Contain("Unhandled exception"));
    }

    internal static void IsRefused(TdsAnswer answer, int number, string text)
    {
        ServerMessage error = answer.Errors.Single();
        Assert.That(error.Text, Does.Contain(text));
        Assert.That((error.Number, (int)error.Class), Is.EqualTo((number, 14)));
        Assert.That(answer.Tokens, Has.None.EqualTo(TokenType.LoginAck));
        Assert.That(answer.Dones[^1].Status & (DoneStatus.Error | DoneStatus.More), Is.EqualTo(DoneStatus.Error));
    }

    private static async Task<DbException> FailureAsync(SqlClientProvider provider, int port, string encryption)
    {
        await using var connection = provider.Connect(
            $"Server=127.0.0.1,{port};User ID=sa;Password={TdsClinic.Password};Database=clinic;Pooling=false;ConnectRetryCount=0;{encryption}");
        return (await Assert.CatchAsync<DbException>(() => connection.OpenAsync()))!;
    }

    private static Task<GatewayProcess> StartAsync(int upstream, string? tls, string handshakeTimeout = "20s") =>
        GatewayProcess.StartAsync(new GatewaySettings
        {
            Protocol = "tds",
            Upstream = $"127.0.0.1:{upstream}",
            ClientTls = tls,
            Limits = new Dictionary<string, string> { ["handshake_timeout"] = handshakeTimeout },
        });

    private static int PortOf(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;

    private static async Task ResetOneAsync(TcpListener listener)
    {
        using var socket = await listener.AcceptSocketAsync();
        await socket.ReceiveAsync(new byte[4096]);
        socket.LingerState = new LingerOption(true, 0);
    }
}
