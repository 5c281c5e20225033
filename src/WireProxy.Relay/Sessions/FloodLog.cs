namespace WireProxy.Relay.Sessions;

/// <summary>Tells of what anybody can make happen without end: the first at once, and from then on sums, one for every 10 seconds, so that the log
/// does not fill. Thread-safe.</summary>
/// <param name="tell">Gets how often it has happened since it was told last, and of the last time the client's address and what stood against it.</param>
internal sealed class FloodLog(TimeProvider time, Action<long, string, string> tell)
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private ITimer? _timer;
    private long _untold;
    private (string Address, string Why) _last;

    /// <summary>It has happened once more.</summary>
    public void Add(string address, string why)
    {
        lock (_lock)
        {
            _last = (address, why);
            _untold++;
            if (_timer is not null)
                return;
            _timer = time.CreateTimer(_ => Sum(), null, Interval, Interval);
            _untold = 0;
        }
        tell(1, address, why);
    }

    private void Sum()
    {
        long count;
        string address, why;
        lock (_lock)
        {
            (count, address, why) = (_untold, _last.Address, _last.Why);
            _untold = 0;
            if (count == 0)
            {
                _timer?.Dispose();
                _timer = null;
                return;
            }
        }
        tell(count, address, why);
    }
}
