namespace WireProxy.Access;

/// <summary>A grant that ends by the clock alone, or never.</summary>
internal sealed class TimedGrant(Identity identity, DateTimeOffset? endsAt, GrantEnd end) : Grant
{
    public override Identity Identity => identity;

    public override DateTimeOffset? EndsAt => endsAt;

    public override GrantEnd? EndedAt(DateTimeOffset now) => now >= endsAt ? end : null;
}

/// <summary>Two grants at once: the first that ends ends both. The identity is that of the first.</summary>
internal sealed class LimitedGrant(Grant grant, DateTimeOffset limit, GrantEnd end) : Grant
{
    public override Identity Identity => grant.Identity;

    public override string? CredentialId => grant.CredentialId;

    public override DateTimeOffset? EndsAt => grant.EndsAt < limit ? grant.EndsAt : limit;

    internal override GrantEnd? Withdrawn => grant.Withdrawn;

    public override GrantEnd? EndedAt(DateTimeOffset now) => grant.EndedAt(now) ?? (now >= limit ? end : null);
}
