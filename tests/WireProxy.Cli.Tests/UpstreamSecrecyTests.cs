using WireProxy.Cli.Configuration;

namespace WireProxy.Cli.Tests;

/// <summary>What <c>check</c> says where the gateway's own credentials would be told to others.</summary>
internal sealed class UpstreamSecrecyTests
{
    private const string Password = "password: { env: WIREPROXY_TEST_PASSWORD }";
    private const string Token = "token: { env: WIREPROXY_TEST_PASSWORD }";
    private const string Unencrypted = "would pass unencrypted to db.example.org, and the login hides nothing";
    private const string Unchecked = "is told to whoever answers";

    private ConfigurationFiles _files = null!;

    [SetUp]
    public void SetUp()
    {
        _files = new ConfigurationFiles();
        Environment.SetEnvironmentVariable("WIREPROXY_TEST_PASSWORD", "from the environment");
    }

    [TearDown]
    public void TearDown() => _files.Dispose();

    [TestCase("tds", "db.example.org", "mode: disable", Password, Unencrypted)]
    [TestCase("tds", "db.example.org", "mode: disable", Token, Unencrypted)]
    [TestCase("postgres", "db.example.org", "mode: disable", Token, Unencrypted)]
    [TestCase("tds", "db.example.org", "mode: verify-full, encryption: login", Token, "a token is longer than what")]
    public void It_does_not_start_where_a_credential_would_pass_in_the_clear(string protocol, string host, string tls, string secret, string problem)
    {
        foreach (var isCatalog in (bool[])[true, false])
        {
            var (settings, problems) = Read(protocol, host, tls, secret, isCatalog);
            Assert.That(settings, Is.Null);
            Assert.That(problems.Single(line => line.Contains("error", StringComparison.Ordinal)), Does.Contain(problem)
                .And.Contain(isCatalog ? "upstream.catalog" : "upstream.credentials"));
        }
    }

    [TestCase("tds", "127.0.0.1", "mode: disable", Password, null)]
    [TestCase("tds", "localhost", "mode: disable", Token, null)]
    [TestCase("postgres", "db.example.org", "mode: disable", Password, null)]
    [TestCase("postgres", "/run/postgresql", "mode: disable", Token, null)]
    [TestCase("tds", "db.example.org", "mode: verify-full", Token, null)]
    [TestCase("tds", "db.example.org", "mode: verify-full, encryption: login", Password, null)]
    [TestCase("tds", "db.example.org", "mode: require", Password, Unchecked)]
    [TestCase("postgres", "db.example.org", "mode: prefer", Token, Unchecked)]
    public void Elsewhere_it_starts_and_says_what_stays_open(string protocol, string host, string tls, string secret, string? warning)
    {
        var (settings, problems) = Read(protocol, host, tls, secret, isCatalog: true);

        Assert.That(settings, Is.Not.Null, () => string.Join('\n', problems));
        string[] about = [.. problems.Where(line => line.Contains(".upstream.", StringComparison.Ordinal))];
        Assert.That(about, warning is null ? Is.Empty : Has.One.Contains(warning));
    }

    [TestCase("tds", Password)]
    [TestCase("postgres", Token)]
    [TestCase("postgres", Password)]
    public void The_operator_may_say_that_nobody_listens(string protocol, string secret)
    {
        var (settings, problems) = Read(protocol, "db.example.org", "mode: disable", secret, isCatalog: false, "cleartext_credentials: true, timeout: 3s");

        var upstream = settings!.Gateway.Listeners.Single().Upstream;
        Assert.That((upstream.CleartextCredentials, upstream.Timeout), Is.EqualTo((true, TimeSpan.FromSeconds(3))));
        Assert.That(problems, Has.One.Contains("cleartext_credentials: whoever is on the way to db.example.org can read"));
    }

    private (Settings? Settings, string[] Problems) Read(string protocol, string host, string tls, string secret, bool isCatalog, string more = "timeout: 10s") =>
        _files.Read($$"""
            listeners:
              - name: clinic
                protocol: {{protocol}}
                address: 127.0.0.1:6432
                upstream: { address: "{{host}}:5432", tls: { {{tls}} }, {{(isCatalog ? "catalog" : "credentials")}}: { username: app, {{secret}} }, {{more}} }
            identity: { users: [ { name: alice, {{Password}} } ] }
            """);
}
