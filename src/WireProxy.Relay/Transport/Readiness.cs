using System.Threading.Tasks.Sources;

namespace WireProxy.Relay.Transport;

/// <summary>
/// Whether a descriptor can be read, or written, and who waits until it can. Edge-triggered: readiness is taken away before a
/// system call is tried, so that an event in between is not lost. One waiter at a time, which costs no allocation.
/// </summary>
internal sealed class Readiness : IValueTaskSource
{
    private const int Unready = 0;
    private const int Ready = 1;
    private const int Waiting = 2;

    private int _state = Ready;
    private ManualResetValueTaskSourceCore<bool> _source;

    /// <summary>Takes the readiness; false where there is none.</summary>
    public bool TryTake() => Volatile.Read(ref _state) == Ready && Interlocked.CompareExchange(ref _state, Unready, Ready) == Ready;

    /// <summary>There may be more than the last call took.</summary>
    public void Keep() => Interlocked.CompareExchange(ref _state, Ready, Unready);

    /// <summary>Completes when it is ready, at once where it is; the readiness is left to be taken.</summary>
    public ValueTask WaitAsync()
    {
        _source.Reset();
        return Interlocked.CompareExchange(ref _state, Waiting, Unready) == Unready
            ? new ValueTask(this, _source.Version)
            : ValueTask.CompletedTask;
    }

    /// <summary>It is ready. Runs the waiter, if there is one, before it returns.</summary>
    public void Signal()
    {
        if (Interlocked.Exchange(ref _state, Ready) == Waiting)
            _source.SetResult(true);
    }

    void IValueTaskSource.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
