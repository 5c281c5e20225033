using System.Diagnostics;

namespace WireProxy.TestKit;

/// <summary>Waits for what another process or thread does.</summary>
public static class Until
{
    // What is not there by then is not coming, on a machine however busy. Nobody waits so long for what comes.
    private static readonly TimeSpan Least = TimeSpan.FromMinutes(1);

    /// <exception cref="TimeoutException">It did not become true in time.</exception>
    public static Task TrueAsync(Func<bool> condition, TimeSpan limit, Func<string> failure) =>
        TrueAsync(() => Task.FromResult(condition()), limit, failure);

    /// <param name="limit">How long it is waited for; a minute where this is less.</param>
    /// <exception cref="TimeoutException">It did not become true in time.</exception>
    public static async Task TrueAsync(Func<Task<bool>> condition, TimeSpan limit, Func<string> failure)
    {
        if (limit < Least)
            limit = Least;
        long begin = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(begin) > limit) throw new TimeoutException($"After {limit.TotalSeconds} s: {failure()}");
            await Task.Delay(20);
        }
    }
}
