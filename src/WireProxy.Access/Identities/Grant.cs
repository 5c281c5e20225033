namespace WireProxy.Access;

/// <summary>Why a grant is over, in words for the person whose session ends by it.</summary>
/// <param name="Reason">Such as "the access token has expired"; names the setting that limits it where one does.</param>
/// <param name="Hint">What to do next.</param>
public sealed record GrantEnd(string Reason, string Hint);

/// <summary>The right to a session, for a time.</summary>
public abstract class Grant
{
    /// <summary>Who has it.</summary>
    public abstract Identity Identity { get; }

    /// <summary>The issued credential's public id, or null.</summary>
    public virtual string? CredentialId => null;

    /// <summary>When it ends by the clock; null: it does not. It may end sooner, by revocation.</summary>
    public virtual DateTimeOffset? EndsAt => null;

    /// <summary>Taken away, and not over by the clock: what was got by it is over, too. Null: it was not.</summary>
    internal virtual GrantEnd? Withdrawn => null;

    /// <summary>Null while the grant holds at <paramref name="now"/>. Thread-safe, and cheap enough to be asked once a second for every session.</summary>
    public abstract GrantEnd? EndedAt(DateTimeOffset now);
}
