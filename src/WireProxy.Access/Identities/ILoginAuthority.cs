using System.Security.Cryptography.X509Certificates;

namespace WireProxy.Access;

/// <summary>The proof that is asked of a login.</summary>
public enum LoginMethod
{
    /// <summary>SCRAM-SHA-256: the name is, or could be, a local user's or an issued credential's.</summary>
    Scram,
    /// <summary>A token as a password in the clear, for which the client's leg must be encrypted or on loopback where that is allowed.</summary>
    Token,
}

/// <summary>
/// Decides who may log in. Knows no wire protocol: a dialect carries the proofs. Every method is thread-safe. What it answers, and how
/// long that takes, does not depend on whether a user exists.
/// </summary>
public interface ILoginAuthority
{
    /// <summary>Null: go on. Otherwise the address or the name has failed too often lately. Asked before anything else.</summary>
    LoginOutcome.Denied? Admit(LoginAttempt attempt);

    /// <summary>By the shape of the name and the configuration alone, so that it tells nobody who exists.</summary>
    LoginMethod MethodFor(LoginAttempt attempt);

    /// <summary>What a SCRAM exchange is checked against; for an unknown name one that no password fits, the same at each attempt.</summary>
    ScramVerifier VerifierFor(LoginAttempt attempt);

    /// <summary>The client has proved the password of <paramref name="verifier"/>, which came of <see cref="VerifierFor"/>.</summary>
    LoginOutcome AcceptScram(LoginAttempt attempt, ScramVerifier verifier);

    /// <summary>The client's SCRAM proof was wrong, or its exchange broke off: counts as a failure.</summary>
    LoginOutcome.Denied RefuseScram(LoginAttempt attempt, string reason);

    /// <summary>Refused for something else than its proof, which so was not looked at: counts as a failure too, for each is put on record.</summary>
    LoginOutcome.Denied Refuse(LoginAttempt attempt, LoginOutcome.Denied denied);

    /// <summary>A password in the clear (PostgreSQL's cleartext request, LOGIN7): a token, a local user's, or an issued credential's.</summary>
    ValueTask<LoginOutcome> VerifyPasswordAsync(LoginAttempt attempt, string password, CancellationToken cancellationToken);

    /// <summary>A token by a way of its own (TDS FEDAUTH).</summary>
    ValueTask<LoginOutcome> VerifyTokenAsync(LoginAttempt attempt, string token, CancellationToken cancellationToken);

    /// <summary>Null: no certificate mapping of <c>identity.certificates</c> takes it, and another proof must be asked for.</summary>
    /// <param name="chain">Intermediates that the client sent.</param>
    LoginOutcome? VerifyCertificate(LoginAttempt attempt, X509Certificate2 certificate, X509Certificate2Collection chain);

    /// <summary>A client certificate is asked for in TLS: some mapping could use one.</summary>
    bool AsksForCertificates { get; }

    /// <summary>Of the first provider; null: no tokens are taken.</summary>
    TokenAdvice? TokenAdvice { get; }
}
