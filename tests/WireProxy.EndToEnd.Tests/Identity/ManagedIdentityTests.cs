using WireProxy.Access.Tests.Oidc;
using WireProxy.EndToEnd.Tests.Tds;
using WireProxy.TdsStandIn;
using WireProxy.TestKit;

namespace WireProxy.EndToEnd.Tests.Identity;

/// <summary>
/// The gateway logs in as the identity of its machine: Azure.Identity asks a stand-in for the endpoint that App Service and Container Apps give
/// a container. Entra ID itself was not there.
/// </summary>
internal sealed class ManagedIdentityTests
{
    private const string Header = "identity-header-zx";
    private const string First = "managed-token-1-zx";
    private const string Second = "managed-token-2-zx";
    private const string Identity = "identity: { users: [{ name: alice, password: alices-own-password }] }";

    private readonly List<string> _told = [];
    private KeyServer _endpoint = null!;

    [SetUp]
    public void Start()
    {
        _told.Clear();
        _endpoint = new KeyServer();
    }

    [TearDown]
    public ValueTask Stop() => _endpoint.DisposeAsync();

    [Test]
    public async Task PostgreSQL_gets_the_token_as_its_password_and_a_new_one_before_the_old_one_expires()
    {
        var server = await Clinic.ServerAsync();
        await using var gateway = await Clinic.StartAsync(settings => Settings(settings) with
        {
            ClientTls = "require",
            Credentials = "{ username: clear, managed_identity: { client_id: 11111111-2222-3333-4444-555555555555 } }",
            CatalogUser = "postgres",
        });
        await server.QueryAsync($"ALTER ROLE clear PASSWORD '{First}'");
        try
        {
            Offer(First, TimeSpan.FromMinutes(1));
            await AssertLogsInAsync(gateway);
            Assert.That(_endpoint.Requests.Single(), Does.Contain("ossrdbms-aad.database.windows.net").And.Contain("11111111-2222-3333-4444-555555555555").And.EndsWith(Header));

            await server.QueryAsync($"ALTER ROLE clear PASSWORD '{Second}'");
            Offer(Second, TimeSpan.FromHours(8));
            await AssertLogsInAsync(gateway);
            await AssertLogsInAsync(gateway);
            Assert.That(_endpoint.Requests, Has.Count.EqualTo(2), "the first token had a minute left, the second has hours");
        }
        finally
        {
            await server.QueryAsync($"ALTER ROLE clear PASSWORD '{PostgresServer.Password}'");
        }
        await SecretSearch.FindsNothingAsync(gateway, _told, "alice", First, Second, Header, "alices-own-password");

        async Task AssertLogsInAsync(GatewayProcess through)
        {
            var psql = through.Psql("alice") with { Password = "alices-own-password", Parameters = "sslmode=require" };
            var result = await psql.QueryAsync("SELECT current_user");
            _told.Add(result.ToString());
            Assert.That(result.Output, Is.EqualTo("clear\n"), () => $"{result}\n{through.Log}");
        }
    }

    [Test]
    public async Task SQL_Server_gets_the_token_by_FEDAUTH_and_a_new_one_before_the_old_one_expires()
    {
        await using var server = await TdsStandInServer.StartAsync(new TdsStandInOptions
        {
            Script = "CREATE DATABASE clinic",
            Tokens = new Dictionary<string, string> { [First] = "managed_first", [Second] = "managed_second" },
        });
        await using var gateway = await TdsClinic.StartAsync(server, settings => Settings(settings) with
        {
            ClientTls = "require",
            Credentials = "{ managed_identity: {} }",
        });

        Offer(First, TimeSpan.FromMinutes(1));
        Assert.That(await WhoAsync(gateway), Does.Contain("managed_first"));
        Offer(Second, TimeSpan.FromHours(8));
        Assert.That(await WhoAsync(gateway), Does.Contain("managed_second"));
        Assert.That(await WhoAsync(gateway), Does.Contain("managed_second"));

        Assert.That(_endpoint.Requests, Has.Count.EqualTo(2));
        Assert.That(_endpoint.Requests.First(), Does.Contain("resource=https%3A%2F%2Fdatabase.windows.net").Or.Contains("resource=https://database.windows.net"));
        await SecretSearch.FindsNothingAsync(gateway, _told, "alice", First, Second, Header, "alices-own-password");
    }

    [Test]
    public async Task An_endpoint_that_refuses_is_the_operators_business_and_not_the_clients()
    {
        await using var gateway = await Clinic.StartAsync(settings => Settings(settings) with
        {
            ClientTls = "require",
            Credentials = "{ username: clear, managed_identity: {} }",
            CatalogUser = "postgres",
        });
        _endpoint.Pages["/msi/token"] = (400, $$"""{ "statusCode": 400, "message": "no identity for {{Header}}" }""");
        var psql = gateway.Psql("alice") with { Password = "alices-own-password", Parameters = "sslmode=require" };

        var result = await psql.QueryAsync("SELECT 1");
        _told.Add(result.ToString());

        Assert.That(result.Error, Does.Contain("the gateway's own credential for the database cannot be had"), result.ToString);
        Assert.That(() => gateway.Log, Does.Contain("Entra ID gives no token for https://ossrdbms-aad.database.windows.net/.default").After(60_000, 20));
        await SecretSearch.FindsNothingAsync(gateway, _told, "alice", First, Second, Header, "alices-own-password");
    }

    private GatewaySettings Settings(GatewaySettings settings) => settings with
    {
        More = Identity,
        Environment = new Dictionary<string, string> { ["IDENTITY_ENDPOINT"] = _endpoint.Url + "/msi/token", ["IDENTITY_HEADER"] = Header },
    };

    private void Offer(string token, TimeSpan lifetime) => _endpoint.Pages["/msi/token"] = (200,
        $$"""{ "access_token": "{{token}}", "expires_on": "{{(DateTimeOffset.UtcNow + lifetime).ToUnixTimeSeconds()}}", "resource": "r", "token_type": "Bearer" }""");

    private static async Task<string> WhoAsync(GatewayProcess gateway) =>
        (await FreeTds.QueryAsAsync(gateway.Port, "SELECT SUSER_SNAME()", "alice", "alices-own-password", encryption: "require")).ToString();
}
