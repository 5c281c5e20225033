using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace WireProxy.Access;

/// <summary>Decides by <see cref="IdentityOptions"/>: local users, issued credentials, tokens and certificates, in one place with their limits.</summary>
/// <remarks>
/// Which proof a name is asked for: names that begin with <see cref="IssuedCredentials.NamePrefix"/>, where credentials are issued, prove a
/// password by SCRAM. Where only providers are configured all others bring a token; where only users are, they prove a password. Where both
/// are, <c>token</c> and names with an <c>@</c> bring a token and all others prove a password.
/// </remarks>
public sealed class LoginAuthority : ILoginAuthority, IAsyncDisposable
{
    /// <summary>The name that brings a token wherever a provider is configured.</summary>
    public const string TokenLoginName = "token";

    private readonly IdentityOptions _options;
    private readonly TimeProvider _clock;
    private readonly byte[] _decoyKey;
    private readonly FailureLimiter _failures;
    private readonly UserDirectory _users;
    private readonly TokenVerifier _tokens;
    private readonly CertificateVerifier _certificates;
    private readonly string? _passwordHint;
    private int _derivations;

    private LoginAuthority(IdentityOptions options, Action<string> report, TimeProvider clock)
    {
        _options = options;
        _clock = clock;
        _decoyKey = options.DecoyKey.IsDefaultOrEmpty ? RandomNumberGenerator.GetBytes(ScramKeys.Length) : [.. options.DecoyKey];
        _failures = new FailureLimiter(options.FailureLimits, clock);
        _users = new UserDirectory(options.Users, options.UserSource, _decoyKey, clock, report);
        _tokens = new TokenVerifier(options.Oidc, clock, report);
        _certificates = new CertificateVerifier(options.Certificates, clock);
        _passwordHint = Denials.PasswordHint(options.HasUsers && !options.Oidc.IsEmpty, options.Credentials is not null);
        Credentials = options.Credentials is { } issued ? new IssuedCredentials(issued, clock) : null;
    }

    /// <summary>Null: none are issued.</summary>
    public IssuedCredentials? Credentials { get; }

    public bool AsksForCertificates => _certificates.HasMappings;

    public TokenAdvice? TokenAdvice =>
        _options.Oidc is [var first, ..] ? new TokenAdvice(first.Issuer, first.Audiences[0]) : null;

    /// <summary>How often a password in the clear cost a PBKDF2.</summary>
    internal int Derivations => _derivations;

    /// <inheritdoc cref="UserDirectory.Derivations"/>
    internal int UserDerivations => _users.Derivations;

    /// <inheritdoc cref="UserDirectory.Readings"/>
    internal int UserReadings => _users.Readings;

    /// <summary>Reads the local users' passwords, and begins to get the providers' keys; one that is away is reported and asked again.</summary>
    /// <param name="report">Gets what an operator should know of and nobody is waiting for, such as keys that could not be renewed.</param>
    /// <exception cref="SecretUnavailableException">Passwords of users cannot be read; the message has a line for each.</exception>
    /// <exception cref="FormatException">The users of <see cref="IdentityOptions.UserSource"/> cannot be read.</exception>
    /// <exception cref="ArgumentException">The options cannot be used; the message says why.</exception>
    public static async Task<LoginAuthority> StartAsync(
        IdentityOptions options, Action<string>? report = null, TimeProvider? clock = null, CancellationToken cancellationToken = default)
    {
        if (options.Users.FirstOrDefault(user => user.Name.StartsWith(IssuedCredentials.NamePrefix, StringComparison.Ordinal)) is { } taken
            && options.Credentials is not null)
            throw new ArgumentException($"The user name {taken.Name} begins with {IssuedCredentials.NamePrefix}, as issued ones do.", nameof(options));
        if (options.Users.Select(user => user.Name).Distinct(StringComparer.Ordinal).Count() != options.Users.Length)
            throw new ArgumentException("A user name stands twice.", nameof(options));
        if (options.Oidc.Select(provider => provider.Issuer).Distinct(StringComparer.Ordinal).Count() != options.Oidc.Length)
            throw new ArgumentException("An issuer stands twice.", nameof(options));
        var authority = new LoginAuthority(options, report ?? (static _ => { }), clock ?? TimeProvider.System);
        try
        {
            await authority._users.StartAsync(cancellationToken);
            await authority._tokens.BeginAsync(cancellationToken);
            return authority;
        }
        catch
        {
            await authority.DisposeAsync();
            throw;
        }
    }

    public LoginOutcome.Denied? Admit(LoginAttempt attempt) => _failures.MayTry(attempt) ? null : Denials.Throttled;

    public LoginMethod MethodFor(LoginAttempt attempt)
    {
        if (IsIssuedName(attempt.LoginName) || _options.Oidc.IsEmpty) return LoginMethod.Scram;
        if (!_options.HasUsers) return LoginMethod.Token;
        return attempt.LoginName == TokenLoginName || attempt.LoginName.Contains('@') ? LoginMethod.Token : LoginMethod.Scram;
    }

    public ScramVerifier VerifierFor(LoginAttempt attempt)
    {
        // The decoy is made in any case: it takes the time that it takes.
        ScramVerifier decoy = ScramKeys.Decoy(_decoyKey, Encoding.UTF8.GetBytes(attempt.LoginName));
        return Holder(attempt.LoginName)?.Verifier ?? decoy;
    }

