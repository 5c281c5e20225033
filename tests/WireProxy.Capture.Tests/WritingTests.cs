using System.IO.Pipelines;
using System.Text;
using WireProxy.TestKit;

namespace WireProxy.Capture.Tests;

public sealed class WritingTests
{
    [Test]
    public async Task What_was_appended_is_read_in_the_same_order()
    {
        using var directory = new TestDirectory();
        await TestJournal.WriteSmallAsync(directory);

        JournalRecord[] records = [.. JournalReader.Read(directory.Path)];

        Assert.That(records.Select(r => (r.Segment, r.Session, r.Sequence, r.Kind, r.Text())), Is.EqualTo(new[]
        {
            (1L, TestJournal.Alice, 1L, RecordKind.SessionOpened, """{"user":"alice"}"""),
            (1L, TestJournal.Bob, 1L, RecordKind.SessionOpened, """{"user":"bob"}"""),
            (1L, TestJournal.Alice, 2L, RecordKind.ClientBytes, "select 1"),
            (1L, TestJournal.Alice, 3L, RecordKind.Decision, """{"decision":"allow"}"""),
            (1L, TestJournal.Alice, 4L, RecordKind.ServerBytes, "1"),
            (1L, TestJournal.Bob, 2L, RecordKind.SessionClosed, "{}"),
            (1L, TestJournal.Alice, 5L, RecordKind.SessionClosed, "{}"),
            (2L, new Guid("cafe0000-0000-4000-8000-000000000003"), 1L, RecordKind.SessionOpened, "{}"),
        }));
        Assert.That(records.Select(r => r.TimeUtc), Is.Ordered.Ascending.And.All.Matches<DateTime>(t => t.Year == 2026));
        Assert.That(records.Select(r => r.Withdrawn), Has.All.False);
        Assert.That(directory.Verify().Damage, Is.Null);
    }

    [Test]
    public async Task Head_and_body_make_one_payload()
    {
        using var directory = new TestDirectory();
        await using (Journal journal = Journal.Open(directory.Options, TimeProvider.System))
            await journal.OpenSession(TestJournal.Alice).AppendAsync(RecordKind.ClientBytes, "Q\0\0"u8.ToArray(), "select"u8.ToArray());

        Assert.That(JournalReader.Read(directory.Path).Single().Text(), Is.EqualTo("Q\0\0select"));
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(4096 - 77)]
    [TestCase(4096 - 76)]
    [TestCase(100_000)]
    [TestCase(5_000_000)]
    public async Task A_record_of_any_size_is_kept_whole(int size)
    {
        using var directory = new TestDirectory();
        byte[] payload = new byte[size];
        new Random(size).NextBytes(payload);
        var options = directory.Options with { CommitBytes = 4096, PendingBytes = 65536, SegmentBytes = 10_000 };
        await using (Journal journal = Journal.Open(options, TimeProvider.System))
        {
            SessionStream session = journal.OpenSession(TestJournal.Alice);
            await session.AppendAsync(RecordKind.ServerBytes, "before");
            await session.AppendAsync(RecordKind.ServerBytes, payload);
            await session.AppendAsync(RecordKind.ServerBytes, "after");
        }

        JournalRecord[] records = [.. JournalReader.Read(directory.Path)];
        Assert.That(records, Has.Length.EqualTo(3));
        Assert.That(records[1].Payload.Span.SequenceEqual(payload));
        Assert.That(directory.Verify().Damage, Is.Null);
    }

    [Test]
    public async Task A_durable_record_is_in_the_file_while_the_journal_is_open()
    {
        using var directory = new TestDirectory();
        await using Journal journal = Journal.Open(directory.Options, TimeProvider.System);
        SessionStream session = journal.OpenSession(TestJournal.Alice);
        for (int i = 0; i < 20; i++)
        {
            long position = await session.AppendAsync(RecordKind.ClientBytes, $"statement {i}");
            await journal.WaitDurableAsync(position);
            Assert.That(JournalReader.Read(directory.Path).Last().Text(), Is.EqualTo($"statement {i}"));
        }
    }

    [Test]
    public async Task A_record_that_nobody_waits_for_is_written_after_the_batch_interval()
    {
        using var directory = new TestDirectory();
        var options = directory.Options with { Durability = Durability.Batched, BatchInterval = TimeSpan.FromMilliseconds(5) };
        await using Journal journal = Journal.Open(options, TimeProvider.System);
        SessionStream session = journal.OpenSession(TestJournal.Alice);
        for (int i = 1; i <= 3; i++)
        {
            await session.AppendAsync(RecordKind.ClientBytes, "select");
            Assert.That(() => JournalReader.Read(directory.Path).Count(), Is.EqualTo(i).After(TestJournal.Patience, 5));
            // Long enough for the writer to go to sleep for good, so that the next append has to wake it.
            await Task.Delay(30);
        }
    }

