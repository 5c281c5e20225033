using System.Collections.Immutable;

namespace WireProxy.Access;

/// <summary>One of <c>identity.oidc</c>: whose tokens are taken, and what their claims mean.</summary>
/// <param name="Issuer">Compared with <c>iss</c> byte by byte. A provider with two issuers (Entra ID's v1.0 and v2.0) is two entries.</param>
/// <param name="Audiences">One of them must be in <c>aud</c>. At least one.</param>
/// <remarks>
/// A claim is named by its path: <c>realm_access.roles</c> is the member <c>roles</c> of the member <c>realm_access</c>. A member whose
/// own name has dots is found too (<c>kubernetes.io.namespace</c>): the longest name that exists is taken first.
/// </remarks>
public sealed record OidcProviderOptions(string Issuer, ImmutableArray<string> Audiences)
{
    /// <summary>Where the keys are. Default: the provider's discovery document, <c>ISSUER/.well-known/openid-configuration</c>.</summary>
    public KeyLocation Keys { get; init; } = KeyLocation.Discovery;

    /// <summary>Of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512. Default: all of them. <c>none</c> and HMAC are never taken.</summary>
    public ImmutableArray<string> Algorithms { get; init; } = OidcAlgorithms.All;

    /// <summary>Between the provider's clock and ours, for <c>exp</c>, <c>nbf</c> and <c>iat</c>. From 0 to 5 minutes; default 30 seconds.</summary>
    public TimeSpan ClockSkew { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Path of the claim that becomes <see cref="Identity.Name"/>; a string that is not empty. Default <c>sub</c>.</summary>
    public string SubjectClaim { get; init; } = "sub";

    /// <summary>Paths of the claims whose values become groups, each a string or an array of strings. Default <c>groups</c>.</summary>
    public ImmutableArray<string> GroupClaims { get; init; } = ["groups"];

    /// <summary>Paths of the claims that name an agent; the first that a token has counts. Default <c>act.sub</c> (RFC 8693, section 4.1).
    /// <c>azp</c> and <c>client_id</c> name the program that a token was issued to, which for a person's token is not an agent. A token with <c>act</c> of which none
    /// of the claims can be read is refused.</summary>
    public ImmutableArray<string> AgentClaims { get; init; } = ["act.sub"];

    /// <summary>Path of the claim that becomes <see cref="Identity.Purpose"/>; null: none.</summary>
    public string? PurposeClaim { get; init; }

    /// <summary>Claims (by path) that a token must have, with this value: a string, number or boolean that is equal, an array that has it,
    /// or for <c>scope</c> and <c>scp</c> one of the words.</summary>
    public ImmutableDictionary<string, string> RequiredClaims { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Put before the name, so that two providers' people do not meet under one name. Default: nothing.</summary>
    public string NamePrefix { get; init; } = "";

    /// <summary>Put before each group. Default: nothing.</summary>
    public string GroupPrefix { get; init; } = "";
}

/// <summary>Where a provider's keys (a JWK set, RFC 7517) are.</summary>
public abstract record KeyLocation
{
    private KeyLocation()
    {
    }

    /// <summary>The issuer's discovery document says it (OpenID Connect Discovery 1.0, section 4).</summary>
    public static KeyLocation Discovery { get; } = new Remote(null);

    /// <summary>In a file, which is looked at again at most once a second and may be replaced at any time.</summary>
    public sealed record LocalFile(string Path) : KeyLocation;

    /// <summary>
    /// At an HTTPS URL; HTTP is taken from loopback only, and no redirection is followed. Keys are fetched again in the background when
    /// they are used after 10 minutes, before they are used after 20, and for an unknown key id at most every 10 seconds. When that fails
    /// the last good ones are used, for 24 hours at most.
    /// </summary>
    /// <param name="Url">Of the keys; null: where the discovery document says.</param>
    public sealed record Remote(Uri? Url) : KeyLocation
    {
        /// <summary>PEM file with the authorities that the server's certificate may come from; null: the system's.</summary>
        public string? RootCertificate { get; init; }

        /// <summary>Sent as a bearer token with each request, as a Kubernetes API server may want it; null: none.</summary>
        public SecretSource? BearerToken { get; init; }
    }
}

/// <summary>Signature algorithms (RFC 7518, section 3.1) that can be checked with a public key.</summary>
public static class OidcAlgorithms
{
    /// <summary>RSA with 2,048 bits or more, PKCS #1 1.5 and PSS, and ECDSA on the curve of the algorithm.</summary>
    public static ImmutableArray<string> All { get; } =
        ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];
}
