namespace WireProxy.Capture.Tests;

public sealed class SmokeTests
{
    [Test]
    public async Task Records_become_durable()
    {
        string directory = Directory.CreateTempSubdirectory().FullName;
        await using (Journal journal = Journal.Open(new JournalOptions { Directory = directory }, TimeProvider.System))
        {
            SessionStream session = journal.OpenSession(Guid.NewGuid());
            long position = await session.AppendAsync(RecordKind.ClientBytes, "head"u8.ToArray(), "body"u8.ToArray());
            await journal.WaitDurableAsync(position);
            Assert.That(journal.IsHealthy);
        }
        Assert.That(new FileInfo(Path.Combine(directory, "0000000001.wpj")).Length, Is.EqualTo(48 + 77 + 32 + 77 + 8 + 77 + 184));
    }
}
