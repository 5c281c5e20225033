using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace WireProxy.Access;

/// <summary>
/// User names and passwords that the gateway gives out for a while to those who have proved who they are, for clients that know nothing
/// else. They live in memory alone: after a restart everybody asks for new ones. Thread-safe.
/// </summary>
public sealed class IssuedCredentials
{
    /// <summary>Every issued user name begins with this, and no local user's does.</summary>
    public const string NamePrefix = "wp_";

    /// <summary>Of a purpose, in characters.</summary>
    public const int LongestPurpose = 256;

    private const string NameAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
    private const string PasswordAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    // 65 bits, and 190.
    private const int NameCharacters = 13;
    private const int PasswordCharacters = 32;

    /// <summary>So long its holder is told that it has ended, and not that the password is wrong.</summary>
    private static readonly TimeSpan RememberedAfterEnd = TimeSpan.FromHours(1);

    private readonly IssuedCredentialOptions _options;
    private readonly TimeProvider _clock;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, CredentialEntry> _byName = new(StringComparer.Ordinal);

    /// <exception cref="ArgumentOutOfRangeException">A lifetime or number of <paramref name="options"/> is out of range.</exception>
    public IssuedCredentials(IssuedCredentialOptions options, TimeProvider? clock = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaximumLifetime, TimeSpan.FromMinutes(1));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.DefaultLifetime, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.PerIdentity, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Total, 1);
        _options = options;
        _clock = clock ?? TimeProvider.System;
    }

    /// <summary>Issues one to the identity of <paramref name="proof"/>.</summary>
    /// <param name="proof">Anything but an issued credential itself, which would never end.</param>
    /// <param name="listener">The name of the listener that will take it; the caller knows that it exists.</param>
    /// <param name="lifetime">Null: <see cref="IssuedCredentialOptions.DefaultLifetime"/>.</param>
    /// <param name="purpose">Null: the proof's own, if any.</param>
    public IssueOutcome Issue(Grant proof, string listener, TimeSpan? lifetime = null, string? purpose = null)
    {
        DateTimeOffset now = _clock.GetUtcNow();
        if (Objection(proof, lifetime, purpose, now) is { } objection) return new IssueOutcome.Refused(objection);

        TimeSpan wanted = lifetime ?? Min(_options.DefaultLifetime, _options.MaximumLifetime);
        DateTimeOffset ends = now + wanted;
        if (_options.EndsWithProof && proof.EndsAt < ends) ends = proof.EndsAt.Value;
        Identity identity = proof.Identity with { Proof = ProofKind.IssuedCredential, Purpose = purpose ?? proof.Identity.Purpose };
        var credential = new IssuedCredential(
            RandomNumberGenerator.GetString(NameAlphabet, NameCharacters),
            NamePrefix + RandomNumberGenerator.GetString(NameAlphabet, NameCharacters), identity, listener, now, ends);

        Secret password = NewPassword();
        ScramVerifier verifier = ScramKeys.Verifier(password.Utf8, RandomNumberGenerator.GetBytes(ScramKeys.SaltLength), ScramKeys.DefaultIterations);
        if (Add(new CredentialEntry(credential, verifier, proof, _clock), now) is not { } full)
            return new IssueOutcome.Issued(new NewCredential(credential, password));
        password.Dispose();
        return new IssueOutcome.Refused(full);
    }

    /// <summary>The live ones, of one identity or of all, the oldest first.</summary>
    public ImmutableArray<IssuedCredential> List(Identity? identity = null)
    {
        DateTimeOffset now = _clock.GetUtcNow();
        lock (_lock)
            return [.. _byName.Values
                .Where(entry => entry.EndedAt(now) is null && (identity is null || IsSame(entry.Credential.Identity, identity)))
                .Select(entry => entry.Credential).OrderBy(credential => credential.Issued)];
    }

    /// <summary>A live one, or null.</summary>
    public IssuedCredential? Find(string id) => List().FirstOrDefault(credential => credential.Id == id);

    /// <summary>Ends it, and every session that began with it.</summary>
    /// <param name="by">Who did it, for those whose sessions end; null: not said.</param>
    /// <returns>False: there is no live one of this id.</returns>
    public bool Revoke(string id, string? by = null)
    {
        DateTimeOffset now = _clock.GetUtcNow();
        var end = new GrantEnd(by is null ? "the issued credential was revoked" : $"the issued credential was revoked by {by}",
            "Get a new one with `wireproxy login`, if you still may.");
        lock (_lock)
            return _byName.Values.FirstOrDefault(entry => entry.Credential.Id == id) is { } found
                && found.EndedAt(now) is null && found.Revoke(end, now);
    }

    /// <summary>Whose credentials count together, are listed together and are one's own: issuer, name and agent are the same.</summary>
    public static bool IsSame(Identity one, Identity other) => one.Issuer == other.Issuer && one.Name == other.Name && one.Agent == other.Agent;

    /// <summary>By its user name: live, or ended not long ago.</summary>
    internal bool TryFind(string userName, [NotNullWhen(true)] out CredentialEntry? entry)
    {
        lock (_lock)
            return _byName.TryGetValue(userName, out entry);
    }

    /// <summary>How many are held, ended ones too.</summary>
    internal int Held
    {
        get
        {
            lock (_lock)
                return _byName.Count;
        }
    }

    private string? Objection(Grant proof, TimeSpan? lifetime, string? purpose, DateTimeOffset now)
    {
        if (proof.Identity.Proof == ProofKind.IssuedCredential) return "An issued credential cannot ask for another one.";
        if (proof.EndedAt(now) is { } end) return $"This login is over: {end.Reason}.";
        if (lifetime <= TimeSpan.Zero) return "The lifetime must be longer than nothing.";
        if (lifetime > _options.MaximumLifetime) return $"The lifetime may be {Words(_options.MaximumLifetime)} at most.";
        if (purpose?.Length > LongestPurpose) return $"The purpose may have {LongestPurpose} characters at most.";
        return purpose?.Any(char.IsControl) == true ? "The purpose must be one line of text." : null;
    }

    /// <returns>Null: it is in. Otherwise what stands against it.</returns>
    private string? Add(CredentialEntry entry, DateTimeOffset now)
    {
        lock (_lock)
        {
            Forget(now);
            CredentialEntry[] live = [.. _byName.Values.Where(other => other.EndedAt(now) is null)];
            if (live.Count(other => IsSame(other.Credential.Identity, entry.Credential.Identity)) >= _options.PerIdentity)
                return $"You have {_options.PerIdentity} live credentials, which is the most: revoke one first.";
            if (live.Length >= _options.Total) return "The gateway holds as many credentials as it may: ask its operator.";
            _byName.Add(entry.Credential.UserName, entry);
            return null;
        }
    }

    /// <summary>Drops what ended long ago, and more of it when revoking and issuing by turns would fill the memory.</summary>
    private void Forget(DateTimeOffset now)
    {
        (string Name, DateTimeOffset Since)[] dead = [.. from pair in _byName
                                                         let since = pair.Value.DeadSince(now)
                                                         where since is not null
                                                         orderby since
                                                         select (pair.Key, since.Value)];
        for (int i = 0; i < dead.Length; i++)
            if (now - dead[i].Since > RememberedAfterEnd || dead.Length - i > _options.Total) _byName.Remove(dead[i].Name);
    }

    private static Secret NewPassword()
    {
        Span<char> characters = stackalloc char[PasswordCharacters];
        Span<byte> bytes = stackalloc byte[PasswordCharacters];
        RandomNumberGenerator.GetItems(PasswordAlphabet, characters);
        Encoding.ASCII.GetBytes(characters, bytes);
        var password = new Secret(bytes);
        CryptographicOperations.ZeroMemory(bytes);
        characters.Clear();
        return password;
    }

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static string Words(TimeSpan span) => span.TotalHours >= 1 ? $"{span.TotalHours:0.##} hours" : $"{span.TotalMinutes:0.##} minutes";
}
