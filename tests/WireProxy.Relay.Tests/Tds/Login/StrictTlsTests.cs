using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Tests.Postgres.Login;
using WireProxy.TestKit;
using WireProxy.TestKit.Tds;

namespace WireProxy.Relay.Tests.Tds.Login;

/// <summary>Client certificates, shown in TLS from the first byte (TDS 8.0).</summary>
internal sealed class StrictTlsTests : TdsLoginFixture
{
    private TemporaryDirectory _directory = null!;
    private TestCertificates _certificates = null!;

    [OneTimeSetUp]
    public void MakeCertificates()
    {
        _directory = new TemporaryDirectory();
        _certificates = new TestCertificates(_directory.Path);
    }

    [OneTimeTearDown]
    public void RemoveCertificates() => _directory.Dispose();

    [Test]
    public async Task A_certificate_that_is_taken_needs_no_password() => Assert.That(await LogInAsync("alice", ""), Is.Null);

    [Test]
    public async Task A_certificate_that_is_refused_is_not_made_good_by_a_password() =>
        Assert.That(await LogInAsync("mallory", StubLogins.Token), Does.StartWith("Login failed for user 'whoever'."));

    [Test]
    public async Task A_certificate_of_nobodys_leaves_the_password_to_decide([Values] bool isRight) =>
        Assert.That(await LogInAsync("stranger", isRight ? StubLogins.Token : "a guess"), isRight ? Is.Null : Does.StartWith("Login failed for user 'whoever'."));

    /// <returns>The text of the error; null where the login was accepted.</returns>
    private async Task<string?> LogInAsync(string commonName, string password)
    {
        (string certificate, string key) = _certificates.Issue("gateway", "localhost");
        var tls = new ClientTlsOptions(ClientTlsMode.Strict, Load(certificate, key), []) { AsksForCertificate = true };
        LocalGateway gateway = StartGateway(new StubLogins(), ByPassword, change: listener => listener with { Tls = tls, CleartextOnLoopback = false });
        (certificate, key) = _certificates.IssueToClient(commonName, commonName);
        using var socket = new TcpClient("127.0.0.1", gateway.Port);
        using var stream = new SslStream(socket.GetStream());
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            ApplicationProtocols = [new SslApplicationProtocol("tds/8.0")],
            ClientCertificates = [Load(certificate, key)],
#pragma warning disable CA5359 // It is the client's certificate that is tried.
            RemoteCertificateValidationCallback = static (_, _, _, _) => true,
#pragma warning restore CA5359
        });
        var login = new TdsLogin { User = "whoever", Password = password, Database = "master", VersionCode = 0x08000000 };
        await stream.WriteAsync(TdsClient.Packets(PacketType.PreLogin, TdsClient.PreLoginPayload(login)));
        await ReadAsync(stream);
        await stream.WriteAsync(TdsClient.Packets(PacketType.Login7, TdsClient.LoginPayload(login)));
        return ErrorIn(await ReadAsync(stream));
    }

    private static string? ErrorIn(ReadOnlySpan<byte> answer)
    {
        var tokens = new TokenReader(new TokenFormat(TdsVersion.V80));
        while (tokens.TryRead(answer, out Token token))
        {
            if (token.Type == TokenType.Error)
                return ServerMessage.Decode(token.Bytes, tokens.Format).Text;
            if (token.Type == TokenType.LoginAck)
                return null;
            answer = answer[token.Bytes.Length..];
        }
        throw new ProtocolException("neither accepted nor refused");
    }

    /// <summary>A message of one packet.</summary>
    private static async Task<byte[]> ReadAsync(SslStream stream)
    {
        byte[] header = new byte[PacketHeader.Size];
        await stream.ReadExactlyAsync(header);
        PacketHeader.TryRead(header, out PacketHeader packet);
        byte[] payload = new byte[packet.PayloadLength];
        await stream.ReadExactlyAsync(payload);
        return payload;
    }

    /// <summary>By way of PKCS #12, as SslStream wants keys.</summary>
    private static X509Certificate2 Load(string certificate, string key)
    {
        using var pem = X509Certificate2.CreateFromPemFile(certificate, key);
        return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
    }
}
