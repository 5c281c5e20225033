using WireProxy.TestKit;

namespace WireProxy.EndToEnd.Tests.Login;

/// <summary>TLS between the gateway and the server, in libpq's sense of sslmode.</summary>
public sealed class UpstreamTlsTests
{
    private const string IsEncrypted = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";

    private PostgresServer _plain = null!;

    [OneTimeSetUp]
    public async Task StartServer() => _plain = await Clinic.Available(PostgresServer.StartAsync(new PostgresServerOptions { Tls = false }));

    [OneTimeTearDown]
    public async Task StopServer()
    {
        if (_plain is not null)
            await _plain.DisposeAsync();
    }

    [TestCase("disable", "f")]
    [TestCase("prefer", "t")]
    [TestCase("require", "t")]
    [TestCase("verify-full", "t")]
    public async Task A_server_with_tls_is_met_as_the_mode_says(string mode, string encrypted)
    {
        var server = await Clinic.ServerAsync();
        await using var gateway = await Clinic.StartAsync(settings => settings with
        {
            UpstreamTls = mode,
            UpstreamRoot = mode == "verify-full" ? server.Certificates.AuthorityFile : null,
        });

        var result = await gateway.Psql().QueryAsync(IsEncrypted);

        Assert.That(result.Output, Is.EqualTo(encrypted + "\n"), result.ToString());
    }

    [Test]
    public async Task A_server_without_tls_is_taken_by_prefer_and_refused_by_require()
    {
        await using var prefer = await GatewayProcess.StartAsync(_plain, settings => settings with { UpstreamTls = "prefer" });
        await using var require = await GatewayProcess.StartAsync(_plain, settings => settings with { UpstreamTls = "require" });

        var taken = await prefer.Psql().QueryAsync(IsEncrypted);
        var refused = await require.Psql().QueryAsync(IsEncrypted);

        Assert.That(taken.Output, Is.EqualTo("f\n"), taken.ToString());
        Assert.That(refused.ExitCode, Is.EqualTo(2), refused.ToString());
        Assert.That(refused.Error, Does.Contain("TLS").Or.Contain("SSL"));
    }

    [Test]
    public async Task Verify_full_refuses_an_unknown_authority_and_says_so()
    {
        using var directory = new TemporaryDirectory();
        var stranger = new TestCertificates(directory.Path);
        await using var gateway = await Clinic.StartAsync(
            settings => settings with { UpstreamTls = "verify-full", UpstreamRoot = stranger.AuthorityFile });

        await AssertRefusedAsync(gateway);
    }

    [Test]
    public async Task Verify_full_refuses_another_hosts_certificate_and_says_so()
    {
        await using var server = await Clinic.Available(
            PostgresServer.StartAsync(new PostgresServerOptions { CertificateHosts = ["db.example"] }));
        await using var gateway = await GatewayProcess.StartAsync(
            server, settings => settings with { UpstreamTls = "verify-full", UpstreamRoot = server.Certificates.AuthorityFile });

        await AssertRefusedAsync(gateway);
    }

    private static async Task AssertRefusedAsync(GatewayProcess gateway)
    {
        var result = await gateway.Psql().QueryAsync("SELECT 1");

        Assert.That(result.ExitCode, Is.EqualTo(2), result.ToString());
        Assert.That(result.Error, Does.Contain("certificate").IgnoreCase);
    }

    [Test]
    public async Task Logins_of_every_kind_work_over_tls_to_the_server()
    {
        await using var gateway = await Clinic.StartAsync(settings => settings with { UpstreamTls = "require", ClientTls = "prefer" });
        foreach (var user in (string[])["clear", "md5", "scram", "tls_only"])
        {
            foreach (var mode in (string[])["disable", "require"])
            {
                // With TLS of its own libpq tells the server inside the proof whether it saw channel binding offered.
                var psql = gateway.Psql(user) with { Password = PostgresServer.Password, Parameters = $"sslmode={mode} channel_binding=disable" };

                var result = await psql.QueryAsync("SELECT session_user");

                Assert.That(result.Output, Is.EqualTo(user + "\n"), result.ToString());
            }
        }
    }

    [Test]
    public async Task A_login_that_expects_channel_binding_is_told_what_to_set()
    {
        await using var gateway = await Clinic.StartAsync(settings => settings with { UpstreamTls = "require", ClientTls = "prefer" });
        var psql = gateway.Psql("scram") with { Password = PostgresServer.Password, Parameters = "sslmode=require" };

        var result = await psql.QueryAsync("SELECT 1");

        Assert.That(result.Error, Does.Contain("channel_binding=disable"), result.ToString());
    }

    [Test]
    public async Task Cancelling_works_over_tls_on_both_legs()
    {
        await using var gateway = await Clinic.StartAsync(settings => settings with { UpstreamTls = "require", ClientTls = "require" });
        var settings = Clinic.ConnectionString(gateway.Port);
        settings.SslMode = Npgsql.SslMode.Require;
        await using var connection = new Npgsql.NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync();
        await using var sleep = new Npgsql.NpgsqlCommand("SELECT pg_sleep(60)", connection);
        using var cancellation = new CancellationTokenSource();
        var sleeping = sleep.ExecuteNonQueryAsync(cancellation.Token);
        await (await Clinic.ServerAsync()).SleepsAsync(connection.ProcessID);
        await cancellation.CancelAsync();

        var error = await Assert.CatchAsync<OperationCanceledException>(() => sleeping);

        Assert.That((error!.InnerException as Npgsql.PostgresException)?.SqlState, Is.EqualTo("57014"));
    }

    [Test]
    public async Task A_server_behind_a_unix_socket_is_reached()
    {
        var server = await Clinic.ServerAsync();
        await using var gateway = await Clinic.StartAsync(settings => settings with { Upstream = $"{server.SocketDirectory}:{server.Port}" });

        var result = await gateway.Psql().QueryAsync("SELECT inet_server_addr() IS NULL");

        Assert.That(result.Output, Is.EqualTo("t\n"), result.ToString());
    }
}
