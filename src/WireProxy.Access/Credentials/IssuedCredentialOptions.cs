namespace WireProxy.Access;

/// <summary>The configuration's <c>identity.credentials</c>.</summary>
public sealed record IssuedCredentialOptions
{
    /// <summary>How long a credential lasts that does not say. Default 1 hour.</summary>
    public TimeSpan DefaultLifetime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long one may be asked for. At least a minute; default 12 hours.</summary>
    public TimeSpan MaximumLifetime { get; init; } = TimeSpan.FromHours(12);

    /// <summary>A credential ends with the proof that it was issued for. Default: no, for a token lives minutes and a working day is longer.</summary>
    public bool EndsWithProof { get; init; }

    /// <summary>Live credentials of one identity. Default 20.</summary>
    public int PerIdentity { get; init; } = 20;

    /// <summary>Live credentials together. Default 10,000.</summary>
    public int Total { get; init; } = 10_000;
}
