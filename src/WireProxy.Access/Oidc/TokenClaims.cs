using System.Collections.Immutable;
using System.Text.Json;

namespace WireProxy.Access;

/// <summary>Reads the claims of a token by what its provider's configuration says they mean.</summary>
internal static class TokenClaims
{
    /// <summary>Of a name or group, in characters.</summary>
    private const int LongestName = 1_024;

    /// <summary>Checks <c>exp</c>, <c>nbf</c> and <c>iat</c> (RFC 7519, section 4.1), each with the clock skew.</summary>
    /// <returns>When the token is over, the skew included.</returns>
    /// <exception cref="TokenRefusedException">It is over, not yet valid, or does not say.</exception>
    public static DateTimeOffset CheckTimes(JsonElement claims, TimeSpan skew, DateTimeOffset now)
    {
        DateTimeOffset expires = Date(claims, "exp") ?? throw new TokenRefusedException("the token has no expiry");
        if (now >= expires + skew) throw new TokenRefusedException(TokenRefusal.Expired);
        if (Date(claims, "nbf") > now + skew) throw new TokenRefusedException(TokenRefusal.Early("the token is not yet valid"));
        if (Date(claims, "iat") > now + skew) throw new TokenRefusedException(TokenRefusal.Early("the token was issued in the future"));
        return expires + skew;
    }

    /// <exception cref="TokenRefusedException">A required claim is missing or another, or the token is not one that whoever has it may use.</exception>
    public static void CheckRequired(JsonElement claims, OidcProviderOptions options)
    {
        // RFC 7800, section 3.1: its holder must prove a key (DPoP, mutual TLS), which no database client can do in a password.
        if (claims.TryGetProperty("cnf", out _)) throw new TokenRefusedException("the token is bound to a key (cnf)");
        foreach ((string path, string wanted) in options.RequiredClaims)
            if (!ClaimValue.TryFind(claims, path, out JsonElement value) || !ClaimValue.Says(value, wanted, path is "scope" or "scp"))
                throw new TokenRefusedException($"the token lacks the required claim {path}");
    }

    /// <summary>Whom the token names, where it does.</summary>
    public static string? NameOf(JsonElement claims, OidcProviderOptions options) =>
        ClaimValue.TryFind(claims, options.SubjectClaim, out JsonElement value) && IsName(value, out string name) ? options.NamePrefix + name : null;

    /// <exception cref="TokenRefusedException">Who it is cannot be read from it.</exception>
    public static Identity ReadIdentity(JsonElement claims, OidcProviderOptions options)
    {
        string name = Text(claims, options.SubjectClaim) ?? throw new TokenRefusedException($"the token lacks the claim {options.SubjectClaim}");
        return new Identity(options.NamePrefix + name, ReadGroups(claims, options), options.Issuer, ProofKind.Token)
        {
            Agent = ReadAgent(claims, options),
            Purpose = options.PurposeClaim is { } path ? Text(claims, path) : null,
        };
    }

    private static string? ReadAgent(JsonElement claims, OidcProviderOptions options)
    {
        if (options.AgentClaims.Select(path => Text(claims, path)).FirstOrDefault(agent => agent is not null) is { } named) return named;
        // A rule may block an agent: somebody who acts for the person (RFC 8693, section 4.1) must not pass for the person alone.
        return ClaimValue.TryFind(claims, "act", out _)
            ? throw new TokenRefusedException(new TokenRefusal("the token names somebody who acts (act), and not in a way that is configured",
                "Ask the gateway's operator to name the claim that says who acts: agent, of this issuer in identity.oidc."))
            : null;
    }

    private static ImmutableArray<string> ReadGroups(JsonElement claims, OidcProviderOptions options)
    {
        var groups = new List<string>();
        foreach (string path in options.GroupClaims)
        {
            if (!ClaimValue.TryFind(claims, path, out JsonElement value)) CheckNotLeftOut(claims, path);
            // A rule may block a group: what cannot be read must not pass for no group.
            else if (value.ValueKind == JsonValueKind.Array) groups.AddRange(value.EnumerateArray().Select(item => Group(item, path)));
            else groups.Add(Group(value, path));
        }
        return [.. groups.Select(group => options.GroupPrefix + group).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>Entra ID leaves the groups of those who are in more than 200 out and says so by <c>_claim_names</c> (a distributed claim,
    /// OpenID Connect Core, section 5.6.2) or <c>hasgroups</c>. Nobody is in no group then.</summary>
    private static void CheckNotLeftOut(JsonElement claims, string path)
    {
        bool isElsewhere = claims.TryGetProperty("_claim_names", out JsonElement names) && ClaimValue.TryFind(names, path, out _);
        if (isElsewhere || (path == "groups" && claims.TryGetProperty("hasgroups", out JsonElement has) && ClaimValue.Says(has, "true", isScope: false)))
            throw new TokenRefusedException(new TokenRefusal("the token leaves its groups out, because there are too many",
                "Ask the identity provider's administrator to put only the groups of this application, or its roles, into its tokens."));
    }

    private static string Group(JsonElement value, string path) =>
        IsName(value, out string text) ? text : throw new TokenRefusedException($"the token's claim {path} is not a list of names");

    private static string? Text(JsonElement claims, string path)
    {
        if (!ClaimValue.TryFind(claims, path, out JsonElement value)) return null;
        return IsName(value, out string text) ? text : throw new TokenRefusedException($"the token's claim {path} is not a name");
    }

    private static bool IsName(JsonElement value, out string text)
    {
        bool isText = ClaimValue.TryString(value, out string? found) && found.Length is > 0 and <= LongestName && !found.Any(char.IsControl);
        text = isText ? found! : "";
        return isText;
    }

    private static DateTimeOffset? Date(JsonElement claims, string name)
    {
        if (!claims.TryGetProperty(name, out JsonElement value)) return null;
        return ClaimValue.TryDate(value, out DateTimeOffset date) ? date : throw new TokenRefusedException($"the token's claim {name} is not a date");
    }
}
