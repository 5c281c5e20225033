using System.Data.Common;
using System.Text.Json;
using WireProxy.EndToEnd.Tests.Identity;
using WireProxy.EndToEnd.Tests.Journal;
using WireProxy.TdsStandIn.Tests.Clients;
using WireProxy.TestKit;

namespace WireProxy.EndToEnd.Tests.Tds;

/// <summary>A real provider's tokens, and credentials that are issued for them, bring unmodified clients in; the server's login is the gateway's own.</summary>
[NonParallelizable]
internal sealed class LoginTests
{
    private const string Who = "SELECT SUSER_SNAME()";

    private TemporaryDirectory _files = null!;
    private IdentityProvider _provider = null!;
    private GatewayProcess _gateway = null!;
    private int _console;

    [OneTimeSetUp]
    public async Task StartAll()
    {
        _files = new TemporaryDirectory();
        _provider = await Clinic.Available(IdentityProvider.StartAsync());
        _console = FreePort.Next();
        _gateway = await TdsClinic.StartAsync(settings => settings with
        {
            // Clients that would encrypt nothing but their login encrypt everything here.
            ClientTls = "prefer",
            Credentials = "{ username: trusted, password: { env: CATALOG_PASSWORD } }",
            Policy = """
                version: 1
                rules:
                  - name: a-purpose-for-wards
                    when: { purposes: [browsing], tables: [dbo.wards] }
                    then: block
                """,
            More = $$"""
                identity:
                  oidc:
                    - { issuer: "{{_provider.Issuer}}", audience: wireproxy, clock_skew: 1s }
                console: { address: "127.0.0.1:{{_console}}", tls: { certificate: gateway.crt, key: gateway.key }, administrators: [services] }
                """,
        });
        await Until.TrueAsync(() => _gateway.Log.Contains("ConsoleListening", StringComparison.Ordinal), TimeSpan.FromSeconds(30), () => _gateway.Log);
    }

    [OneTimeTearDown]
    public async Task StopAll()
    {
        if (_gateway is not null)
            await _gateway.DisposeAsync();
        _provider?.Dispose();
        _files.Dispose();
    }

    [Test]
    public async Task Both_SqlClients_get_in_with_an_access_token([Values("true", "false")] string encrypt)
    {
        var token = await _provider.PersonTokenAsync("alice@example.org");
        var settings = $"Server=127.0.0.1,{_gateway.Port};Database=clinic;Pooling=false;Encrypt={encrypt};TrustServerCertificate=true";
        await using var microsoft = new Microsoft.Data.SqlClient.SqlConnection(settings) { AccessToken = token };
#pragma warning disable CS0618, CA1416 // What older programs use.
        await using var system = new System.Data.SqlClient.SqlConnection(settings) { AccessToken = token };
#pragma warning restore CS0618, CA1416
        foreach (DbConnection connection in (DbConnection[])[microsoft, system])
            Assert.That(await ScalarAsync(connection, Who), Is.EqualTo("trusted"), connection.ToString());
    }

    [Test]
    public async Task MARS_is_not_offered_with_the_gateways_own_login_and_a_client_that_asks_for_it_gets_in_without()
    {
        var token = await _provider.PersonTokenAsync("alice@example.org");
        await using var connection = new Microsoft.Data.SqlClient.SqlConnection(
            $"Server=127.0.0.1,{_gateway.Port};Database=clinic;Pooling=false;TrustServerCertificate=true;MultipleActiveResultSets=true")
        {
            AccessToken = token,
        };

        Assert.That(await ScalarAsync(connection, Who), Is.EqualTo("trusted"));
        await using var command = new Microsoft.Data.SqlClient.SqlCommand("SELECT name FROM dbo.wards", connection);
        await using var first = await command.ExecuteReaderAsync();
        await using var second = new Microsoft.Data.SqlClient.SqlCommand("SELECT 1", connection);
        Assert.That(async () => await second.ExecuteScalarAsync(), Throws.InvalidOperationException);
    }

    [Test]
    public async Task A_token_for_another_audience_gets_nobody_in()
    {
        var token = await _provider.ProgramTokenAsync(audience: "billing");
        await using var connection = new Microsoft.Data.SqlClient.SqlConnection(
            $"Server=127.0.0.1,{_gateway.Port};Database=clinic;Pooling=false;TrustServerCertificate=true;ConnectRetryCount=0")
        {
            AccessToken = token,
        };

        var error = await Assert.ThrowsAsync<Microsoft.Data.SqlClient.SqlException>(connection.OpenAsync);

        Assert.That((error!.Number, error.Class, error.State), Is.EqualTo((18456, (byte)14, (byte)1)));
        Assert.That(error.Message, Does.Contain("the token is not accepted").And.Not.Contain("billing"));
    }

