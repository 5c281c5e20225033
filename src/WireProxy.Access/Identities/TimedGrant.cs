namespace WireProxy.Access;

/// <summary>A grant that ends by the clock alone.</summary>
internal sealed class TimedGrant(Identity identity, Deadline deadline, GrantEnd end) : Grant
{
    public override Identity Identity => identity;

    public override DateTimeOffset? EndsAt => deadline.At;

    public override GrantEnd? EndedAt(DateTimeOffset now) => deadline.IsOver(now) ? end : null;
}

/// <summary>Two grants at once: the first that ends ends both. The identity is that of the first.</summary>
internal sealed class LimitedGrant(Grant grant, Deadline limit, GrantEnd end) : Grant
{
    public override Identity Identity => grant.Identity;

    public override string? CredentialId => grant.CredentialId;

    public override DateTimeOffset? EndsAt => grant.EndsAt < limit.At ? grant.EndsAt : limit.At;

    internal override GrantEnd? Withdrawn => grant.Withdrawn;

    public override GrantEnd? EndedAt(DateTimeOffset now) => grant.EndedAt(now) ?? (limit.IsOver(now) ? end : null);
}
