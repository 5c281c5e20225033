using WireProxy.TestKit;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.EndToEnd.Tests.Sessions;

/// <summary>Replication speaks another language than SQL: passed where nothing has to be judged, refused where something has.</summary>
public sealed class ReplicationTests
{
    [TestCase("true")]
    [TestCase("database")]
    [TestCase("on")]
    public async Task A_gateway_with_rules_refuses_it_with_a_clear_error(string value)
    {
        var gateway = await Clinic.GatewayAsync(Through.Guarded);
        await using var client = await WireClient.ConnectAsync(gateway.Port);
        await client.SendAsync(Startup("postgres", "postgres", Version30, ("replication", value)));

        var answer = await client.ReadToEndAsync();

        Assert.That(answer.Select(message => message.Type), Is.EqualTo("E"));
        Assert.That(answer[0].SqlState, Is.AnyOf("0A000", "42501", "28000"));
        Assert.That(answer[0].Field('M'), Does.Contain("replication"));
    }

    [Test]
    public async Task A_gateway_with_rules_takes_a_session_that_says_it_wants_none()
    {
        var gateway = await Clinic.GatewayAsync(Through.Guarded);
        await using var client = await WireClient.LogInAsync(gateway.Port, parameters: ("replication", "false"));

        Assert.That((await client.QueryAsync("SELECT 1"))[1].Texts[0], Is.EqualTo("1"));
    }

    [Test]
    public async Task A_base_backup_goes_through_a_transparent_gateway_and_is_whole()
    {
        var gateway = await Clinic.GatewayAsync(Through.Transparent);
        using var directory = new TemporaryDirectory();
        var backup = await RunAsync("pg_basebackup", "-D", directory["backup"], "-X", "stream", "-c", "fast", "-d", Connection(gateway));
        Assert.That(backup.ExitCode, Is.Zero, backup.ToString());

        var verified = await RunAsync("pg_verifybackup", directory["backup"]);

        Assert.That(verified.ExitCode, Is.Zero, verified.ToString());
    }

    [Test]
    public async Task A_stream_of_the_log_goes_through_a_transparent_gateway()
    {
        var gateway = await Clinic.GatewayAsync(Through.Transparent);
        var server = await Clinic.ServerAsync();
        using var directory = new TemporaryDirectory();
        var at = await server.QueryAsync("SELECT pg_logical_emit_message(false, 'test', repeat('x', 100000))");

        var received = await RunAsync("pg_receivewal", "-D", directory.Path, "-E", at, "--no-loop", "-d", Connection(gateway));

        Assert.That(received.ExitCode, Is.Zero, received.ToString());
        Assert.That(Directory.GetFiles(directory.Path), Is.Not.Empty);
    }

    [Test]
    public async Task Logical_replication_goes_through_a_transparent_gateway()
    {
        var gateway = await Clinic.GatewayAsync(Through.Transparent);
        var server = await Clinic.ServerAsync();
        await server.ScriptAsync("""
            SET synchronous_commit = on;
            CREATE TABLE streamed (n int PRIMARY KEY);
            SELECT pg_create_logical_replication_slot('streamed', 'test_decoding');
            INSERT INTO streamed SELECT generate_series(1, 3);
            """);
        using var directory = new TemporaryDirectory();
        try
        {
            var end = await server.QueryAsync("SELECT pg_current_wal_lsn()");
            var received = await RunAsync(
                "pg_recvlogical", "--slot=streamed", "--start", "-E", end, "--no-loop", "-f", directory["out"], "-d", Connection(gateway));

            Assert.That(received.ExitCode, Is.Zero, received.ToString());
            Assert.That(await File.ReadAllTextAsync(directory["out"]), Does.Contain("table public.streamed: INSERT: n[integer]:3"));
        }
        finally
        {
            await server.ScriptAsync("SELECT pg_drop_replication_slot('streamed'); DROP TABLE streamed;");
        }
    }

    private static string Connection(GatewayProcess gateway) =>
        $"host=127.0.0.1 port={gateway.Port} user=postgres dbname=postgres sslmode=disable";

    private static Task<ProcessResult> RunAsync(string program, params string[] arguments) =>
        ProcessRunner.RunAsync(PostgresInstallation.Debian15.Program(program), arguments);
}
