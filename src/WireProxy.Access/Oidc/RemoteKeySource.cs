namespace WireProxy.Access;

/// <summary>Keys from the provider's server, as <see cref="KeyLocation.Remote"/> describes it. One fetch at a time; others wait for it.</summary>
internal sealed class RemoteKeySource(Func<CancellationToken, Task<VerificationKeys>> fetch, string name, TimeProvider clock, Action<string> report)
    : KeySource
{
    private static readonly TimeSpan BackgroundAge = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan ForegroundAge = TimeSpan.FromMinutes(20);
    private static readonly TimeSpan OldestAge = TimeSpan.FromHours(24);
    /// <summary>Between fetches for unknown key ids, which anybody can make up.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    /// <summary>Between fetches while there are no keys at all.</summary>
    private static readonly TimeSpan FirstInterval = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private Task<VerificationKeys?>? _underWay;
    private long? _tried;
    private Fetched? _last;
    private bool _failed;

    public override ValueTask BeginAsync(CancellationToken cancellationToken)
    {
        Fetch(FirstInterval);
        return ValueTask.CompletedTask;
    }

    public override async ValueTask DisposeAsync()
    {
        Task? underWay;
        lock (_lock)
            underWay = _underWay;
        await _stop.CancelAsync();
        if (underWay is not null) await underWay;
        _stop.Dispose();
    }

    protected override async ValueTask<VerificationKeys?> CurrentAsync(CancellationToken cancellationToken)
    {
        Fetched? last;
        lock (_lock)
            last = _last;
        TimeSpan age = last is null ? TimeSpan.MaxValue : clock.GetElapsedTime(last.At);
        if (age < BackgroundAge) return last!.Keys;
        Task<VerificationKeys?>? fetching = Fetch(last is null || age >= OldestAge ? FirstInterval : Interval);
        if (age >= ForegroundAge && fetching is not null) return await fetching.WaitAsync(cancellationToken) ?? Usable(last, age);
        return Usable(last, age);
    }

    protected override async ValueTask<VerificationKeys> RenewAsync(VerificationKeys known, CancellationToken cancellationToken) =>
        Fetch(Interval) is { } fetching ? await fetching.WaitAsync(cancellationToken) ?? known : known;

    private static VerificationKeys? Usable(Fetched? last, TimeSpan age) => age < OldestAge ? last?.Keys : null;

    /// <returns>The fetch under way; null: the last one was tried less than <paramref name="interval"/> ago.</returns>
    private Task<VerificationKeys?>? Fetch(TimeSpan interval)
    {
        lock (_lock)
        {
            if (_underWay is { IsCompleted: false }) return _underWay;
            if (_tried is { } tried && clock.GetElapsedTime(tried) < interval) return null;
            _tried = clock.GetTimestamp();
            return _underWay = Task.Run(FetchNowAsync);
        }
    }

    /// <returns>Null: it failed, which has been reported.</returns>
    private async Task<VerificationKeys?> FetchNowAsync()
    {
        try
        {
            VerificationKeys keys = await fetch(_stop.Token);
            lock (_lock)
            {
                _last = new Fetched(keys, clock.GetTimestamp());
                _failed = false;
            }
            return keys;
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or FormatException or OperationCanceledException
            or SecretUnavailableException)
        {
            bool isNews;
            lock (_lock)
            {
                isNews = !_failed;
                _failed = true;
            }
            if (isNews && !_stop.IsCancellationRequested) report($"identity.oidc: the keys of {name} cannot be fetched: {exception.Message} The last good ones, if any, are used for 24 hours.");
            return null;
        }
    }

    private sealed record Fetched(VerificationKeys Keys, long At);
}