    [Test]
    public async Task Segments_are_closed_before_they_outgrow_their_size()
    {
        using var directory = new TestDirectory();
        using var key = TestJournal.NewKey();
        await using (Journal journal = Journal.Open(directory.Options with { SegmentBytes = 2048, SigningKey = key }, TimeProvider.System))
        {
            SessionStream session = journal.OpenSession(TestJournal.Alice);
            for (int i = 0; i < 200; i++)
                await session.AppendAsync(RecordKind.ClientBytes, new string('x', i));
        }

        FileInfo[] files = new DirectoryInfo(directory.Path).GetFiles("*.wpj");
        Assert.That(files, Has.Length.GreaterThan(10));
        Assert.That(files.Select(f => f.Length), Has.All.LessThanOrEqualTo(2048));
        Assert.That(JournalReader.Read(directory.Path).Select(r => r.Payload.Length), Is.EqualTo(Enumerable.Range(0, 200)));
        VerificationReport report = directory.Verify(key);
        Assert.That(report.Damage, Is.Null);
        Assert.That(report.Notes, Is.Empty);
        Assert.That(report.Segments, Is.EqualTo(files.Length));
        Assert.That(report.Bytes, Is.EqualTo(files.Sum(f => f.Length) - 48 * files.Length));
    }

    [Test]
    public async Task Positions_rise_and_what_is_before_a_durable_one_is_durable()
    {
        using var directory = new TestDirectory();
        await using Journal journal = Journal.Open(directory.Options, TimeProvider.System);
        SessionStream session = journal.OpenSession(TestJournal.Alice);
        long first = await session.AppendAsync(RecordKind.ClientBytes, "a");
        long second = await session.AppendAsync(RecordKind.ClientBytes, "b");
        Assert.That(second, Is.GreaterThan(first).And.GreaterThan(0));

        await journal.WaitDurableAsync(second);

        ValueTask again = journal.WaitDurableAsync(first);
        Assert.That(again.IsCompletedSuccessfully);
        await again;
        Assert.That(async () => await journal.WaitDurableAsync(second + 1), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public async Task Nothing_can_be_appended_after_the_end()
    {
        using var directory = new TestDirectory();
        Journal journal = Journal.Open(directory.Options, TimeProvider.System);
        SessionStream session = journal.OpenSession(TestJournal.Alice);
        await journal.DisposeAsync();
        Assert.That(() => session.AppendAsync(RecordKind.ClientBytes, "late"), Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public async Task Many_sessions_at_once_each_keep_their_order()
    {
        const int sessions = 200, records = 50;
        using var directory = new TestDirectory();
        var options = directory.Options with { CommitBytes = 16384, PendingBytes = 65536, SegmentBytes = 1 << 20 };
        await using (Journal journal = Journal.Open(options, TimeProvider.System))
        {
            await Task.WhenAll(Enumerable.Range(0, sessions).Select(s => Task.Run(async () =>
            {
                SessionStream stream = journal.OpenSession(Id(s));
                for (int i = 0; i < records; i++)
                {
                    byte[] body = Encoding.UTF8.GetBytes($"{i}:{new string('x', i * s % 700)}");
                    long position = await stream.AppendAsync(RecordKind.ClientBytes, body);
                    if (i % 10 == 9)
                        await journal.WaitDurableAsync(position);
                }
            })));
        }

        Assert.That(directory.Verify().Damage, Is.Null);
        var bySession = JournalReader.Read(directory.Path).ToLookup(r => r.Session);
        Assert.That(bySession, Has.Count.EqualTo(sessions));
        foreach (IGrouping<Guid, JournalRecord> session in bySession)
        {
            Assert.That(session.Select(r => r.Sequence), Is.EqualTo(Enumerable.Range(1, records)));
            Assert.That(session.Select(r => int.Parse(r.Text().Split(':')[0])), Is.EqualTo(Enumerable.Range(0, records)));
        }
    }

    [Test]
    public async Task Both_directions_of_a_session_may_append_at_the_same_time()
    {
        using var directory = new TestDirectory();
        await using (Journal journal = Journal.Open(directory.Options, TimeProvider.System))
        {
            SessionStream stream = journal.OpenSession(TestJournal.Alice);
            await Task.WhenAll(new[] { RecordKind.ClientBytes, RecordKind.ServerBytes }.Select(kind => Task.Run(async () =>
            {
                for (int i = 0; i < 2000; i++)
                    await stream.AppendAsync(kind, $"{i}");
            })));
        }

        JournalRecord[] records = [.. JournalReader.Read(directory.Path)];
        Assert.That(records.Select(r => r.Sequence), Is.EqualTo(Enumerable.Range(1, 4000)));
        foreach (IGrouping<RecordKind, JournalRecord> direction in records.GroupBy(r => r.Kind))
            Assert.That(direction.Select(r => int.Parse(r.Text())), Is.Ordered.Ascending);
    }

    [Test]
    public async Task An_append_allocates_nothing()
    {
        using var directory = new TestDirectory();
        await using Journal journal = Journal.Open(directory.Options, TimeProvider.System);
        SessionStream session = journal.OpenSession(TestJournal.Alice);
        byte[] head = new byte[5], body = new byte[100];
        for (int i = 0; i < 1000; i++)
            await session.AppendAsync(RecordKind.ClientBytes, head, body);

        bool allAtOnce = true;
        // Below CommitBytes, so that all fits into the buffers that are there.
        long allocated = Allocated.By(() =>
        {
            for (int i = 0; i < 500; i++)
            {
                ValueTask<long> append = session.AppendAsync(RecordKind.ClientBytes, head, body);
                allAtOnce &= append.IsCompletedSuccessfully;
            }
        });
        Assert.That(allocated, Is.Zero);
        Assert.That(allAtOnce);
    }

    [Test]
    public async Task Waiting_allocates_nothing()
    {
        using var directory = new TestDirectory();
        await using Journal journal = Journal.Open(directory.Options, TimeProvider.System);
        SessionStream session = journal.OpenSession(TestJournal.Alice);
        using var cancellation = new CancellationTokenSource();
        byte[] body = new byte[100];
        Statements();
        Assert.That(Allocated.By(Statements), Is.Zero);

        void Statements()
        {
            for (int i = 0; i < 20; i++)
            {
                ValueTask<long> append = session.AppendAsync(RecordKind.ClientBytes, body);
                long position = append.IsCompleted ? append.Result : 0;
                ValueTask wait = journal.WaitDurableAsync(position, cancellation.Token);
                while (!wait.IsCompleted)
                    Thread.Yield();
                wait.GetAwaiter().GetResult();
            }
        }
    }

    [Test]
    public async Task A_payload_may_come_in_pieces()
    {
        using var directory = new TestDirectory();
        var pipe = new Pipe(new PipeOptions(minimumSegmentSize: 16));
        for (int i = 0; i < 100; i++)
            await pipe.Writer.WriteAsync(Encoding.ASCII.GetBytes($"piece {i} "));
        ReadResult pieces = await pipe.Reader.ReadAsync();
        Assert.That(pieces.Buffer.IsSingleSegment, Is.False);
        await using (Journal journal = Journal.Open(directory.Options, TimeProvider.System))
            await journal.OpenSession(TestJournal.Alice).AppendAsync(RecordKind.ServerBytes, "head "u8.ToArray(), pieces.Buffer);

        Assert.That(JournalReader.Read(directory.Path).Single().Text(), Is.EqualTo("head " + Encoding.ASCII.GetString(pieces.Buffer)));
        Assert.That(directory.Verify().Damage, Is.Null);
    }

    [Test, Platform("Linux")]
    public async Task An_idle_journal_wakes_nothing_up()
    {
        using var directory = new TestDirectory();
        var options = directory.Options with { BatchInterval = TimeSpan.FromMilliseconds(1) };
        await using Journal journal = Journal.Open(options, TimeProvider.System);
        await journal.OpenSession(TestJournal.Alice).AppendAsync(RecordKind.SessionOpened, "{}");
        Assert.That(() => JournalReader.Read(directory.Path).Count(), Is.EqualTo(1).After(TestJournal.Patience, 5));

        // It went to sleep for good when it has not run for two hundred of its intervals.
        Assert.That(() =>
        {
            long before = WriterSwitches();
            Thread.Sleep(200);
            return WriterSwitches() - before;
        }, Is.Zero.After(TestJournal.Patience, 1));

        static long WriterSwitches() => Directory.GetDirectories("/proc/self/task")
            .Where(t => File.ReadAllText($"{t}/comm").StartsWith("journal writer", StringComparison.Ordinal))
            .SelectMany(t => File.ReadLines($"{t}/status"))
            .Where(l => l.Contains("ctxt_switches"))
            .Sum(l => long.Parse(l.Split(':')[1]));
    }

    private static Guid Id(int number) => new(number + 1, 0, 0, new byte[8]);
}
