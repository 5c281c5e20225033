namespace WireProxy.Access;

/// <summary>A local user with what its password is checked against. It is another entry as soon as its password or its groups are others.</summary>
/// <param name="fingerprint">Of the password, to see that it has changed.</param>
internal sealed class UserEntry(LocalUser user, ScramVerifier verifier, byte[] fingerprint)
{
    private volatile GrantEnd? _end;
    private volatile bool _isMissed;

    public LocalUser User => user;

    public ScramVerifier Verifier => verifier;

    public byte[] Fingerprint => fingerprint;

    /// <summary>Its password could be read the last time.</summary>
    public bool IsReadable => !_isMissed;

    /// <summary>Why what began with it is over; null while it is not.</summary>
    public GrantEnd? Ended => _end;

    public void Found() => _isMissed = false;

    /// <returns>It was missed the last time, too.</returns>
    public bool Missed()
    {
        bool again = _isMissed;
        _isMissed = true;
        return again;
    }

    public void End(GrantEnd end) => Interlocked.CompareExchange(ref _end, end, null);

    /// <summary>The same password, of a user who is another otherwise.</summary>
    public UserEntry Of(LocalUser changed) => new(changed, verifier, fingerprint) { _isMissed = _isMissed };
}

/// <summary>Holds while the user is what they logged in as.</summary>
internal sealed class UserGrant(UserEntry entry) : Grant
{
    public override Identity Identity { get; } = new(entry.User.Name, entry.User.Groups, "local", ProofKind.Password);

    public override GrantEnd? EndedAt(DateTimeOffset now) => entry.Ended;

    internal override GrantEnd? Withdrawn => entry.Ended;
}
