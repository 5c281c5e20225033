using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using WireProxy.Access;

namespace WireProxy.Relay.Tests.Postgres.Login;

/// <summary>
/// Logins as a test wants them: <c>alice</c> has a password, the name <c>token</c> asks for a token, certificates are taken by their common name.
/// What really decides is tested in WireProxy.Access.Tests; here it is what the relay makes of a decision.
/// </summary>
internal sealed class StubLogins : ILoginAuthority
{
    public const string Password = "what alice knows";
    public const string Token = "a.good.token";

    private static readonly byte[] Salt = [.. Enumerable.Range(1, 16).Select(i => (byte)i)];
    private static readonly ScramVerifier Alice = Verifier(Password);
    private static readonly ScramVerifier Nobody = Verifier("what nobody knows");

    /// <summary>Who was refused, and why.</summary>
    public ConcurrentQueue<string> Refusals { get; } = new();

    /// <summary>Of everybody who is let in.</summary>
    public StubGrant Grant { get; set; } = new();

    public bool IsThrottling { get; set; }

    public bool AsksForCertificates => true;

    public TokenAdvice? TokenAdvice { get; init; } = new("https://login.example.org", "wireproxy");

    /// <summary>Every attempt, as long as somebody holds on to it.</summary>
    public ConcurrentQueue<WeakReference<LoginAttempt>> Attempts { get; } = new();

    public LoginOutcome.Denied? Admit(LoginAttempt attempt)
    {
        Attempts.Enqueue(new WeakReference<LoginAttempt>(attempt));
        return IsThrottling ? new LoginOutcome.Denied("too many failures", "too many failed logins", "Wait a minute.") { IsThrottled = true } : null;
    }

    public LoginMethod MethodFor(LoginAttempt attempt) => attempt.LoginName == "token" ? LoginMethod.Token : LoginMethod.Scram;

    public ScramVerifier VerifierFor(LoginAttempt attempt) => attempt.LoginName == "alice" ? Alice : Nobody;

    public LoginOutcome AcceptScram(LoginAttempt attempt, ScramVerifier verifier) => new LoginOutcome.Granted(Grant);

    public LoginOutcome.Denied RefuseScram(LoginAttempt attempt, string reason)
    {
        Refusals.Enqueue(reason);
        return new LoginOutcome.Denied(reason, "the login failed");
    }

    public LoginOutcome.Denied Refuse(LoginAttempt attempt, LoginOutcome.Denied denied)
    {
        Refusals.Enqueue(denied.Reason);
        return denied;
    }

    public ValueTask<LoginOutcome> VerifyPasswordAsync(LoginAttempt attempt, string password, CancellationToken cancellationToken) =>
        ValueTask.FromResult<LoginOutcome>(
            password.StartsWith(Token, StringComparison.Ordinal) ? new LoginOutcome.Granted(Grant) : RefuseScram(attempt, "the token is wrong"));

    public ValueTask<LoginOutcome> VerifyTokenAsync(LoginAttempt attempt, string token, CancellationToken cancellationToken) =>
        VerifyPasswordAsync(attempt, token, cancellationToken);

    public LoginOutcome? VerifyCertificate(LoginAttempt attempt, X509Certificate2 certificate, X509Certificate2Collection chain) =>
        certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false) switch
        {
            "alice" => new LoginOutcome.Granted(Grant),
            "mallory" => RefuseScram(attempt, "the certificate's authority is not trusted"),
            _ => null,
        };

    private static ScramVerifier Verifier(string password)
    {
        byte[] salted = Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), Salt, 4096, HashAlgorithmName.SHA256, 32);
        byte[] stored = SHA256.HashData(HMACSHA256.HashData(salted, "Client Key"u8));
        return new ScramVerifier([.. Salt], 4096, [.. stored], [.. HMACSHA256.HashData(salted, "Server Key"u8)]);
    }
}

/// <summary>A grant that ends when the test says so.</summary>
internal sealed class StubGrant : Grant
{
    public override Identity Identity { get; } = new("Alice Miller", ["analysts", "nurses"], "https://login.example.org", ProofKind.Token)
    {
        Agent = "assistant-7",
        Purpose = "ticket 4711",
    };

    public override string CredentialId => "cred-1";

    public GrantEnd? End { get; set; }

    public override GrantEnd? EndedAt(DateTimeOffset now) => End;
}
