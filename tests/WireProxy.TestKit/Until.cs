namespace WireProxy.TestKit;

/// <summary>Waits for what another process does.</summary>
public static class Until
{
    /// <exception cref="TimeoutException">It did not become true in time.</exception>
    public static Task TrueAsync(Func<bool> condition, TimeSpan limit, Func<string> failure) =>
        TrueAsync(() => Task.FromResult(condition()), limit, failure);

    /// <exception cref="TimeoutException">It did not become true in time.</exception>
    public static async Task TrueAsync(Func<Task<bool>> condition, TimeSpan limit, Func<string> failure)
    {
        DateTime end = DateTime.UtcNow + limit;
        while (!await condition())
        {
            if (DateTime.UtcNow > end) throw new TimeoutException($"After {limit.TotalSeconds} s: {failure()}");
            await Task.Delay(20);
        }
    }
}
