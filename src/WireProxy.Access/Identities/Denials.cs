namespace WireProxy.Access;

/// <summary>What clients are told. Whoever has not proved anything learns nothing but what to try instead.</summary>
internal static class Denials
{
    public const string SessionMaximum = "identity.sessions.longest";

    public static LoginOutcome.Denied Throttled { get; } = new(
        "too many failed logins of this name or address", "too many failed logins", "Wait a minute, then try again.")
    { IsThrottled = true };

    /// <param name="hint">Of <see cref="PasswordHint"/>.</param>
    public static LoginOutcome.Denied Password(string reason, string? hint) => new(reason, "login failed: the user name or password is not accepted", hint);

    /// <summary>By the configuration alone: it tells nobody who exists.</summary>
    public static string? PasswordHint(bool namesBringTokens, bool issuesCredentials)
    {
        string tokens = namesBringTokens ? $"A token is brought under the name {LoginAuthority.TokenLoginName}. " : "";
        string credentials = issuesCredentials ? "A credential that the gateway issued ends after a while: `wireproxy login` gets a new one." : "";
        return tokens + credentials is { Length: > 0 } hint ? hint.TrimEnd() : null;
    }

    public static LoginOutcome.Denied Token(TokenRefusal refusal) => new(refusal.Reason, "login failed: the token is not accepted", refusal.Hint) { Of = refusal.Of };

    public static LoginOutcome.Denied Certificate(string reason) => new(
        reason, "login failed: the client certificate is not accepted", "Ask whoever issues certificates for this gateway for a new one.");

    /// <summary>To somebody who has proved to hold it.</summary>
    public static LoginOutcome.Denied Ended(GrantEnd end) => new(end.Reason, "login failed: " + end.Reason, end.Hint);

    /// <summary>To somebody who has proved to hold it.</summary>
    public static LoginOutcome.Denied OtherListener { get; } = new(
        "the issued credential is for another listener", "login failed: the issued credential is for another listener",
        "Connect to the address that it was issued for, or get another one with `wireproxy login`.");

    public static GrantEnd TokenExpired { get; } = new("the access token has expired", "Get a new token and connect again.");

    public static GrantEnd CertificateExpired { get; } = new("the client certificate has expired", "Get a new certificate and connect again.");

    public static GrantEnd SessionTooLong { get; } = new($"the longest session is over ({SessionMaximum})", "Connect again.");

    public static GrantEnd PasswordChanged { get; } = new("the user's password was changed", "Connect again with the new one.");

    public static GrantEnd GroupsChanged { get; } = new("the user's groups were changed", "Connect again.");

    public static GrantEnd UserRemoved { get; } = new("the user was removed", "Ask the gateway's operator, if you should still have access.");
}
