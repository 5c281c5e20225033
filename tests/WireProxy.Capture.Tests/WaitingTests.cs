namespace WireProxy.Capture.Tests;

/// <summary>Who waits for room or for durability, and how waiting ends.</summary>
public sealed class WaitingTests
{
    [Test]
    public async Task Nobody_is_told_that_a_lost_record_is_durable()
    {
        using var directory = new TestDirectory();
        using var disk = new FailingDisk();
        Journal journal = Journal.OpenOn(disk, directory.Options, TimeProvider.System);
        SessionStream session = journal.OpenSession(TestJournal.Alice);
        disk.Hold();
        long position = await session.AppendAsync(RecordKind.ClientBytes, "lost");
        Task wait = journal.WaitDurableAsync(position).AsTask();
        disk.Break(Fault.Sync);
        Task end = journal.DisposeAsync().AsTask();
        disk.LetGo();
        await end;
        Assert.That(async () => await wait, Throws.InstanceOf<JournalUnavailableException>());
        Assert.That(async () => await journal.WaitDurableAsync(position), Throws.InstanceOf<ObjectDisposedException>());
        await journal.DisposeAsync();
    }
    [Test]
    public async Task Appends_wait_when_too_much_is_pending()
    {
        using var directory = new TestDirectory();
        using var disk = new FailingDisk();
        var options = directory.Options with { CommitBytes = 4096, PendingBytes = 65536 };
        await using Journal journal = Journal.OpenOn(disk, options, TimeProvider.System);
        SessionStream session = journal.OpenSession(TestJournal.Alice);
        disk.Hold();
        byte[] body = new byte[1000];
        int taken = 0;
        ValueTask<long> append = session.AppendAsync(RecordKind.ServerBytes, body);
        for (; append.IsCompleted; taken++)
        {
            await append;
            append = session.AppendAsync(RecordKind.ServerBytes, body);
        }
        Assert.That(taken, Is.EqualTo(65536 / 1077));

        using var cancelled = new CancellationTokenSource();
        ValueTask<long> impatient = session.AppendAsync(RecordKind.ServerBytes, body, cancelled.Token);
        await cancelled.CancelAsync();
        Assert.That(async () => await impatient, Throws.InstanceOf<OperationCanceledException>());

        disk.LetGo();
        await journal.WaitDurableAsync(await append);
        Assert.That(JournalReader.Read(directory.Path).Count(), Is.EqualTo(taken + 1));
    }

    [Test]
    public async Task Those_who_wait_for_room_hear_of_a_failure()
    {
        using var directory = new TestDirectory();
        using var disk = new FailingDisk();
        var options = directory.Options with { CommitBytes = 4096, PendingBytes = 65536 };
        await using Journal journal = Journal.OpenOn(disk, options, TimeProvider.System);
        SessionStream session = journal.OpenSession(TestJournal.Alice);
        disk.Hold();
        await session.AppendAsync(RecordKind.ServerBytes, new byte[60_000]);
        ValueTask<long> append = session.AppendAsync(RecordKind.ServerBytes, new byte[60_000]);
        Assert.That(append.IsCompleted, Is.False);
        disk.Break(Fault.Sync);
        disk.LetGo();
        Assert.That(async () => await append, Throws.InstanceOf<JournalUnavailableException>());
        disk.Repair();
    }

    [Test]
    public async Task Who_no_longer_waits_is_let_go()
    {
        using var directory = new TestDirectory();
        using var disk = new FailingDisk();
        await using Journal journal = Journal.OpenOn(disk, directory.Options, TimeProvider.System);
        SessionStream session = journal.OpenSession(TestJournal.Alice);
        disk.Hold();
        long position = await session.AppendAsync(RecordKind.ClientBytes, "select");
        using var cancelled = new CancellationTokenSource();
        ValueTask wait = journal.WaitDurableAsync(position, cancelled.Token);
        ValueTask patient = journal.WaitDurableAsync(position, CancellationToken.None);
        await cancelled.CancelAsync();
        Assert.That(async () => await wait, Throws.InstanceOf<OperationCanceledException>());
        disk.LetGo();
        await patient;
    }

    [Test]
    public async Task One_sync_serves_all_who_wait()
    {
        using var directory = new TestDirectory();
        using var disk = new FailingDisk();
        await using Journal journal = Journal.OpenOn(disk, directory.Options, TimeProvider.System);
        SessionStream session = journal.OpenSession(TestJournal.Alice);
        disk.Hold();
        ValueTask first = journal.WaitDurableAsync(await session.AppendAsync(RecordKind.ClientBytes, "select"));
        Assert.That(() => disk.Syncs, Is.EqualTo(2).After(TestJournal.Patience, 1), "the header's and this one");
        var waiting = new List<Task>();
        for (int i = 0; i < 1000; i++)
            waiting.Add(journal.WaitDurableAsync(await session.AppendAsync(RecordKind.ClientBytes, "select")).AsTask());
        disk.LetGo();
        await first;
        await Task.WhenAll(waiting);
        Assert.That(disk.Syncs, Is.EqualTo(3));
    }
}
