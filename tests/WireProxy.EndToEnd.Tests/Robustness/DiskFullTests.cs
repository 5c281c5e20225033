using System.Text;
using WireProxy.EndToEnd.Tests.Journal;
using WireProxy.TestKit;

namespace WireProxy.EndToEnd.Tests.Robustness;

/// <summary>A journal on a small disk of its own (a tmpfs, which takes root to mount).</summary>
[NonParallelizable]
public sealed class DiskFullTests
{
    private TemporaryDirectory _directory = null!;
    private PostgresServer _server = null!;
    private string _disk = null!;
    private bool _mounted;

    [OneTimeSetUp]
    public async Task MountSmallDisk()
    {
        if (Environment.UserName != "root")
            Assert.Ignore("mounting a small tmpfs takes root");
        _directory = new TemporaryDirectory();
        _disk = _directory["disk"];
        Directory.CreateDirectory(_disk);
        var mount = await ProcessRunner.RunAsync("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", _disk);
        if (mount.ExitCode != 0)
            Assert.Ignore($"a small tmpfs cannot be mounted here: {mount.Error.Trim()}");
        _mounted = true;
        _server = await Clinic.Available(PostgresServer.StartAsync());
        await _server.ScriptAsync("CREATE TABLE executed (id int PRIMARY KEY, filler text)");
    }

    [OneTimeTearDown]
    public async Task UnmountSmallDisk()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        if (_mounted)
            await ProcessRunner.RunAsync("umount", "--lazy", _disk);
        _directory?.Dispose();
    }

    [TestCase("strict")]
    [TestCase("batched")]
    public async Task A_full_disk_refuses_statements_until_there_is_space_again(string durability)
    {
        await _server.ScriptAsync("TRUNCATE executed");
        foreach (var earlier in Directory.EnumerateDirectories(_disk))
            Directory.Delete(earlier, recursive: true);
        await ResizeAsync("4m");
        var journalDirectory = Path.Combine(_disk, durability);
        await using var gateway = await GatewayProcess.StartAsync(
            _server, settings => settings with { Durability = durability, JournalDirectory = journalDirectory });
        await using var client = await WireClient.LogInAsync(gateway.Port);

        var refusal = await FillAsync(client, durability);

        Assert.That(refusal, Is.Not.Null, "4 MB were never full");
        Assert.That(refusal!.SqlState, Is.AnyOf("53100", "58030", "57P03", "53000"));
        Assert.That($"{refusal} {refusal.Field('D')} {refusal.Field('H')}", Does.Contain("journal").IgnoreCase);
        var newcomer = await gateway.Psql().QueryAsync("SELECT 'not to be run'");
        Assert.That(newcomer.ExitCode, Is.Not.Zero, "who comes new is refused");
        Assert.That(gateway.HasExited, Is.False, () => gateway.Log);

        var executed = (await _server.QueryAsync("SELECT id FROM executed")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (durability == "strict")
        {
            var recorded = Encoding.Latin1.GetString(new JournalFiles(gateway).Bytes);
            Assert.That(executed.Where(id => !recorded.Contains($"executed VALUES ({id}, ", StringComparison.Ordinal)), Is.Empty);
        }

        await ResizeAsync("64m");
        await Until.TrueAsync(
            async () => (await gateway.Psql().QueryAsync("SELECT 'served again'")).Output == "served again\n",
            TimeSpan.FromSeconds(30), () => $"service does not come back:\n{gateway.Log}");
        await gateway.StopAsync();
        var journal = new JournalFiles(gateway);
        var verified = await journal.VerifyAsync();
        Assert.That(verified.ExitCode, Is.Zero, verified.ToString());
        Assert.That(Encoding.Latin1.GetString(journal.Bytes), Does.Contain("served again"));
    }

    private static async Task<WireMessage?> FillAsync(WireClient client, string durability)
    {
        var filler = new string('f', 20_000);
        for (var id = 1; id <= 2_000; id++)
        {
            await client.SendAsync(WireBuilder.Query($"INSERT INTO executed VALUES ({id}, '{durability}{filler}')"));
            var answer = await client.ReadToEndOrReadyAsync();
            Assert.That(answer, Is.Not.Empty, "the connection was closed without a word");
            if (answer.FirstOrDefault(message => message.Type == 'E') is { } error)
                return error;
        }
        return null;
    }

    private async Task ResizeAsync(string size)
    {
        var mount = await ProcessRunner.RunAsync("mount", "-o", $"remount,size={size}", _disk);
        Assert.That(mount.ExitCode, Is.Zero, mount.Error);
    }
}
