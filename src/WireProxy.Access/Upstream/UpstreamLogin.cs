using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;

namespace WireProxy.Access;

/// <summary>How the gateway logs in to a database.</summary>
/// <param name="Username">The database's user; with <see cref="SendsToken"/> on TDS it may be empty.</param>
/// <param name="Password">A password, or a token where <see cref="SendsToken"/>; null with a certificate alone.</param>
public sealed record UpstreamLogin(string Username, SecretSource? Password)
{
    /// <summary>The secret is an access token (Entra ID): PostgreSQL takes it as its password, TDS by FEDAUTH.</summary>
    public bool SendsToken { get; init; }

    /// <summary>With its private key; shown in TLS (PostgreSQL).</summary>
    public X509Certificate2? Certificate { get; init; }
}

/// <summary>Which login an identity gets.</summary>
/// <param name="ByGroup">The first entry with one of the identity's groups decides.</param>
/// <param name="Default">Of everybody else; null: they are refused.</param>
public sealed record UpstreamLogins(ImmutableArray<GroupLogin> ByGroup, UpstreamLogin? Default)
{
    public UpstreamLogin? For(Identity identity)
    {
        foreach (GroupLogin entry in ByGroup)
            if (entry.Groups.Any(group => identity.Groups.Contains(group, StringComparer.Ordinal)))
                return entry.Login;
        return Default;
    }
}

/// <summary>One entry of <c>upstream.credentials.by_group</c>.</summary>
public sealed record GroupLogin(ImmutableArray<string> Groups, UpstreamLogin Login);
