using WireProxy.TestKit;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.EndToEnd.Tests.Sessions;

/// <summary>PostgreSQL 18: protocol 3.2, whose cancel keys are longer.</summary>
public sealed class Postgres18Tests
{
    private PostgresServer _server = null!;
    private GatewayProcess _gateway = null!;
    private PostgresInstallation _installation = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _installation = await Clinic.Available(PostgresInstallation.Npm18Async());
        // Its libraries bring no TLS of their own that reads our certificates everywhere; TLS is another fixture's subject.
        _server = await Clinic.Available(PostgresServer.StartAsync(new PostgresServerOptions { Installation = _installation, Tls = false }));
        _gateway = await GatewayProcess.StartAsync(_server);
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        if (_gateway is not null)
            await _gateway.DisposeAsync();
        if (_server is not null)
            await _server.DisposeAsync();
    }

    [Test]
    public async Task Protocol_3_2_is_kept_and_its_long_key_cancels()
    {
        await using var client = await WireClient.LogInAsync(_gateway.Port, version: Version32);
        Assert.That(client.CancelKey, Has.Length.EqualTo(32));
        await client.SendAsync(Query("SELECT pg_sleep(600)"));
        await Until.TrueAsync(
            async () => await _server.QueryAsync($"SELECT wait_event FROM pg_stat_activity WHERE pid = {client.ProcessId}") == "PgSleep",
            TimeSpan.FromSeconds(30), () => "it does not sleep");

        await using (var cancel = await WireClient.ConnectAsync(_gateway.Port))
        {
            await cancel.SendAsync(CancelRequest(client.ProcessId, client.CancelKey));
            Assert.That(await cancel.ReadToEndAsync(), Is.Empty);
        }

        Assert.That((await client.ReadUntilAsync('Z')).Single(message => message.Type == 'E').SqlState, Is.EqualTo("57014"));
    }

    [TestCase("3.0")]
    [TestCase("3.2")]
    [TestCase("latest")]
    public async Task Psql_with_libpq_18_works_with_either_version(string version)
    {
        var psql = _gateway.Psql("scram") with
        {
            Library = _installation,
            Password = PostgresServer.Password,
            Parameters = $"sslmode=disable max_protocol_version={version}",
        };

        var result = await psql.ScriptAsync("SELECT session_user;\n\\d pg_class\nSELECT count(*) FROM generate_series(1, 100000);\n", "-A", "-t");

        Assert.That(result.Error, Is.Empty);
        Assert.That(result.Output, Does.StartWith("scram\n").And.Contain("relname|name").And.EndsWith("100000\n"));
    }

    [Test]
    public async Task A_grease_version_of_the_protocol_is_negotiated_down()
    {
        // The minor version 9999 and an option that no server knows: what libpq 19 will send to find proxies that choke on it.
        await using var client = await WireClient.ConnectAsync(_gateway.Port);
        await client.SendAsync(Startup("postgres", "postgres", 0x0003_270F, ("_pq_.test_protocol_negotiation", "")));

        var negotiation = (await client.FinishLogInAsync()).Single(message => message.Type == 'v');

        Assert.That(negotiation.Body[..4], Is.EqualTo(Int32(Version32)));
        Assert.That(negotiation.Body[8..], Is.EqualTo(Text("_pq_.test_protocol_negotiation")));
    }
}
