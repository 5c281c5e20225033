using System.Globalization;
using System.Text;
using WireProxy.EndToEnd.Tests.Journal;
using WireProxy.TestKit;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.EndToEnd.Tests.Robustness;

/// <summary>kill -9 under load: with strict durability nothing ran that is not on record.</summary>
[NonParallelizable]
public sealed class CrashTests
{
    private const int Workers = 8;

    private PostgresServer _server = null!;

    [OneTimeSetUp]
    public async Task StartServer()
    {
        _server = await Clinic.Available(PostgresServer.StartAsync());
        await _server.ScriptAsync("CREATE TABLE executed (id int PRIMARY KEY)");
    }

    [OneTimeTearDown]
    public async Task StopServer()
    {
        if (_server is not null)
            await _server.DisposeAsync();
    }

    [Test]
    public async Task Every_statement_that_the_database_executed_is_in_the_journal()
    {
        await using var gateway = await GatewayProcess.StartAsync(
            _server, settings => Clinic.Guard(settings) with { Durability = "strict" });
        var total = 0;
        for (var round = 0; round < 3; round++)
        {
            var first = 1 + (round * 1_000_000);
            var working = Enumerable.Range(0, Workers).Select(worker => WorkAsync(gateway.Port, first + (worker * 100_000), worker % 2 == 0)).ToList();
            await Until.TrueAsync(
                async () => int.Parse(await _server.QueryAsync($"SELECT count(*) FROM executed WHERE id >= {first}"), null) > 200,
                TimeSpan.FromSeconds(60), () => $"there is no load:\n{gateway.Log}");
            await gateway.KillAsync();
            await Task.WhenAll(working);

            // What the server has received it may still be executing.
            await Until.TrueAsync(
                async () => await _server.QueryAsync(
                    "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()") == "0",
                TimeSpan.FromSeconds(30), () => "sessions stay");
            var executed = (await _server.QueryAsync($"SELECT id FROM executed WHERE id >= {first}")).Split('\n');
            var recorded = RecordedIds(new JournalFiles(gateway));
            Assert.That(executed.Where(id => !recorded.Contains(id)), Is.Empty);
            total += executed.Length;

            await gateway.StartAsync();
            Assert.That((await gateway.Psql().QueryAsync("SELECT 'back'")).Output, Is.EqualTo("back\n"));
        }
        await gateway.StopAsync();

        var journal = new JournalFiles(gateway);
        var verified = await journal.VerifyAsync();
        Assert.That(verified.ExitCode, Is.Zero, verified.ToString());
        Assert.That((await ReplayedIdsAsync(journal)).Count, Is.GreaterThanOrEqualTo(total));
    }

    [Test]
    public async Task A_torn_tail_is_told_from_tampering()
    {
        await using var gateway = await GatewayProcess.StartAsync(_server, settings => settings with { Durability = "strict" });
        await gateway.Psql().QueryAsync("SELECT 'before the crash'");
        var journal = new JournalFiles(gateway);
        // The session's last record, so that what is torn off below is that and not the statement.
        await Until.TrueAsync(
            () => Task.FromResult(Encoding.Latin1.GetString(journal.Bytes).Contains("bytes_to_client", StringComparison.Ordinal)),
            TimeSpan.FromSeconds(10), () => "the session's end is not on record");
        await gateway.KillAsync();
        var file = journal.Segments[^1];
        await File.WriteAllBytesAsync(file, (await File.ReadAllBytesAsync(file))[..^7]);

        await gateway.StartAsync();
        await gateway.Psql().QueryAsync("SELECT 'after the crash'");
        await gateway.StopAsync();

        Assert.That((await journal.VerifyAsync()).ExitCode, Is.Zero);
        var bytes = Encoding.Latin1.GetString(journal.Bytes);
        Assert.That(bytes, Does.Contain("before the crash").And.Contain("after the crash"));

        var spoiled = await File.ReadAllBytesAsync(journal.Segments[0]);
        spoiled[spoiled.AsSpan().IndexOf("before"u8)] ^= 1;
        await File.WriteAllBytesAsync(journal.Segments[0], spoiled);
        Assert.That((await journal.VerifyAsync()).ExitCode, Is.EqualTo(1));
    }

    // One statement after the other, each with an id of its own, until the connection breaks.
    private static async Task WorkAsync(int port, int from, bool simple)
    {
        try
        {
            await using var client = await WireClient.LogInAsync(port);
            for (var id = from; ; id++)
            {
                var sql = $"INSERT INTO executed VALUES ({id})";
                await client.SendAsync(simple ? Query(sql) : Join(Parse(sql), Bind(), Execute(), Sync));
                var answer = await client.ReadUntilAsync('Z');
                Assert.That(answer.Select(message => message.SqlState), Is.All.Null);
            }
        }
        catch (Exception error) when (error is IOException or System.Net.Sockets.SocketException)
        {
            // The crash that this test is about.
        }
    }

    // From nothing but the bytes, so that a mistake of our reader cannot hide one of our writer.
    private static HashSet<string> RecordedIds(JournalFiles journal) => IdsIn(Encoding.Latin1.GetString(journal.Bytes));

    private static async Task<HashSet<string>> ReplayedIdsAsync(JournalFiles journal)
    {
        var ids = new HashSet<string>();
        foreach (var session in await journal.SessionsAsync())
        {
            foreach (var one in await journal.ReplayAsync(session))
            {
                if (one.TryGetProperty("statement", out var statement))
                    ids.UnionWith(IdsIn(statement.GetString()!));
            }
        }
        return ids;
    }

    private static HashSet<string> IdsIn(string text)
    {
        const string start = "INSERT INTO executed VALUES (";
        var ids = new HashSet<string>();
        for (var at = text.IndexOf(start, StringComparison.Ordinal); at >= 0; at = text.IndexOf(start, at + 1, StringComparison.Ordinal))
        {
            // What is being written when it ends may stop anywhere.
            var end = text.IndexOf(')', at);
            if (end > 0 && int.TryParse(text.AsSpan(at + start.Length, end - at - start.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var id))
                ids.Add(id.ToString(CultureInfo.InvariantCulture));
        }
        return ids;
    }
}
