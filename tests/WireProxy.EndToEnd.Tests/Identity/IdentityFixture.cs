using Npgsql;
using WireProxy.EndToEnd.Tests.Journal;
using WireProxy.TestKit;

namespace WireProxy.EndToEnd.Tests.Identity;

/// <summary>A gateway that knows who asks: a local user and the provider's tokens; the database's login is the gateway's own.</summary>
internal abstract class IdentityFixture
{
    protected const string UserPassword = "alices-own-password";

    private TemporaryDirectory _files = null!;

    protected IdentityProvider Provider { get; private set; } = null!;

    protected GatewayProcess Gateway { get; private set; } = null!;

    protected int ConsolePort { get; private set; }

    protected string ConsoleUrl => $"https://localhost:{ConsolePort}";

    [OneTimeSetUp]
    public async Task StartAll()
    {
        _files = new TemporaryDirectory();
        Provider = await Clinic.Available(IdentityProvider.StartAsync());
        ConsolePort = FreePort.Next();
        Gateway = await Clinic.StartAsync(settings => settings with
        {
            ClientTls = "require",
            Credentials = """
                { username: scram, password: { env: CATALOG_PASSWORD }, by_group: [
                        { groups: [services], username: md5, password: { env: CATALOG_PASSWORD } } ] }
                """,
            Policy = """
                version: 1
                rules:
                  - name: no-wards-for-programs
                    when: { groups: [services], tables: [clinic.wards] }
                    then: block
                  - name: agents-do-not-write
                    when: { agents: [copilot], class: [write] }
                    then: block
                  - name: a-purpose-for-visits
                    when: { purposes: [browsing], tables: [clinic.visits] }
                    then: block
                """,
            CatalogUser = "postgres",
            More = $$"""
                identity:
                  users:
                    - { name: alice, password: {{UserPassword}}, groups: [analysts] }
                  oidc:
                    - { issuer: "{{Provider.Issuer}}", audience: wireproxy, clock_skew: 1s }
                  certificates:
                    - { authority: ca.pem, groups: [services], agent: true }
                console: { address: "127.0.0.1:{{ConsolePort}}", tls: { certificate: gateway.crt, key: gateway.key }, administrators: [services] }
                """,
        });
        await ListensAsync();
    }

    /// <summary>The console comes after the listeners, whose addresses it tells.</summary>
    private Task ListensAsync() => Until.TrueAsync(
        () => Gateway.Log.Contains("ConsoleListening", StringComparison.Ordinal), TimeSpan.FromSeconds(30), () => Gateway.Log);

    [OneTimeTearDown]
    public async Task StopAll()
    {
        if (Gateway is not null)
            await Gateway.DisposeAsync();
        Provider?.Dispose();
        _files.Dispose();
    }

    protected Psql Psql(string user, string password) =>
        Gateway.Psql(user) with { Password = password, Parameters = "sslmode=require" };

    /// <summary>psql with a token as its password, which is longer than a connection string of a test's message should be.</summary>
    protected Psql TokenPsql(string token) => Psql("token", token);

    protected async Task<NpgsqlConnection> OpenAsync(string user, string password)
    {
        var settings = Clinic.ConnectionString(Gateway.Port, user);
        (settings.Password, settings.SslMode) = (password, SslMode.Require);
        var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    /// <summary><c>wireproxy login</c> with a token, as a shell runs it.</summary>
    protected Task<ProcessResult> LoginAsync(string token, params string[] arguments)
    {
        var file = _files[Guid.NewGuid().ToString("N")];
        File.WriteAllText(file, token);
        return GatewayProcess.RunAsync(
            ["login", "--gateway", ConsoleUrl, "--cacert", Gateway.Certificates.AuthorityFile, "--token-file", file, .. arguments]);
    }

    protected JournalFiles Recorded() => new(Gateway);
}
