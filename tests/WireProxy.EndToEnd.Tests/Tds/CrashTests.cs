using System.Globalization;
using System.Net.Sockets;
using System.Text;
using WireProxy.EndToEnd.Tests.Journal;
using WireProxy.TdsStandIn;
using WireProxy.TestKit;
using WireProxy.TestKit.Tds;

namespace WireProxy.EndToEnd.Tests.Tds;

/// <summary>kill -9 under load, and a disk that is full: nothing ran that is not on record.</summary>
[NonParallelizable]
public sealed class CrashTests
{
    private const int Workers = 8;
    private const string Insert = "INSERT INTO dbo.executed (id) VALUES (";

    private TdsStandInServer _server = null!;

    [SetUp]
    public async Task StartServer() => _server = await TdsClinic.StartServerAsync();

    [TearDown]
    public async Task StopServer() => await _server.DisposeAsync();

    [Test]
    public async Task Every_statement_that_the_server_received_is_in_the_journal()
    {
        await using var gateway = await TdsClinic.StartAsync(_server, settings => TdsClinic.Guard(settings) with { Durability = "strict" });
        for (int round = 0; round < 3; round++)
        {
            int seen = _server.Seen.Count;
            int first = 1 + (round * 1_000_000);
            var working = Enumerable.Range(0, Workers).Select(worker => WorkAsync(gateway.Port, first + (worker * 100_000), worker % 2 == 0)).ToList();
            await Until.TrueAsync(() => _server.Seen.Count > seen + 200, TimeSpan.FromSeconds(60), () => $"there is no load:\n{gateway.Log}");
            await gateway.KillAsync();
            await Task.WhenAll(working);
            await Until.TrueAsync(() => _server.Connections == 0, TimeSpan.FromSeconds(30), () => "sessions stay");

            var recorded = RecordedIds(new JournalFiles(gateway));
            Assert.That(_server.Seen.SelectMany(statement => IdsIn(statement.Text)).Where(id => !recorded.Contains(id)), Is.Empty);

            await gateway.StartAsync();
            await using var client = await TdsClient.LogInAsync(gateway.Port);
            Assert.That((await client.QueryAsync("SELECT 'back'")).Scalar, Is.EqualTo("back"));
        }
        await gateway.StopAsync();

        var verified = await new JournalFiles(gateway).VerifyAsync();
        Assert.That(verified.ExitCode, Is.Zero, verified.ToString());
    }

    [TestCase("strict")]
    [TestCase("batched")]
    public async Task A_full_disk_refuses_requests_until_there_is_space_again(string durability)
    {
        if (Environment.UserName != "root")
            Assert.Ignore("mounting a small tmpfs takes root");
        using var directory = new TemporaryDirectory();
        string disk = directory["disk"];
        Directory.CreateDirectory(disk);
        var mount = await ProcessRunner.RunAsync("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk);
        if (mount.ExitCode != 0)
            Assert.Ignore($"a small tmpfs cannot be mounted here: {mount.Error.Trim()}");
        try
        {
            await FillAndRecoverAsync(disk, durability);
        }
        finally
        {
            await ProcessRunner.RunAsync("umount", "--lazy", disk);
        }
    }

    private async Task FillAndRecoverAsync(string disk, string durability)
    {
        await using var gateway = await TdsClinic.StartAsync(
            _server, settings => settings with { Durability = durability, JournalDirectory = Path.Combine(disk, "journal") });
        await using var client = await TdsClient.LogInAsync(gateway.Port);

        string refusal = await FillAsync(client);

        Assert.That(refusal, Does.Contain("journal").IgnoreCase);
        await using (var late = await TdsClient.ConnectAsync(gateway.Port))
        {
            await late.BeginAsync();
            RefusedLoginTests.IsRefused(late.LoginAnswer, 9001, "journal");
        }
        Assert.That(gateway.HasExited, Is.False, () => gateway.Log);
        if (durability == "strict")
        {
            var recorded = RecordedIds(new JournalFiles(gateway));
            Assert.That(_server.Seen.SelectMany(statement => IdsIn(statement.Text)).Where(id => !recorded.Contains(id)), Is.Empty);
        }

        await ProcessRunner.RunAsync("mount", "-o", "remount,size=64m", disk);
        await Until.TrueAsync(() => IsServedAsync(gateway.Port), TimeSpan.FromSeconds(30), () => $"service does not come back:\n{gateway.Log}");
        await gateway.StopAsync();
        var verified = await new JournalFiles(gateway).VerifyAsync();
        Assert.That(verified.ExitCode, Is.Zero, verified.ToString());
    }

    private static async Task<string> FillAsync(TdsClient client)
    {
        string filler = new('f', 10_000);
        for (int id = 1; id <= 2_000; id++)
        {
            await client.SendQueryAsync($"{Insert}{id}) /* {filler} */");
            var answer = await client.ReadAsync();
            if (answer.Error is not null)
                return answer.Errors.First().Text;
        }
        return "4 MB were never full";
    }

    private static async Task<bool> IsServedAsync(int port)
    {
        try
        {
            await using var client = await TdsClient.LogInAsync(port);
            return (await client.QueryAsync("SELECT 'served again'")).Error is null;
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            return false;
        }
    }

    // One statement after the other, each with an id of its own, until the connection breaks.
    private static async Task WorkAsync(int port, int from, bool simple)
    {
        try
        {
            await using var client = await TdsClient.LogInAsync(port);
            for (int id = from; ; id++)
            {
                string sql = $"{Insert}{id})";
                var answer = simple ? await client.QueryAsync(sql) : await client.CallAsync(TdsCall.ExecuteSql(sql));
                Assert.That(answer.Error, Is.Null, answer.ToString());
            }
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            // The crash that this test is about.
        }
    }

    // From nothing but the bytes, so that a mistake of our reader cannot hide one of our writer. Texts may begin at an odd byte.
    private static HashSet<string> RecordedIds(JournalFiles journal)
    {
        byte[] bytes = journal.Bytes;
        return [.. IdsIn(Encoding.Unicode.GetString(bytes)), .. IdsIn(Encoding.Unicode.GetString(bytes.AsSpan(1)))];
    }

    private static IEnumerable<string> IdsIn(string text)
    {
        for (int at = text.IndexOf(Insert, StringComparison.Ordinal); at >= 0; at = text.IndexOf(Insert, at + 1, StringComparison.Ordinal))
        {
            int end = text.IndexOf(')', at + Insert.Length);
            if (end > at && int.TryParse(text.AsSpan(at + Insert.Length, end - at - Insert.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int id))
                yield return id.ToString(CultureInfo.InvariantCulture);
        }
    }
}
