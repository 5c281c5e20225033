namespace WireProxy.Relay.Tests;

/// <summary>The system's clock, until a test lets it skip time or stop. Timers are the system's in any case.</summary>
internal sealed class SkippingClock : TimeProvider
{
    private readonly Lock _gate = new();
    private TimeSpan _skipped;
    private (DateTimeOffset Now, long Timestamp)? _stopped;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
            return _stopped?.Now ?? System.GetUtcNow() + _skipped;
    }

    public override long GetTimestamp()
    {
        lock (_gate)
            return _stopped?.Timestamp ?? System.GetTimestamp() + (long)(_skipped.TotalSeconds * TimestampFrequency);
    }

    public void Skip(TimeSpan by)
    {
        lock (_gate)
            _skipped += by;
    }

    /// <summary>However long the test takes from here on, no time passes.</summary>
    public void Stop()
    {
        (DateTimeOffset, long) now = (GetUtcNow(), GetTimestamp());
        lock (_gate)
            _stopped = now;
    }
}
