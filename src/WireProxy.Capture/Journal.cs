using Microsoft.Win32.SafeHandles;
using WireProxy.Capture.Writing;

namespace WireProxy.Capture;

/// <summary>
/// An append-only, tamper-evident record of sessions (protocol-specs/capture/format.md). All sessions of a gateway share it:
/// one thread writes what they appended and one fdatasync covers many records. Payloads are opaque to it.
/// </summary>
public sealed class Journal : IAsyncDisposable
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(200);

    // However many sessions ask, a failing disk is tried no more often than this.
    private static readonly TimeSpan LeastRetryInterval = TimeSpan.FromMilliseconds(5);

    private readonly SafeFileHandle _lock;
    private readonly PendingRecords _pending;
    private readonly Committer _committer;
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private int _disposed;

    private Journal(SafeFileHandle directoryLock, PendingRecords pending, Committer committer)
    {
        _lock = directoryLock;
        _pending = pending;
        _committer = committer;
    }

    /// <summary>
    /// Opens a directory for writing and begins a new segment in it. What an earlier run left without a footer is read once,
    /// so that the new segment attests where it ends.
    /// </summary>
    /// <exception cref="JournalException">The directory cannot be written, is in use by another writer, or its last segment
    /// is damaged; the message names it.</exception>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static Journal Open(JournalOptions options, TimeProvider time) => OpenOn(Disk.Real, options, time);

    internal static Journal OpenOn(Disk disk, JournalOptions options, TimeProvider time)
    {
        options.Validate();
        SafeFileHandle directoryLock = Files.LockDirectory(options.Directory);
        try
        {
            var committer = new Committer(options, time, disk, SegmentRecovery.FindEnd(options.Directory, options.SigningKey));
            committer.Begin();
            var journal = new Journal(directoryLock, new PendingRecords(options, time), committer);
            new Thread(journal.Write) { IsBackground = true, Name = "journal writer" }.Start();
            return journal;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            directoryLock.Dispose();
            if (e is JournalException)
                throw;
            throw new JournalException($"The journal directory {options.Directory} cannot be written: {e.Message}", e);
        }
    }

    /// <summary>False while the journal cannot be written; it tries again by itself.</summary>
    public bool IsHealthy => _pending.Failure is null;

    /// <summary>Why the journal cannot be written; null while it can.</summary>
    public Exception? Failure => _pending.Failure;

    /// <summary>The records of one session. Each session gets one stream, with an id of its own.</summary>
    public SessionStream OpenSession(Guid id) => new(_pending, id);

    /// <summary>
    /// Completes when fdatasync covered everything up to a position. When it throws
    /// <see cref="JournalUnavailableException"/>, the record that ends there is marked as withdrawn in the journal: what it
    /// announces must not be sent any more, also if the journal works again a moment later.
    /// </summary>
    /// <param name="position">What appending the record returned.</param>
    /// <exception cref="OperationCanceledException">Nobody waits any more; the record may become durable all the same.</exception>
    public ValueTask WaitDurableAsync(long position, CancellationToken cancellation = default) =>
        _pending.WaitDurableAsync(position, cancellation);

    /// <summary>Writes what is pending, closes the segment with its footer, and gives the directory free.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            _pending.Stop();
        await _stopped.Task;
        _pending.Dispose();
        _committer.Dispose();
        _lock.Dispose();
    }

    private void Write()
    {
        var taken = new List<Chunk>();
        while (_pending.Take(taken, out long position))
        {
            if (!TryCommit(taken, position))
                RetryUntilItWorks(taken);
        }
        TryClose();
        _stopped.SetResult();
    }

    private bool TryCommit(List<Chunk> taken, long position)
    {
        try
        {
            _committer.Commit(taken);
        }
        // Whatever it is, the records are not durable; a journal that swallowed an error and went on would lie.
        catch (Exception e)
        {
            _pending.Failed(taken, e);
            return false;
        }
        _pending.Succeeded(taken, position);
        return true;
    }

    private void RetryUntilItWorks(List<Chunk> taken)
    {
        bool tryAgain = true;
        while (tryAgain)
        {
            Thread.Sleep(LeastRetryInterval);
            tryAgain = _pending.TakeMore(taken, RetryInterval, out long position);
            if (TryCommit(taken, position))
                return;
        }
        _pending.GiveUp();
    }

    private void TryClose()
    {
        try
        {
            _committer.Close();
        }
        // A disk that fails, or a key that is gone: without a footer it is as after a crash, and the next run attests it.
        catch (Exception)
        {
            _committer.Dispose();
        }
    }
}
