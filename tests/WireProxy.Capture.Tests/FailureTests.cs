namespace WireProxy.Capture.Tests;

public sealed class FailureTests
{
    [Test]
    public async Task A_failing_disk_refuses_and_loses_nothing_and_service_returns([Values] Fault fault)
    {
        using var directory = new TestDirectory();
        using var key = TestJournal.NewKey();
        using var disk = new FailingDisk();
        await using (Journal journal = Journal.OpenOn(disk, directory.UnhurriedOptions with { SigningKey = key }, TimeProvider.System))
        {
            SessionStream session = journal.OpenSession(TestJournal.Alice);
            await journal.WaitDurableAsync(await session.AppendAsync(RecordKind.ClientBytes, "before"));

            disk.Break(fault);
            await session.AppendAsync(RecordKind.ServerBytes, "answer");
            long refused = await session.AppendAsync(RecordKind.ClientBytes, "refused");
            Assert.That(async () => await journal.WaitDurableAsync(refused), Throws.InstanceOf<JournalUnavailableException>());
            Assert.That(journal.IsHealthy, Is.False);
            Assert.That(async () => await session.AppendAsync(RecordKind.ClientBytes, "not taken"),
                Throws.InstanceOf<JournalUnavailableException>());
            Assert.That(async () => await journal.WaitDurableAsync(refused), Throws.InstanceOf<JournalUnavailableException>());

            disk.Repair();
            Assert.That(() => journal.IsHealthy, Is.True.After(TestJournal.Patience, 5));
            await journal.WaitDurableAsync(await session.AppendAsync(RecordKind.ClientBytes, "after"));
            Assert.That(journal.Failure, Is.Null);
        }

        JournalRecord[] records = [.. JournalReader.Read(directory.Path)];
        Assert.That(records.Where(r => r.Kind != RecordKind.Outage).Select(r => (r.Text(), r.Sequence, r.Withdrawn)), Is.EqualTo(new[]
        {
            ("before", 1L, false), ("answer", 2L, false), ("refused", 3L, true), ("after", 4L, false),
        }));
        Assert.That(records.Single(r => r.Kind == RecordKind.Outage).Text(), Does.Contain("\"effect\":\"refused\",\"records\":1,"));
        VerificationReport report = directory.Verify(key);
        Assert.That(report.Damage, Is.Null);
        Assert.That(report.Notes, Has.Some.Contains("could not be written from"));
        // After a failed fdatasync a file is not trusted again; after a failed write it is cut back, if that works.
        Assert.That(report.Segments, Is.EqualTo(fault is Fault.Write or Fault.HalfAWrite ? 1 : 2));
    }

    [Test]
    public async Task With_continue_sessions_go_on_and_the_gap_is_on_record([Values(Fault.Write, Fault.Sync)] Fault fault)
    {
        using var directory = new TestDirectory();
        using var disk = new FailingDisk();
        await using (Journal journal = Journal.OpenOn(disk, directory.Options with { RefuseOnFailure = false }, TimeProvider.System))
        {
            SessionStream alice = journal.OpenSession(TestJournal.Alice);
            disk.Break(fault);
            await journal.WaitDurableAsync(await alice.AppendAsync(RecordKind.ClientBytes, "kept in memory"));
            Assert.That(journal.IsHealthy, Is.False);

            SessionStream bob = journal.OpenSession(TestJournal.Bob);
            await journal.WaitDurableAsync(await alice.AppendAsync(RecordKind.ClientBytes, "dropped"));
            await journal.WaitDurableAsync(await bob.AppendAsync(RecordKind.SessionOpened, "dropped"));

            disk.Repair();
            Assert.That(() => journal.IsHealthy, Is.True.After(TestJournal.Patience, 5));
            await alice.AppendAsync(RecordKind.ClientBytes, "after");
            await bob.AppendAsync(RecordKind.ClientBytes, "after");
        }

        Assert.That(JournalReader.Read(directory.Path).Select(r => (r.Session, r.Kind, r.Sequence)), Is.EqualTo(new[]
        {
            (TestJournal.Alice, RecordKind.ClientBytes, 1L), (Guid.Empty, RecordKind.Outage, 0L),
            (TestJournal.Alice, RecordKind.ClientBytes, 3L), (TestJournal.Bob, RecordKind.ClientBytes, 2L),
        }));
        VerificationReport report = directory.Verify();
        Assert.That(report.Damage, Is.Null);
        Assert.That(report.Notes, Has.Some.Contains("2 records were dropped"));
        Assert.That(report.Notes, Has.Some.Contains("2 records of sessions are missing"));
    }

