namespace WireProxy.Relay.Sessions;

/// <summary>Of what anybody can make happen without end: the first is told, and from then on a sum every 10 seconds at most, so that the log
/// does not fill. Thread-safe.</summary>
internal sealed class FloodCount(TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private long? _toldAt;
    private long _untold;

    /// <summary>It has happened once more.</summary>
    /// <returns>How often since this was last told, where it is time to tell; else null.</returns>
    public long? Tell()
    {
        lock (_lock)
        {
            _untold++;
            if (_toldAt is { } at && time.GetElapsedTime(at) < Interval)
                return null;
            _toldAt = time.GetTimestamp();
            long count = _untold;
            _untold = 0;
            return count;
        }
    }
}
