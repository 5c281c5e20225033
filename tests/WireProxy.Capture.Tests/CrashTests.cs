using System.Diagnostics;

namespace WireProxy.Capture.Tests;

public sealed class CrashTests
{
    [Test]
    public async Task After_kill_9_everything_acknowledged_is_on_record_and_verifies()
    {
        using var directory = new TestDirectory();
        int open = 0;
        for (int round = 1; round <= 4; round++)
        {
            List<string> acknowledged = await RunAndKillAsync(directory, lines: 300 * round);

            VerificationReport report = directory.Verify();
            Assert.That(report.Damage, Is.Null);
            open += report.Notes.Count(note => note.Contains("still open", StringComparison.Ordinal));
            HashSet<string> recorded = [.. JournalReader.Read(directory.Path).Select(r => $"{r.Session} {r.Sequence}")];
            Assert.That(acknowledged.Where(a => !recorded.Contains(a)), Is.Empty);
            Assert.That(recorded, Has.Count.GreaterThanOrEqualTo(300 * round));
        }
        // A writer may die between two segments, but not each time.
        Assert.That(open, Is.GreaterThan(0));
        await using (Journal.Open(directory.Options, TimeProvider.System))
        {
        }
        Assert.That(directory.Verify().Damage, Is.Null);
    }

    private static async Task<List<string>> RunAndKillAsync(TestDirectory directory, int lines)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet")
        {
            RedirectStandardOutput = true,
            ArgumentList = { "exec", typeof(CrashTests).Assembly.Location, directory.Path },
        };
        using Process process = Process.Start(start)!;
        var acknowledged = new List<string>();
        while (acknowledged.Count < lines)
            acknowledged.Add(await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The writer died."));
        process.Kill();
        // What it said before it died counts too; the last line may be half a line.
        string rest = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        string[] more = rest.Split('\n');
        acknowledged.AddRange(more[..^1]);
        return acknowledged;
    }
}
