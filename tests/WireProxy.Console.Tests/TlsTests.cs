using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using WireProxy.Capture;
using WireProxy.HttpConsole;
using WireProxy.TestKit;

namespace WireProxy.Console.Tests;

internal sealed class TlsTests : ConsoleFixture
{
    private string _authority = "";

    protected override string Scheme => "https";

    protected override ConsoleOptions Options(TemporaryDirectory directory)
    {
        var certificates = new TestCertificates(directory.Path);
        (string certificate, string key) = certificates.Issue("console", "127.0.0.1");
        _authority = File.ReadAllText(certificates.AuthorityFile);
        return base.Options(directory) with { Tls = new ConsoleTls(X509Certificate2.CreateFromPemFile(certificate, key), []) };
    }

    protected override HttpMessageHandler Handler()
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPem(_authority);
        return new SocketsHttpHandler { SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy } };
    }

    [Test]
    public async Task The_console_speaks_TLS_and_records_which()
    {
        Answer answer = await IssueAsync(Bearer("mallory"), new { listener = "clinic" });
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.Created), answer.ToString);
        JournalRecord opened = JournalReader.Read(JournalDirectory).First(record => record.Kind == RecordKind.SessionOpened);
        Assert.That(JsonDocument.Parse(opened.Payload).RootElement.GetProperty("tls_client").GetString(), Does.StartWith("Tls1"));
    }

    [Test]
    public void Plain_HTTP_is_not_answered_there()
    {
        using var client = new HttpClient();
        Assert.That(async () => await client.GetAsync($"http://{Server.Address}/healthz"), Throws.InstanceOf<HttpRequestException>());
    }
}
