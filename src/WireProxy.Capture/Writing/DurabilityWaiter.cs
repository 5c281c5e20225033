using System.Threading.Tasks.Sources;

namespace WireProxy.Capture.Writing;

/// <summary>Somebody who waits until a position is durable; reused. Whoever takes it out of the list of waiters, under the
/// list's lock, completes it, so that it is completed once.</summary>
internal sealed class DurabilityWaiter(DurabilityWaiters owner) : IValueTaskSource
{
    // Continuations run on the pool, about 10 us later than on the writer's own thread: little beside an fdatasync, and what a
    // session does next (a send, a parse, a wait for this very journal) cannot hold up the commits of all others.
    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _registration;

    public long Position { get; private set; }

    /// <summary>Chosen by whoever took it out of the list; null for success.</summary>
    public Exception? Error { get; set; }

    public ValueTask Begin(long position)
    {
        Position = position;
        Error = null;
        return new ValueTask(this, _core.Version);
    }

    public void CancelWith(CancellationToken token) => _registration = token.UnsafeRegister(
        static (state, token) => ((DurabilityWaiter)state!).Cancel(token), this);

    public void Complete()
    {
        if (Error is null)
            _core.SetResult(true);
        else
            _core.SetException(Error);
    }

    private void Cancel(CancellationToken token) => owner.Cancel(this, token);

    void IValueTaskSource.GetResult(short token)
    {
        _registration.Dispose();
        _registration = default;
        try
        {
            _core.GetResult(token);
        }
        finally
        {
            _core.Reset();
            owner.GiveBack(this);
        }
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}

/// <summary>Those who wait for durability. Everything but <see cref="Cancel"/> and <see cref="GiveBack"/> is called under the
/// journal's lock.</summary>
internal sealed class DurabilityWaiters(Lock gate)
{
    private readonly List<DurabilityWaiter> _waiting = [];
    private readonly Stack<DurabilityWaiter> _spare = [];

    public bool Any => _waiting.Count > 0;

    public DurabilityWaiter Take()
    {
        if (!_spare.TryPop(out DurabilityWaiter? waiter))
            waiter = new DurabilityWaiter(this);
        _waiting.Add(waiter);
        return waiter;
    }

    public IReadOnlyList<DurabilityWaiter> Waiting => _waiting;

    /// <summary>Moves those up to a position to a list, to be completed after the lock is left.</summary>
    /// <param name="failure">What kept the journal from being written; null: it was.</param>
    public void Release(long position, Exception? failure, List<DurabilityWaiter> to)
    {
        int kept = 0;
        for (int i = 0; i < _waiting.Count; i++)
        {
            DurabilityWaiter waiter = _waiting[i];
            if (waiter.Position > position)
            {
                _waiting[kept++] = waiter;
                continue;
            }
            waiter.Error = failure is null ? null : new JournalUnavailableException(failure);
            to.Add(waiter);
        }
        _waiting.RemoveRange(kept, _waiting.Count - kept);
    }

    public void Cancel(DurabilityWaiter waiter, CancellationToken token)
    {
        lock (gate)
        {
            if (!_waiting.Remove(waiter))
                return;
        }
        waiter.Error = new OperationCanceledException(token);
        waiter.Complete();
    }

    public void GiveBack(DurabilityWaiter waiter)
    {
        lock (gate)
            _spare.Push(waiter);
    }
}