    [Test]
    public async Task The_end_of_a_session_is_recorded_even_when_it_falls_into_an_outage()
    {
        using var directory = new TestDirectory();
        using var disk = new FailingDisk();
        await using (Journal journal = Journal.OpenOn(disk, directory.Options, TimeProvider.System))
        {
            SessionStream session = journal.OpenSession(TestJournal.Alice);
            disk.Break(Fault.Write);
            long position = await session.AppendAsync(RecordKind.SessionOpened, "{}");
            Assert.That(async () => await journal.WaitDurableAsync(position), Throws.InstanceOf<JournalUnavailableException>());
            await session.AppendAsync(RecordKind.SessionClosed, "{}");
            disk.Repair();
        }
        Assert.That(JournalReader.Read(directory.Path).Select(r => r.Kind),
            Is.EqualTo(new[] { RecordKind.SessionOpened, RecordKind.SessionClosed, RecordKind.Outage }));
        Assert.That(directory.Verify().Damage, Is.Null);
    }

    [Test]
    public async Task What_is_appended_in_an_outage_comes_after_what_was_pending([Values] Fault fault)
    {
        using var directory = new TestDirectory();
        using var disk = new FailingDisk();
        await using (Journal journal = Journal.OpenOn(disk, directory.Options with { CommitBytes = 4096 }, TimeProvider.System))
        {
            // The writer is held, so that it does not hear of the fault before all are pending.
            disk.Hold();
            await journal.OpenSession(TestJournal.Alice).AppendAsync(RecordKind.SessionOpened, "{}");
            Assert.That(() => disk.Syncs, Is.EqualTo(2).After(TestJournal.Patience, 1));
            disk.Break(fault);
            SessionStream[] sessions = [.. Enumerable.Range(0, 50).Select(_ => journal.OpenSession(Guid.NewGuid()))];
            long position = 0;
            foreach (SessionStream session in sessions)
                position = await session.AppendAsync(RecordKind.SessionOpened, new byte[500]);
            disk.LetGo();
            Assert.That(async () => await journal.WaitDurableAsync(position), Throws.InstanceOf<JournalUnavailableException>());
            foreach (SessionStream session in sessions)
                await session.AppendAsync(RecordKind.SessionClosed, new byte[500]);
            disk.Repair();
        }
        Assert.That(directory.Verify().Damage, Is.Null);
        Assert.That(JournalIndex.Sessions(directory.Path).Select(s => (s.Records, s.IsClosed)), Has.Exactly(50).EqualTo((2L, true)));
    }