    public LoginOutcome AcceptScram(LoginAttempt attempt, ScramVerifier verifier)
    {
        // Of many that began together, those that come after the last allowed failure do not count.
        if (Admit(attempt) is { } denied) return denied;
        if (Holder(attempt.LoginName) is not { } holder) return RefuseScram(attempt, "there is no such user any more");
        return IsSame(holder.Verifier, verifier) ? Grant(attempt, holder) : RefuseScram(attempt, "the password was changed during the login");
    }

    public LoginOutcome.Denied RefuseScram(LoginAttempt attempt, string reason) => Fail(attempt, Denials.Password(reason, _passwordHint));

    public LoginOutcome.Denied Refuse(LoginAttempt attempt, LoginOutcome.Denied denied) => Fail(attempt, denied);

    public async ValueTask<LoginOutcome> VerifyPasswordAsync(LoginAttempt attempt, string password, CancellationToken cancellationToken)
    {
        if (!IsIssuedName(attempt.LoginName) && !_options.Oidc.IsEmpty
            && (!_options.HasUsers || attempt.LoginName == TokenLoginName || CompactToken.IsShapedLikeOne(password)))
            return await VerifyTokenAsync(attempt, password, cancellationToken);
        if (Admit(attempt) is { } denied) return denied;
        ScramVerifier verifier = VerifierFor(attempt);
        // PBKDF2 is long for whoever runs this thread.
        return await Task.Run(() => Fits(password, verifier), cancellationToken) ? AcceptScram(attempt, verifier)
            : RefuseScram(attempt, "there is no such user, or the password is wrong");
    }

    public async ValueTask<LoginOutcome> VerifyTokenAsync(LoginAttempt attempt, string token, CancellationToken cancellationToken)
    {
        // Nobody guesses a token, and many bring theirs under one name: it counts, and not the name.
        attempt = attempt with { LoginName = "token " + token };
        if (Admit(attempt) is { } denied) return denied;
        try
        {
            VerifiedToken verified = await _tokens.VerifyAsync(token, cancellationToken);
            return Granted(new TimedGrant(verified.Identity, new Deadline(verified.Ends, _clock), Denials.TokenExpired));
        }
        catch (TokenRefusedException exception)
        {
            LoginOutcome.Denied refused = Denials.Token(exception.Refusal);
            return exception.Refusal.IsOurFault ? refused : Fail(attempt, refused);
        }
    }

    public LoginOutcome? VerifyCertificate(LoginAttempt attempt, X509Certificate2 certificate, X509Certificate2Collection chain)
    {
        // As with tokens: any name goes with one.
        attempt = attempt with { LoginName = "certificate " + certificate.GetCertHashString(HashAlgorithmName.SHA256) };
        if (Admit(attempt) is { } denied) return denied;
        return _certificates.Verify(certificate, chain) switch
        {
            CertificateVerdict.Taken taken => Granted(new TimedGrant(taken.Identity, new Deadline(taken.Ends, _clock), Denials.CertificateExpired)),
            CertificateVerdict.Refused refused => Fail(attempt, Denials.Certificate(refused.Reason)),
            _ => null,
        };
    }

    public async ValueTask DisposeAsync()
    {
        await _users.DisposeAsync();
        await _tokens.DisposeAsync();
    }

    private bool IsIssuedName(string name) => Credentials is not null && name.StartsWith(IssuedCredentials.NamePrefix, StringComparison.Ordinal);

    /// <summary>Who has this name now: a local user, or an issued credential, of which the last hour's ended ones are still known.</summary>
    private PasswordHolder? Holder(string name)
    {
        if (IsIssuedName(name)) return Credentials!.TryFind(name, out CredentialEntry? entry) ? new PasswordHolder(entry.Verifier, entry, null) : null;
        return _users.TryFind(name, out UserEntry? user) ? new PasswordHolder(user.Verifier, null, user) : null;
    }

    private LoginOutcome Grant(LoginAttempt attempt, PasswordHolder holder)
    {
        if (holder.Credential is not { } entry)
            return Granted(new UserGrant(holder.User!));
        if (entry.EndedAt(_clock.GetUtcNow()) is { } end) return Fail(attempt, Denials.Ended(end));
        return entry.Credential.Listener == attempt.Listener ? Granted(new CredentialGrant(entry)) : Fail(attempt, Denials.OtherListener);
    }

    private LoginOutcome.Granted Granted(Grant grant) => new(_options.SessionMaximum is { } longest
        ? new LimitedGrant(grant, new Deadline(_clock.GetUtcNow() + longest, _clock), Denials.SessionTooLong) : grant);

    private LoginOutcome.Denied Fail(LoginAttempt attempt, LoginOutcome.Denied denied)
    {
        _failures.CountFailure(attempt);
        return denied;
    }

    /// <summary>Costs one PBKDF2, whoever it is.</summary>
    private bool Fits(string password, ScramVerifier verifier)
    {
        Interlocked.Increment(ref _derivations);
        byte[] utf8 = Encoding.UTF8.GetBytes(password);
        try
        {
            ScramVerifier derived = ScramKeys.Verifier(utf8, verifier.Salt.AsSpan(), verifier.Iterations);
            return IsSame(derived, verifier);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(utf8);
        }
    }

    private static bool IsSame(ScramVerifier one, ScramVerifier other) =>
        CryptographicOperations.FixedTimeEquals(one.StoredKey.AsSpan(), other.StoredKey.AsSpan());

    private sealed record PasswordHolder(ScramVerifier Verifier, CredentialEntry? Credential, UserEntry? User);
}
