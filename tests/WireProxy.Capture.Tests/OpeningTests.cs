namespace WireProxy.Capture.Tests;

public sealed class OpeningTests
{
    [Test]
    public async Task A_directory_has_one_writer()
    {
        using var directory = new TestDirectory();
        await using (Journal.Open(directory.Options, TimeProvider.System))
        {
            Assert.That(() => Journal.Open(directory.Options, TimeProvider.System),
                Throws.InstanceOf<JournalException>().With.Message.Contains("in use by another gateway"));
        }
        await using (Journal.Open(directory.Options, TimeProvider.System))
            Assert.That(JournalReader.Read(directory.Path), Is.Empty);
    }

    [Test]
    public void A_directory_that_cannot_be_written_is_refused_at_once()
    {
        using var directory = new TestDirectory();
        string file = Path.Combine(directory.Path, "file");
        File.WriteAllText(file, "");
        Assert.That(() => Journal.Open(new JournalOptions { Directory = Path.Combine(file, "journal") }, TimeProvider.System),
            Throws.InstanceOf<JournalException>().With.Message.Contains("cannot be written"));
    }

    [Test]
    public void A_disk_that_fails_at_once_is_refused_and_leaves_no_segment()
    {
        using var directory = new TestDirectory();
        using var disk = new FailingDisk { FailsToSync = true };
        Assert.That(() => Journal.OpenOn(disk, directory.Options, TimeProvider.System),
            Throws.InstanceOf<JournalException>().With.Message.Contains("cannot be written"));
        Assert.That(Directory.GetFiles(directory.Path).Select(Path.GetFileName), Is.EqualTo(new[] { "journal.lock" }));
    }

    [Test]
    [Platform("Linux"), System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public async Task Only_the_gateways_user_may_read()
    {
        using var directory = new TestDirectory();
        var options = directory.Options with { Directory = Path.Combine(directory.Path, "new") };
        await using (Journal.Open(options, TimeProvider.System))
        {
            Assert.That(File.GetUnixFileMode(options.Directory), Is.EqualTo((UnixFileMode)Convert.ToInt32("700", 8)));
            Assert.That(Directory.GetFiles(options.Directory).Select(File.GetUnixFileMode),
                Has.All.EqualTo((UnixFileMode)Convert.ToInt32("600", 8)));
        }
    }

    [Test]
    public async Task A_last_segment_with_a_damaged_header_is_not_built_upon()
    {
        using var directory = new TestDirectory();
        await TestJournal.WriteSmallAsync(directory);
        File.WriteAllBytes(directory.Segment(2), new byte[500]);
        Assert.That(() => Journal.Open(directory.Options, TimeProvider.System),
            Throws.InstanceOf<JournalException>().With.Message.Contains("0000000002.wpj"));
    }

    [Test]
    public async Task A_segment_that_was_being_begun_is_begun_anew()
    {
        using var directory = new TestDirectory();
        File.WriteAllText(directory.Segment(1) + ".new", "half a header");
        await using (Journal.Open(directory.Options, TimeProvider.System))
        {
        }
        Assert.That(Directory.GetFiles(directory.Path, "*.new"), Is.Empty);
        Assert.That(directory.Verify().Damage, Is.Null);
    }

    [Test]
    public async Task A_journal_goes_on_through_many_runs()
    {
        using var directory = new TestDirectory();
        using var key = TestJournal.NewKey();
        for (int run = 1; run <= 5; run++)
        {
            await using Journal journal = Journal.Open(directory.Options with { SigningKey = key }, TimeProvider.System);
            await journal.OpenSession(Guid.NewGuid()).AppendAsync(RecordKind.SessionOpened, $"{run}");
        }
        Assert.That(JournalReader.Read(directory.Path).Select(r => r.Text()), Is.EqualTo(new[] { "1", "2", "3", "4", "5" }));
        VerificationReport report = directory.Verify(key);
        Assert.That((report.Damage, report.Segments), Is.EqualTo(((JournalDamage?)null, 5L)));
    }

    [TestCase(1023, 1 << 26, 1 << 20)]
    [TestCase(1 << 20, 1 << 15, 1 << 14)]
    [TestCase(1 << 20, 1 << 20, 1 << 21)]
    [TestCase(1 << 20, 1 << 20, 4095)]
    public void Options_out_of_range_are_refused(int segment, int pending, int commit)
    {
        using var directory = new TestDirectory();
        var options = directory.Options with { SegmentBytes = segment, PendingBytes = pending, CommitBytes = commit };
        Assert.That(() => Journal.Open(options, TimeProvider.System), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Only_P256_keys_sign()
    {
        using var directory = new TestDirectory();
        using var key = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP384);
        Assert.That(() => Journal.Open(directory.Options with { SigningKey = key }, TimeProvider.System),
            Throws.ArgumentException.With.Message.Contains("P-256"));
    }
}
