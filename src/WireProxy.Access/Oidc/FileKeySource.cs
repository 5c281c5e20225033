namespace WireProxy.Access;

/// <summary>
/// Keys in a file, which is read at most once a second, and for an unknown key id. Its content is compared and not its time, because what
/// Kubernetes mounts changes by a link. While it is missing or wrong the last good keys are used.
/// </summary>
internal sealed class FileKeySource(string path, TimeProvider clock, Action<string> report) : KeySource
{
    private const int MostBytes = 1024 * 1024;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _turn = new(1, 1);
    private State? _state;

    public override async ValueTask BeginAsync(CancellationToken cancellationToken) => await ReadAsync(mustBeAfter: null, cancellationToken);

    public override ValueTask DisposeAsync()
    {
        _turn.Dispose();
        return ValueTask.CompletedTask;
    }

    protected override async ValueTask<VerificationKeys?> CurrentAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _state) is { } state && clock.GetElapsedTime(state.ReadAt) < Interval) return state.Keys;
        return await ReadAsync(mustBeAfter: null, cancellationToken);
    }

    protected override async ValueTask<VerificationKeys> RenewAsync(VerificationKeys known, CancellationToken cancellationToken) =>
        await ReadAsync(clock.GetTimestamp(), cancellationToken) ?? known;

    private async Task<VerificationKeys?> ReadAsync(long? mustBeAfter, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            long now = clock.GetTimestamp();
            // Somebody else has read it while we waited.
            if (_state is { } recent && (mustBeAfter is { } since ? recent.ReadAt > since : clock.GetElapsedTime(recent.ReadAt, now) < Interval))
                return recent.Keys;
            Volatile.Write(ref _state, await ReadAsync(_state, now, cancellationToken));
            return _state.Keys;
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<State> ReadAsync(State? last, long now, CancellationToken cancellationToken)
    {
        try
        {
            if (new FileInfo(path).Length > MostBytes) throw new FormatException($"It is larger than {MostBytes} bytes.");
            byte[] content = await File.ReadAllBytesAsync(path, cancellationToken);
            if (last is not null && content.AsSpan().SequenceEqual(last.Content)) return last with { ReadAt = now };
            return new State(content, VerificationKeys.Parse(content), now, null);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FormatException)
        {
            string problem = $"identity.oidc: the keys in {path} cannot be used: {exception.Message}";
            if (problem != last?.Problem) report(last?.Keys is null ? problem : problem + " The last good ones are used.");
            return new State([], last?.Keys, now, problem);
        }
    }

    private sealed record State(byte[] Content, VerificationKeys? Keys, long ReadAt, string? Problem);
}