    [Test]
    public async Task A_journal_closes_although_the_disk_fails([Values] Fault fault)
    {
        using var directory = new TestDirectory();
        using var disk = new FailingDisk();
        Journal journal = Journal.OpenOn(disk, directory.Options, TimeProvider.System);
        SessionStream session = journal.OpenSession(TestJournal.Alice);
        await journal.WaitDurableAsync(await session.AppendAsync(RecordKind.SessionOpened, "{}"));
        disk.Break(fault);
        await session.AppendAsync(RecordKind.SessionClosed, "{}");
        await journal.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));

        await using (Journal.Open(directory.Options, TimeProvider.System))
        {
        }
        Assert.That(directory.Verify().Damage, Is.Null);
        Assert.That(JournalReader.Read(directory.Path).First().Kind, Is.EqualTo(RecordKind.SessionOpened));
    }

    [Test]
    public async Task Records_that_became_durable_before_the_failure_are_not_withdrawn()
    {
        using var directory = new TestDirectory();
        using var disk = new FailingDisk();
        var outcome = new List<bool>();
        await using (Journal journal = Journal.OpenOn(disk, directory.Options with { SegmentBytes = 1024 }, TimeProvider.System))
        {
            SessionStream session = journal.OpenSession(TestJournal.Alice);
            disk.Hold();
            ValueTask first = journal.WaitDurableAsync(await session.AppendAsync(RecordKind.ClientBytes, "first"));
            Assert.That(() => disk.Syncs, Is.EqualTo(2).After(TestJournal.Patience, 1));
            // One commit over several segments: records, footer, header, and then the disk fails.
            var waits = new List<Task>();
            for (int i = 0; i < 20; i++)
                waits.Add(journal.WaitDurableAsync(await session.AppendAsync(RecordKind.ClientBytes, new string('x', 100))).AsTask());
            disk.FailsAfter(7, () => disk.Break(Fault.Write));
            disk.LetGo();
            await first;
            foreach (Task wait in waits)
            {
                try
                {
                    await wait;
                    outcome.Add(true);
                }
                catch (JournalUnavailableException)
                {
                    outcome.Add(false);
                }
            }
            disk.Repair();
            Assert.That(() => journal.IsHealthy, Is.True.After(TestJournal.Patience, 1));
        }
        Assert.That(outcome, Has.Some.True.And.Some.False);
        Assert.That(JournalReader.Read(directory.Path).Where(r => r.Session == TestJournal.Alice).Skip(1).Select(r => !r.Withdrawn),
            Is.EqualTo(outcome));
        Assert.That(directory.Verify().Damage, Is.Null);
    }

    [Test]
    public async Task A_commit_that_fails_halfway_is_written_again_from_its_beginning([Values(1, 2, 5)] int writesThatWork)
    {
        using var directory = new TestDirectory();
        using var disk = new FailingDisk();
        await using (Journal journal = Journal.OpenOn(disk, directory.Options with { CommitBytes = 4096 }, TimeProvider.System))
        {
            SessionStream session = journal.OpenSession(TestJournal.Alice);
            disk.Hold();
            await session.AppendAsync(RecordKind.ServerBytes, new byte[5000]);
            Assert.That(() => disk.Syncs, Is.EqualTo(2).After(TestJournal.Patience, 1));
            long last = 0;
            for (int i = 0; i < 30; i++)
                last = await session.AppendAsync(RecordKind.ServerBytes, new byte[1000]);
            disk.FailsAfter(writesThatWork, () => disk.Break(Fault.HalfAWrite));
            disk.LetGo();
            Assert.That(async () => await journal.WaitDurableAsync(last), Throws.InstanceOf<JournalUnavailableException>());
            disk.Repair();
            Assert.That(() => journal.IsHealthy, Is.True.After(TestJournal.Patience, 1));
        }
        Assert.That(JournalReader.Read(directory.Path).Count(r => r.Kind == RecordKind.ServerBytes), Is.EqualTo(31));
        VerificationReport report = directory.Verify();
        Assert.That((report.Damage, report.Segments), Is.EqualTo(((JournalDamage?)null, 1L)));
    }

    [Test, Platform("Linux")]
    public async Task A_segment_that_is_deleted_while_it_is_written_is_noticed()
    {
        using var directory = new TestDirectory();
        await using (Journal journal = Journal.Open(directory.UnhurriedOptions, TimeProvider.System))
        {
            SessionStream session = journal.OpenSession(TestJournal.Alice);
            File.Delete(directory.Segment(1));
            long position = await session.AppendAsync(RecordKind.ClientBytes, "select");
            Assert.That(async () => await journal.WaitDurableAsync(position), Throws.InstanceOf<JournalUnavailableException>());
            Assert.That(() => journal.IsHealthy, Is.True.After(TestJournal.Patience, 1));
        }
        Assert.That(JournalReader.Read(directory.Path).First().Text(), Is.EqualTo("select"));
        Assert.That(directory.Verify().Damage?.Problem, Does.Contain("missing"));
    }

    [Test]
    public async Task A_segment_change_that_fails_is_made_up_for([Values] Fault fault)
    {
        using var directory = new TestDirectory();
        using var disk = new FailingDisk();
        var options = directory.Options with { SegmentBytes = 1024 };
        await using (Journal journal = Journal.OpenOn(disk, options, TimeProvider.System))
        {
            SessionStream session = journal.OpenSession(TestJournal.Alice);
            for (int i = 0; i < 12; i++)
            {
                // Fails in another place of the segment each time, so that header, records and footer have their turn.
                disk.FailsAfter(i, () => disk.Break(fault));
                for (int r = 0; r < 6; r++)
                    await TryAppendAsync(journal, session, new string('x', 40 * (i % 4)));
                disk.Repair();
                Assert.That(() => journal.IsHealthy, Is.True.After(TestJournal.Patience, 1));
            }
        }
        VerificationReport report = directory.Verify();
        Assert.That(report.Damage, Is.Null);
        var sequences = JournalReader.Read(directory.Path).Where(r => r.Session == TestJournal.Alice).Select(r => r.Sequence).ToList();
        Assert.That(sequences, Has.Count.GreaterThanOrEqualTo(12));
        Assert.That(sequences, Is.EqualTo(Enumerable.Range(1, sequences.Count)));
    }

    private static async Task TryAppendAsync(Journal journal, SessionStream session, string text)
    {
        try
        {
            await journal.WaitDurableAsync(await session.AppendAsync(RecordKind.ClientBytes, text));
        }
        catch (JournalUnavailableException)
        {
            // Refused: it may be there, marked, or not at all, but no number is missing.
        }
    }
}
