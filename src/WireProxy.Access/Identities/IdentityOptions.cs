using System.Collections.Immutable;

namespace WireProxy.Access;

/// <summary>The configuration's <c>identity:</c>. What is not stated has the default of its property.</summary>
public sealed record IdentityOptions
{
    /// <summary>Local users; their names differ.</summary>
    public ImmutableArray<LocalUser> Users { get; init; } = [];

    /// <summary>More users, who may change while the gateway runs; null: none.</summary>
    public LocalUserSource? UserSource { get; init; }

    /// <summary>Names may be local users'.</summary>
    public bool HasUsers => !Users.IsEmpty || UserSource is not null;

    /// <summary>OpenID Connect providers; their issuers differ.</summary>
    public ImmutableArray<OidcProviderOptions> Oidc { get; init; } = [];

    /// <summary>The first that takes a certificate decides.</summary>
    public ImmutableArray<CertificateMapping> Certificates { get; init; } = [];

    /// <summary>Null: no credentials are issued.</summary>
    public IssuedCredentialOptions? Credentials { get; init; } = new();

    /// <summary>How long any session lasts at most, counted from its login; null: as long as its proof.</summary>
    public TimeSpan? SessionMaximum { get; init; }

    /// <summary>When somebody has failed too often.</summary>
    public FailureLimits FailureLimits { get; init; } = new();

    /// <summary>Key from which the verifiers of unknown names are derived; 32 bytes or more. Default: a new one for each process, so that
    /// the salt of an unknown name changes when the gateway restarts, as that of a local user does.</summary>
    public ImmutableArray<byte> DecoyKey { get; init; } = [];
}

/// <summary>One of <c>identity.users</c>.</summary>
/// <param name="Password">Read at the start and twice a second from then on (of a command every 5 seconds), in the background, so that a changed one
/// counts within that time, also for sessions that began with the old one, and a login takes the same time whether its user exists. While it cannot be
/// read, its user cannot log in.</param>
public sealed record LocalUser(string Name, SecretSource Password, ImmutableArray<string> Groups);

/// <summary>How many failed logins are borne. A failure is given back with time: 10 a minute means one more try every 6 seconds.</summary>
public sealed record FailureLimits
{
    /// <summary>A minute, of one login name from one address; of tokens and certificates each counts for itself. Of an IPv6 address its /64 counts. Default 10.</summary>
    public int PerName { get; init; } = 10;

    /// <summary>A minute, from one address. Default 100.</summary>
    public int PerAddress { get; init; } = 100;

    /// <summary>How many addresses, and how many names with addresses, are remembered; the oldest is forgotten first. Default 10,000 of each.</summary>
    public int Remembered { get; init; } = 10_000;
}
