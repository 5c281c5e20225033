namespace WireProxy.Access.Tests;

/// <summary>
/// Time that passes when a test says so. Its timers fire inside of <see cref="Advance"/>; they may be made and disposed of
/// on any thread.
/// </summary>
internal sealed class TestClock : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<Timer> _timers = [];
    private TimeSpan _behind;
    private DateTimeOffset _now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => _now - _behind;

    public override long GetTimestamp() => _now.UtcTicks;

    /// <summary>The clock on the wall, and not the time that passes.</summary>
    public void SetBack(TimeSpan by) => _behind += by;

    public void Advance(TimeSpan by)
    {
        _now += by;
        Timer[] timers;
        lock (_gate)
            timers = [.. _timers];
        foreach (Timer timer in timers)
            timer.FireIfDue(_now);
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, () => callback(state));
        timer.Change(dueTime, period);
        lock (_gate)
            _timers.Add(timer);
        return timer;
    }

    private sealed class Timer(TestClock clock, Action fire) : ITimer
    {
        private DateTimeOffset? _due;
        private TimeSpan _period;

        public void FireIfDue(DateTimeOffset now)
        {
            if (now < _due)
                return;
            _due = _period > TimeSpan.Zero ? now + _period : null;
            fire();
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _due = dueTime < TimeSpan.Zero ? null : clock._now + dueTime;
            _period = period;
            return true;
        }

        public void Dispose()
        {
            lock (clock._gate)
                clock._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
