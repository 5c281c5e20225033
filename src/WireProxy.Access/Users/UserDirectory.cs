using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace WireProxy.Access;

/// <summary>
/// The verifiers of the local users, derived when a password is first seen or has changed. Users and passwords are read in the background and not
/// at a login, so that a login of an unknown user does neither more nor less. Who is no longer what they logged in as loses their sessions.
/// </summary>
internal sealed class UserDirectory(
    ImmutableArray<LocalUser> configured, LocalUserSource? source, byte[] saltKey, TimeProvider clock, Action<string> report) : IAsyncDisposable
{
    /// <summary>A quarter of the two seconds within which a session ends that has no right to go on.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>Programs cost more than files.</summary>
    private static readonly TimeSpan CommandInterval = TimeSpan.FromSeconds(5);

    private readonly byte[] _fingerprintKey = RandomNumberGenerator.GetBytes(ScramKeys.Length);
    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<string, UserEntry> _entries = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _unreadable = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private ImmutableArray<LocalUser> _users = [];
    private string? _sourceProblem;
    private int _readings;
    private Task _loops = Task.CompletedTask;

    /// <summary>How often PBKDF2 had to run.</summary>
    internal int Derivations { get; private set; }

    /// <summary>How often all that is in files was read again.</summary>
    internal int Readings => Volatile.Read(ref _readings);

    /// <exception cref="SecretUnavailableException">Passwords cannot be read; names all of them.</exception>
    /// <exception cref="FormatException">The users cannot be read.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        Take(source is null ? [] : await source.ReadAsync(cancellationToken));
        string[] problems = [.. (await RefreshAsync(_users, cancellationToken)).OfType<string>()];
        if (problems.Length > 0) throw new SecretUnavailableException(string.Join(Environment.NewLine, problems));
        if (source is not null || configured.Length > 0)
            _loops = Task.WhenAll(RepeatAsync(Interval, RefreshFilesAsync), RepeatAsync(CommandInterval, RefreshCommandsAsync));
    }

    /// <summary>A user whose password is known now.</summary>
    public bool TryFind(string name, [NotNullWhen(true)] out UserEntry? entry) => _entries.TryGetValue(name, out entry) && entry.IsReadable;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loops;
        _stop.Dispose();
        CryptographicOperations.ZeroMemory(_fingerprintKey);
    }

    private async Task RepeatAsync(TimeSpan interval, Func<CancellationToken, Task> refresh)
    {
        using var timer = new PeriodicTimer(interval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
                await refresh(_stop.Token);
        }
        catch (OperationCanceledException)
        {
            // Disposed of.
        }
    }

    private async Task RefreshFilesAsync(CancellationToken cancellationToken)
    {
        await RefreshUsersAsync(cancellationToken);
        await RefreshAsync(_users.Where(user => user.Password is not CommandSecret), cancellationToken);
        Interlocked.Increment(ref _readings);
    }

    private Task RefreshCommandsAsync(CancellationToken cancellationToken) =>
        RefreshAsync(_users.Where(user => user.Password is CommandSecret), cancellationToken);

    /// <summary>Who is a user is read again. Where that fails, those of before stay.</summary>
    private async Task RefreshUsersAsync(CancellationToken cancellationToken)
    {
        if (source is null) return;
        try
        {
            Take(await source.ReadAsync(cancellationToken));
            _sourceProblem = null;
        }
        catch (FormatException exception)
        {
            if (exception.Message != _sourceProblem) report($"identity.users: {exception.Message} Those of before stay.");
            _sourceProblem = exception.Message;
        }
    }

    /// <exception cref="FormatException">A name stands twice.</exception>
    private void Take(ImmutableArray<LocalUser> read)
    {
        ImmutableArray<LocalUser> users = [.. configured, .. read];
        if (users.Select(user => user.Name).Distinct(StringComparer.Ordinal).Count() != users.Length) throw new FormatException("A user name stands twice.");
        lock (_lock)
        {
            if (users.AsEnumerable().SequenceEqual(_users, ReferenceEqualityComparer.Instance)) return;
            _users = users;
            Dictionary<string, LocalUser> byName = users.ToDictionary(user => user.Name, StringComparer.Ordinal);
            foreach ((string name, UserEntry entry) in _entries)
            {
                if (!byName.TryGetValue(name, out LocalUser? user)) End(entry, Denials.UserRemoved);
                else if (!user.Groups.SequenceEqual(entry.User.Groups, StringComparer.Ordinal)) Replace(entry, entry.Of(user), Denials.GroupsChanged);
            }
        }
    }

    /// <summary>Reads passwords again.</summary>
    /// <returns>For each user what is wrong, or null.</returns>
    private Task<string?[]> RefreshAsync(IEnumerable<LocalUser> users, CancellationToken cancellationToken) =>
        Task.WhenAll(users.Select(user => RefreshAsync(user, cancellationToken)));

    private async Task<string?> RefreshAsync(LocalUser user, CancellationToken cancellationToken)
    {
        try
        {
            using Secret password = await user.Password.ReadAsync(cancellationToken);
            _unreadable.TryRemove(user.Name, out _);
            lock (_lock)
                Take(user, password);
            return null;
        }
        catch (SecretUnavailableException exception)
        {
            lock (_lock)
                Miss(user, exception.IsGone);
            string problem = $"identity.users {user.Name}: {exception.Message}";
            if (_unreadable.TryAdd(user.Name, true)) report(problem);
            return problem;
        }
    }

    private void Take(LocalUser user, Secret password)
    {
        // Removed while its password was read.
        if (!_users.Contains(user)) return;
        byte[] salt = ScramKeys.Salt(saltKey, Encoding.UTF8.GetBytes(user.Name));
        byte[] fingerprint = ScramKeys.Fingerprint(_fingerprintKey, password.Utf8, salt, ScramKeys.DefaultIterations);
        if (_entries.TryGetValue(user.Name, out UserEntry? known) && fingerprint.AsSpan().SequenceEqual(known.Fingerprint))
        {
            known.Found();
            return;
        }
        Derivations++;
        Replace(known, new UserEntry(user, ScramKeys.Verifier(password.Utf8, salt, ScramKeys.DefaultIterations), fingerprint), Denials.PasswordChanged);
    }

    /// <summary>
    /// Nobody logs in with the password of yesterday. Sessions stay where it cannot be read, as of a program whose server is away; where it was taken
    /// away they end, unless it is there again the next time, as of a file that is being written.
    /// </summary>
    private void Miss(LocalUser user, bool isGone)
    {
        if (_entries.TryGetValue(user.Name, out UserEntry? known) && known.Missed() && isGone) End(known, Denials.UserRemoved);
    }

    private void Replace(UserEntry? old, UserEntry fresh, GrantEnd end)
    {
        // First: who logs in from here on does so with what holds.
        _entries[fresh.User.Name] = fresh;
        old?.End(end);
    }

    private void End(UserEntry entry, GrantEnd end)
    {
        _entries.TryRemove(entry.User.Name, out _);
        entry.End(end);
    }
}
