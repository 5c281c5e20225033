namespace WireProxy.Access;

/// <summary>
/// An end that comes by the clock, and after the time that was left by it when this was made, whichever comes first: a clock that is set back gives
/// nobody more time.
/// </summary>
internal sealed class Deadline(DateTimeOffset at, TimeProvider clock)
{
    private readonly long _from = clock.GetTimestamp();
    private readonly TimeSpan _left = at - clock.GetUtcNow();

    public DateTimeOffset At => at;

    public bool IsOver(DateTimeOffset now) => now >= at || clock.GetElapsedTime(_from) >= _left;
}