    [Test]
    public async Task Issued_credentials_bring_in_SqlClient_and_FreeTDS_and_no_secret_is_written_anywhere()
    {
        var token = await _provider.PersonTokenAsync("bob@example.org");
        var credential = await IssueAsync(token, "--purpose", "browsing");
        var (user, password) = (Text(credential, "username"), Text(credential, "password"));
        foreach (var provider in SqlClientProvider.All)
        {
            await using var connection = provider.Connect(Settings(user, password));
            Assert.That(await ScalarAsync(connection, Who), Is.EqualTo("trusted"), provider.ToString());
            var refused = await Assert.CatchAsync<DbException>(async () => await ScalarAsync(connection, "SELECT count(*) FROM dbo.wards"));
            Assert.That(refused!.Message, Does.Contain("a-purpose-for-wards"));
        }
        foreach (var encryption in (string[])["require", "request"])
        {
            var result = await FreeTds.QueryAsAsync(_gateway.Port, Who, user, password, encryption: encryption);
            Assert.That(result.Output, Does.Contain("trusted"), result.ToString);
        }
        var clear = await FreeTds.QueryAsAsync(_gateway.Port, Who, user, password, encryption: "off");
        Assert.That(clear.ToString(), Does.Contain("this login needs an encrypted connection"));

        var journal = new JournalFiles(_gateway);
        var session = (await journal.SessionsAsync()).Last(one => one.GetProperty("user").GetString() == "bob@example.org" && one.GetProperty("listener").GetString() == "clinic");
        Assert.That(session.GetProperty("issuer").GetString(), Is.EqualTo(_provider.Issuer));
        Assert.That((await journal.VerifyAsync()).ExitCode, Is.Zero);
        var wrong = await FreeTds.QueryAsAsync(_gateway.Port, Who, user, "not-" + password, encryption: "require");
        var asName = await FreeTds.QueryAsAsync(_gateway.Port, Who, token[..60], password, encryption: "require");
        Assert.That(wrong.ToString(), Does.Contain("18456"));
        // The client repeats the name that it was given.
        Assert.That(asName.ToString(), Does.Contain("18456"));
        await SecretSearch.FindsNothingAsync(
            _gateway, [clear.ToString(), wrong.ToString()], "bob@example.org", password, token[..60], token[^60..], TdsClinic.Password);
    }

    [Test]
    public async Task Revoking_ends_a_statement_under_way_and_every_later_login()
    {
        var credential = await IssueAsync(await _provider.PersonTokenAsync("carol@example.org"));
        var (user, password) = (Text(credential, "username"), Text(credential, "password"));
        await using var connection = new Microsoft.Data.SqlClient.SqlConnection(Settings(user, password));
        await connection.OpenAsync();
        var running = ScalarAsync(connection, "WAITFOR DELAY '00:02:00'");

        var revoked = await LoginAsync(await _provider.ProgramTokenAsync(), "--revoke", Text(credential, "id"));

        Assert.That(revoked.ExitCode, Is.Zero, revoked.ToString);
        var ended = await Assert.ThrowsAsync<Microsoft.Data.SqlClient.SqlException>(() => running);
        Assert.That(ended!.Message, Does.Contain("the issued credential was revoked by nightly-report"));
        Assert.That((await FreeTds.QueryAsAsync(_gateway.Port, Who, user, password)).ToString(), Does.Contain("18456"));
    }

    private string Settings(string user, string password) =>
        $"Server=127.0.0.1,{_gateway.Port};Database=clinic;User ID={user};Password={password};Pooling=false;Encrypt=true;TrustServerCertificate=true;ConnectRetryCount=0";

    private static async Task<object?> ScalarAsync(DbConnection connection, string sql)
    {
        if (connection.State == System.Data.ConnectionState.Closed)
            await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.CommandTimeout = 300;
        return await command.ExecuteScalarAsync();
    }

    private async Task<JsonElement> IssueAsync(string token, params string[] arguments)
    {
        var result = await LoginAsync(token, ["--listener", "clinic", "--format", "json", .. arguments]);
        Assert.That(result.ExitCode, Is.Zero, () => $"{result}\n{_gateway.Log}");
        return JsonDocument.Parse(result.Output).RootElement;
    }

    private Task<ProcessResult> LoginAsync(string token, params string[] arguments)
    {
        var file = _files[Guid.NewGuid().ToString("N")];
        File.WriteAllText(file, token);
        return GatewayProcess.RunAsync(
            ["login", "--gateway", $"https://localhost:{_console}", "--cacert", _gateway.Certificates.AuthorityFile, "--token-file", file, .. arguments]);
    }

    private static string Text(JsonElement record, string member) => record.GetProperty(member).GetString()!;
}
