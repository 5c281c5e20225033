using System.Diagnostics;

namespace WireProxy.Capture.Tests;

[Platform("Linux")]
public sealed class DiskFullTests
{
    private const int DiskBytes = 4 << 20;

    [Test]
    public async Task A_full_disk_refuses_and_loses_nothing_and_service_returns_with_space()
    {
        using var directory = new TestDirectory();
        if (!Try("mount", "-t", "tmpfs", "-o", $"size={DiskBytes}", "tmpfs", directory.Path))
            Assert.Ignore("Mounting a small tmpfs needs root.");
        try
        {
            await FillAndFreeAsync(directory);
        }
        finally
        {
            Assert.That(Try("umount", directory.Path));
        }
    }

    private static async Task FillAndFreeAsync(TestDirectory directory)
    {
        string ballast = Path.Combine(directory.Path, "ballast");
        File.WriteAllBytes(ballast, new byte[DiskBytes / 2]);
        var acknowledged = new List<int>();
        var refused = new List<int>();
        int number = 0;
        await using (Journal journal = Journal.Open(directory.Options with { SegmentBytes = 512 << 10 }, TimeProvider.System))
        {
            SessionStream session = journal.OpenSession(TestJournal.Alice);
            while (refused.Count < 20)
                await StatementAsync(journal, session);
            Assert.That(acknowledged, Has.Count.GreaterThan(50));
            Assert.That(journal.IsHealthy, Is.False);
            Assert.That(journal.Failure?.Message, Does.Contain("space").IgnoreCase);

            File.Delete(ballast);
            Assert.That(() => journal.IsHealthy, Is.True.After(TestJournal.Patience, 10));
            for (int i = 0; i < 20; i++)
                await StatementAsync(journal, session);
            Assert.That(refused, Has.Count.EqualTo(20));

            async Task StatementAsync(Journal journal, SessionStream session)
            {
                int id = number++;
                byte[] body = new byte[20_000];
                BitConverter.TryWriteBytes(body, id);
                try
                {
                    await journal.WaitDurableAsync(await session.AppendAsync(RecordKind.ClientBytes, body));
                    acknowledged.Add(id);
                }
                catch (JournalUnavailableException)
                {
                    refused.Add(id);
                }
            }
        }

        Assert.That(directory.Verify().Damage, Is.Null);
        JournalRecord[] statements = [.. JournalReader.Read(directory.Path).Where(r => r.Kind == RecordKind.ClientBytes)];
        Assert.That(statements.Where(r => !r.Withdrawn).Select(r => BitConverter.ToInt32(r.Payload.Span)), Is.EqualTo(acknowledged));
        Assert.That(statements.Where(r => r.Withdrawn).Select(r => BitConverter.ToInt32(r.Payload.Span)), Is.SubsetOf(refused));
    }

    private static bool Try(string command, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
