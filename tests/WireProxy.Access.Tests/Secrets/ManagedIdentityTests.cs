using WireProxy.Access.Tests.Oidc;

namespace WireProxy.Access.Tests.Secrets;

/// <summary>Azure.Identity against a stand-in for the endpoint that App Service and Container Apps give a container.</summary>
[NonParallelizable]
public sealed class ManagedIdentityTests
{
    private KeyServer _server = null!;

    [SetUp]
    public void Start()
    {
        _server = new KeyServer();
        Environment.SetEnvironmentVariable("IDENTITY_ENDPOINT", _server.Url + "/msi/token");
        Environment.SetEnvironmentVariable("IDENTITY_HEADER", "knock-knock");
    }

    [TearDown]
    public async Task StopAsync()
    {
        Environment.SetEnvironmentVariable("IDENTITY_ENDPOINT", null);
        Environment.SetEnvironmentVariable("IDENTITY_HEADER", null);
        await _server.DisposeAsync();
    }

    [Test]
    public async Task A_token_for_the_scope_is_got_once_and_kept()
    {
        long expires = DateTimeOffset.UtcNow.AddHours(8).ToUnixTimeSeconds();
        _server.Pages["/msi/token"] = (200, $$"""{"access_token":"the-token","expires_on":"{{expires}}","resource":"r","token_type":"Bearer"}""");
        var source = new ManagedIdentitySecret(ManagedIdentitySecret.PostgresScope, clientId: "11111111-2222-3333-4444-555555555555");
        Assert.That(await SecretSourceTests.ReadAsync(source), Is.EqualTo("the-token"));
        Assert.That(await SecretSourceTests.ReadAsync(source), Is.EqualTo("the-token"));
        string request = _server.Requests.Single();
        Assert.That(request, Does.Contain("resource=https%3A%2F%2Fossrdbms-aad.database.windows.net").Or.Contains("resource=https://ossrdbms-aad.database.windows.net"));
        Assert.That(request, Does.Contain("client_id=11111111-2222-3333-4444-555555555555").And.EndsWith("knock-knock"));
    }

    [Test]
    public async Task A_refusal_is_told_without_what_the_endpoint_said()
    {
        _server.Pages["/msi/token"] = (400, """{"statusCode":400,"message":"no identity, knock-knock"}""");
        string problem = await SecretSourceTests.ProblemAsync(new ManagedIdentitySecret(ManagedIdentitySecret.SqlScope));
        Assert.That(problem, Does.StartWith("Entra ID gives no token for https://database.windows.net/.default").And.Not.Contains("knock-knock"));
    }
}
