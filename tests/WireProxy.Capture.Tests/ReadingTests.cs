using System.Text;

namespace WireProxy.Capture.Tests;

public sealed class ReadingTests
{
    [Test]
    public async Task Sessions_are_listed_with_what_a_listing_needs()
    {
        using var directory = new TestDirectory();
        await TestJournal.WriteSmallAsync(directory);

        IReadOnlyList<SessionSummary> sessions = JournalIndex.Sessions(directory.Path);

        Assert.That(sessions.Select(s => (s.Id, s.Records, s.Decisions, s.ClientBytes, s.ServerBytes, s.IsClosed)), Is.EqualTo(new[]
        {
            (TestJournal.Alice, 5L, 1L, 8L, 1L, true), (TestJournal.Bob, 2L, 0L, 0L, 0L, true),
            (new Guid("cafe0000-0000-4000-8000-000000000003"), 1L, 0L, 0L, 0L, false),
        }));
        Assert.That(Encoding.UTF8.GetString(sessions[0].Opened.Span), Is.EqualTo("""{"user":"alice"}"""));
        Assert.That(sessions[0].First.Segment, Is.EqualTo(1));
        Assert.That(sessions[0].First.Offset, Is.LessThan(sessions[0].Last.Offset));
        Assert.That(sessions[0].FirstUtc, Is.LessThan(sessions[0].LastUtc));
        Assert.That(sessions[2].First, Is.EqualTo(sessions[2].Last));
    }

    [Test]
    public async Task One_session_is_read_alone()
    {
        using var directory = new TestDirectory();
        await TestJournal.WriteSmallAsync(directory);
        SessionSummary bob = JournalIndex.Sessions(directory.Path).Single(s => s.Id == TestJournal.Bob);
        Assert.That(JournalReader.ReadSession(directory.Path, bob).Select(r => (r.Sequence, r.Kind)), Is.EqualTo(new[]
        {
            (1L, RecordKind.SessionOpened), (2L, RecordKind.SessionClosed),
        }));
    }

    [Test]
    public async Task Damage_is_an_error_unless_somebody_asks_to_read_on()
    {
        using var directory = new TestDirectory();
        await TestJournal.WriteSmallAsync(directory);
        byte[] segment = File.ReadAllBytes(directory.Segment(1));
        int bad = Segments.Offsets(segment)[3];
        segment[bad + Segments.Header] ^= 1;
        File.WriteAllBytes(directory.Segment(1), segment);

        Assert.That(() => JournalReader.Read(directory.Path).Count(),
            Throws.InstanceOf<JournalException>().With.Message.Contains($"0000000001.wpj, byte {bad} (record 4)"));
        Assert.That(() => JournalIndex.Sessions(directory.Path), Throws.InstanceOf<JournalException>());
        var damages = new List<JournalDamage>();
        Assert.That(JournalReader.Read(directory.Path, damages.Add).Select(r => r.Segment), Is.EqualTo(new[] { 1, 1, 2 }));
        Assert.That(JournalIndex.Sessions(directory.Path, damages.Add), Has.Count.EqualTo(3));
        Assert.That(damages.Select(d => d.Offset), Is.EqualTo(new[] { bad, bad }));
    }

    [Test]
    public void A_directory_that_is_not_there_is_an_error()
    {
        Assert.That(() => JournalReader.Read("no-such-directory").Count(), Throws.InstanceOf<JournalException>());
        Assert.That(() => JournalIndex.Sessions("no-such-directory"), Throws.InstanceOf<JournalException>());
        Assert.That(() => JournalVerifier.Verify("no-such-directory", null), Throws.InstanceOf<JournalException>());
    }

    [Test]
    public void An_empty_directory_has_nothing_to_verify_and_says_so()
    {
        using var directory = new TestDirectory();
        File.WriteAllText(Path.Combine(directory.Path, "copy.wpj"), "");
        VerificationReport report = directory.Verify();
        Assert.That(report.IsOk);
        Assert.That(report.Notes, Is.EquivalentTo(new[]
        {
            "copy.wpj is not a segment's name; it was not looked at", "there are no segments",
        }));
    }

    [Test]
    public async Task Verification_tells_how_far_it_is()
    {
        using var directory = new TestDirectory();
        await using (Journal journal = Journal.Open(directory.Options, TimeProvider.System))
        {
            SessionStream session = journal.OpenSession(TestJournal.Alice);
            for (int i = 0; i < 34; i++)
                await session.AppendAsync(RecordKind.ServerBytes, new byte[1 << 20]);
        }
        var steps = new Steps();
        VerificationReport report = JournalVerifier.Verify(directory.Path, null, steps);
        Assert.That(report.Damage, Is.Null);
        Assert.That(steps, Has.Count.GreaterThan(2).And.Ordered);
        Assert.That(steps[^1], Is.EqualTo(report.Bytes));
    }

    private sealed class Steps : List<long>, IProgress<long>
    {
        public void Report(long value) => Add(value);
    }
}
