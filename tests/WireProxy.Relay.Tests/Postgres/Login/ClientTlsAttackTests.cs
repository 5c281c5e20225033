using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using WireProxy.Access;
using WireProxy.Relay.Tests.Faults;
using WireProxy.TestKit;

namespace WireProxy.Relay.Tests.Postgres.Login;

/// <summary>What a client can do in TLS, before it has proved anything.</summary>
internal sealed class ClientTlsAttackTests : LoginFixture
{
    /// <summary>The client's certificate says where the certificate above it can be had (RFC 5280, section 4.2.2.1): to fetch it would make the gateway
    /// connect to wherever a stranger wants, and wait for it.</summary>
    [Test]
    public async Task What_a_certificate_names_is_not_fetched()
    {
        await using LoginAuthority authority = await LoginAuthority.StartAsync(new IdentityOptions
        {
            Certificates = [new CertificateMapping([X509CertificateLoader.LoadCertificateFromFile(Certificates.AuthorityFile)])],
        });
        LocalGateway gateway = StartGateway(authority, LoginOf("scram"));
        await using var lure = new Lure();
        using X509Certificate2 certificate = Issue($"http://127.0.0.1:{lure.Port}/issuer.crt");

        await using SslStream tls = await ConnectAsync(gateway, certificate);
        await tls.WriteAsync(WireBuilder.Startup("alice", "postgres"));
        byte[] answer = new byte[1];
        await tls.ReadExactlyAsync(answer);

        Assert.That((char)answer[0], Is.EqualTo('R'), "it asks for another proof");
        Assert.That(tls.LocalCertificate, Is.Not.Null, "the certificate was shown");
        Assert.That(lure.Visits, Is.Zero);
    }

    private static async Task<SslStream> ConnectAsync(LocalGateway gateway, X509Certificate2 certificate)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", gateway.Port);
#pragma warning disable CA5359 // Who the gateway is is not what is tested.
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: true), false, (_, _, _, _) => true);
#pragma warning restore CA5359
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            ApplicationProtocols = [new SslApplicationProtocol("postgresql")],
            EnabledSslProtocols = SslProtocols.Tls13,
            ClientCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true),
        });
        return tls;
    }

    /// <summary>Of an authority that is nowhere.</summary>
    private static X509Certificate2 Issue(string issuerUrl)
    {
        using RSA authorityKey = RSA.Create(2048);
        using RSA key = RSA.Create(2048);
        var authority = new CertificateRequest("CN=nowhere", authorityKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        authority.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 issuer = authority.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(1));
        var request = new CertificateRequest("CN=alice", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2")], false));
        request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension(null, [issuerUrl]));
        using X509Certificate2 signed = request.Create(issuer, issuer.NotBefore, issuer.NotAfter, [1, 2, 3]);
        using X509Certificate2 withKey = signed.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null);
    }

    private sealed class Lure : LoopbackServer
    {
        private int _visits;

        public int Visits => _visits;

        protected override Task ServeAsync(Socket socket)
        {
            Interlocked.Increment(ref _visits);
            return Task.CompletedTask;
        }
    }
}
