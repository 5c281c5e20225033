using WireProxy.Capture;
using WireProxy.Relay.Tests.Leaks;
using WireProxy.TestKit;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.Relay.Tests.Faults;

/// <summary>The journal's disk fills up under a session.</summary>
public sealed class JournalFaultTests
{
    private const int DiskBytes = 4 << 20;

    [Test]
    public async Task Nothing_runs_that_is_not_on_record_and_service_returns_with_space()
    {
        using var directory = new TemporaryDirectory();
        if ((await ProcessRunner.RunAsync("mount", "-t", "tmpfs", "-o", $"size={DiskBytes}", "tmpfs", directory.Path)).ExitCode != 0)
            Assert.Ignore("Mounting a small tmpfs needs root.");
        try
        {
            await FillAndFreeAsync(directory);
        }
        finally
        {
            await ProcessRunner.RunAsync("umount", directory.Path);
        }
    }

    private static async Task FillAndFreeAsync(TemporaryDirectory directory)
    {
        int executed = 0;
        await using var server = new ScriptedServer(type =>
        {
            executed += type == 'Q' ? 1 : 0;
            return type == 'Q' ? Join(Message('C', Text("SELECT 0")), ScriptedServer.Ready) : type == 'X' ? null : [];
        });
        await using Journal journal = Journal.Open(new JournalOptions { Directory = directory["journal"], SegmentBytes = 512 << 10 }, TimeProvider.System);
        await using LocalGateway gateway = LocalGateway.Start(server.Port, TestPolicies.Judging, journal);
        await using TappedClient client = await TappedClient.LogInAsync(gateway.Port);
        Assert.That((await client.QueryAsync("SELECT 1"))[0].Type, Is.EqualTo('C'));
        string ballast = directory["ballast"];
        Fill(ballast);

        string large = $"SELECT '{new string('x', 200_000)}'";
        int answered = 1;
        WireMessage? refusal = null;
        for (int i = 0; i < 40 && refusal is null; i++)
        {
            IReadOnlyList<WireMessage> answer = await client.QueryAsync(large);
            refusal = answer.FirstOrDefault(message => message.Type == 'E');
            answered += answer.Count(message => message.Type == 'C');
        }
        Assert.That(refusal?.SqlState, Is.EqualTo("58030"));
        await using (TappedClient late = await TappedClient.ConnectAsync(gateway.Port))
        {
            await late.SendAsync(Startup("postgres", "postgres"));
            Assert.That((await late.EndAsync())[^1].SqlState, Is.EqualTo("58030"));
        }
        Assert.That(executed, Is.LessThanOrEqualTo(answered + 1), "at most the refused one's stand-in reached the server");

        File.Delete(ballast);
        await Until.TrueAsync(() => journal.IsHealthy, TimeSpan.FromSeconds(20), () => "the journal does not recover");
        await using TappedClient again = await TappedClient.LogInAsync(gateway.Port);
        Assert.That((await again.QueryAsync("SELECT 3"))[0].Type, Is.EqualTo('C'));
    }

    private static void Fill(string path)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1);
        byte[] block = new byte[64 << 10];
        try
        {
            while (true)
                file.Write(block);
        }
        catch (IOException)
        {
            // Full: that is the point.
        }
    }
}
