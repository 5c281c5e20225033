using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace WireProxy.Access;

/// <summary>
/// The verifiers of the local users, derived when a password is first seen or has changed. Passwords are read in the background and not
/// at a login, so that a login of an unknown user does neither more nor less.
/// </summary>
internal sealed class UserDirectory(ImmutableArray<LocalUser> users, byte[] saltKey, TimeProvider clock, Action<string> report) : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly byte[] _fingerprintKey = RandomNumberGenerator.GetBytes(ScramKeys.Length);
    private readonly ConcurrentDictionary<string, UserEntry> _entries = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _unreadable = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;

    /// <summary>How often PBKDF2 had to run.</summary>
    internal int Derivations { get; private set; }

    /// <exception cref="SecretUnavailableException">Passwords cannot be read; names all of them.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        string[] problems = [.. (await RefreshAsync(cancellationToken)).OfType<string>()];
        if (problems.Length > 0) throw new SecretUnavailableException(string.Join(Environment.NewLine, problems));
        if (users.Length > 0) _loop = RefreshForeverAsync();
    }

    /// <summary>A user whose password is known now.</summary>
    public bool TryFind(string name, [NotNullWhen(true)] out UserEntry? entry) => _entries.TryGetValue(name, out entry);

    /// <summary>Reads every password again.</summary>
    /// <returns>For each user what is wrong, or null.</returns>
    internal Task<string?[]> RefreshAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(users.Select(user => RefreshAsync(user, cancellationToken)));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
        CryptographicOperations.ZeroMemory(_fingerprintKey);
    }

    private async Task<string?> RefreshAsync(LocalUser user, CancellationToken cancellationToken)
    {
        try
        {
            using Secret password = await user.Password.ReadAsync(cancellationToken);
            _unreadable.TryRemove(user.Name, out _);
            byte[] salt = ScramKeys.Salt(saltKey, Encoding.UTF8.GetBytes(user.Name));
            byte[] fingerprint = ScramKeys.Fingerprint(_fingerprintKey, password.Utf8, salt, ScramKeys.DefaultIterations);
            if (_entries.TryGetValue(user.Name, out UserEntry? known) && fingerprint.AsSpan().SequenceEqual(known.Fingerprint)) return null;
            Derivations++;
            _entries[user.Name] = new UserEntry(user, ScramKeys.Verifier(password.Utf8, salt, ScramKeys.DefaultIterations), fingerprint);
            return null;
        }
        catch (SecretUnavailableException exception)
        {
            // The password may have been taken away on purpose: nobody logs in with the one of yesterday.
            _entries.TryRemove(user.Name, out _);
            string problem = $"identity.users {user.Name}: {exception.Message}";
            if (_unreadable.TryAdd(user.Name, true)) report(problem);
            return problem;
        }
    }

    private async Task RefreshForeverAsync()
    {
        using var timer = new PeriodicTimer(Interval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
                await RefreshAsync(_stop.Token);
        }
        catch (OperationCanceledException)
        {
            // Disposed of.
        }
    }
}

/// <summary>A local user with what its password is checked against.</summary>
/// <param name="Fingerprint">Of the password, to see that it has changed.</param>
internal sealed record UserEntry(LocalUser User, ScramVerifier Verifier, byte[] Fingerprint);
