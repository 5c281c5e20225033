namespace WireProxy.Access;

/// <summary>A credential as the gateway keeps it: its verifier, and whether it still holds. The password is kept nowhere.</summary>
/// <param name="proof">For which it was issued.</param>
internal sealed class CredentialEntry(IssuedCredential credential, ScramVerifier verifier, Grant proof, TimeProvider clock)
{
    private static readonly GrantEnd Expired =
        new("the issued credential has expired (identity.credentials.longest limits its lifetime)", "Get a new one with `wireproxy login`.");

    private readonly Deadline _deadline = new(credential.Ends, clock);
    private volatile GrantEnd? _revoked;
    private long _revokedAt;

    public IssuedCredential Credential => credential;

    public ScramVerifier Verifier => verifier;

    /// <returns>False: it was revoked already.</returns>
    public bool Revoke(GrantEnd end, DateTimeOffset now)
    {
        if (_revoked is not null) return false;
        Volatile.Write(ref _revokedAt, now.UtcTicks);
        return Interlocked.CompareExchange(ref _revoked, end, null) is null;
    }

    public GrantEnd? EndedAt(DateTimeOffset now)
    {
        // Who gets no more in with their password does not with what they once got by it.
        if (_revoked is null && proof.Withdrawn is { } end) Revoke(end, now);
        return _revoked ?? (_deadline.IsOver(now) ? Expired : null);
    }

    /// <summary>Since when it has ended; null: it holds.</summary>
    public DateTimeOffset? DeadSince(DateTimeOffset now) =>
        _revoked is not null ? new DateTimeOffset(Volatile.Read(ref _revokedAt), TimeSpan.Zero)
        : _deadline.IsOver(now) ? credential.Ends : null;
}

/// <summary>Holds while its credential does.</summary>
internal sealed class CredentialGrant(CredentialEntry entry) : Grant
{
    public override Identity Identity => entry.Credential.Identity;

    public override string? CredentialId => entry.Credential.Id;

    public override DateTimeOffset? EndsAt => entry.Credential.Ends;

    public override GrantEnd? EndedAt(DateTimeOffset now) => entry.EndedAt(now);
}
