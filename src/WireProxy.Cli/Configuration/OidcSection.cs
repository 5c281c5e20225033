using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using WireProxy.Access;

namespace WireProxy.Cli.Configuration;

/// <summary>One entry of <c>identity.oidc</c>.</summary>
internal static class OidcSection
{
    private static readonly TimeSpan LargestSkew = TimeSpan.FromMinutes(5);

    /// <summary>Null where it cannot be used, which is reported.</summary>
    public static OidcProviderOptions? Read(Section section)
    {
        var issuer = section.RequiredText("issuer");
        if (!section.Has("audience"))
            section.Missing("audience");
        var audiences = section.Names("audience");
        if (section.Has("audience") && section.Words("audience").Count == 0)
            section.Error("audience", "whom tokens are for must be stated, because a provider gives tokens for others too");
        var defaults = new OidcProviderOptions(issuer ?? "", [.. audiences]);
        var options = defaults with
        {
            Keys = ReadKeys(section, issuer) ?? KeyLocation.Discovery,
            SubjectClaim = section.Name("subject") ?? defaults.SubjectClaim,
            GroupClaims = Paths(section, "groups", defaults.GroupClaims),
            AgentClaims = Paths(section, "agent", defaults.AgentClaims),
            PurposeClaim = section.Name("purpose"),
            Algorithms = ReadAlgorithms(section, defaults.Algorithms),
            ClockSkew = section.Duration("clock_skew", defaults.ClockSkew, TimeSpan.Zero, LargestSkew),
            RequiredClaims = section.Pairs("require").ToImmutableDictionary(),
            NamePrefix = section.Text("name_prefix") ?? defaults.NamePrefix,
            GroupPrefix = section.Text("group_prefix") ?? defaults.GroupPrefix,
        };
        section.RejectUnknownKeys();
        return issuer is null || audiences.Count == 0 ? null : options;
    }

    private static ImmutableArray<string> Paths(Section section, string key, ImmutableArray<string> fallback) =>
        section.Has(key) ? [.. section.Names(key)] : fallback;

    private static ImmutableArray<string> ReadAlgorithms(Section section, ImmutableArray<string> fallback)
    {
        if (!section.Has("algorithms"))
            return fallback;
        var words = section.Words("algorithms");
        if (words.Count == 0)
            section.Error("algorithms", $"at least one is expected; {Spelling.Accepted("", OidcAlgorithms.All)}");
        for (var index = 0; index < words.Count; index++)
        {
            if (!OidcAlgorithms.All.Contains(words[index], StringComparer.Ordinal))
                section.Error($"algorithms[{index}]",
                    $"'{words[index]}' is not taken, because a public key cannot check it; {Spelling.Accepted(words[index], OidcAlgorithms.All)}");
        }
        return [.. words];
    }

    private static KeyLocation? ReadKeys(Section section, string? issuer)
    {
        var text = section.Text("jwks");
        var isFile = text is not null && !text.Contains("://", StringComparison.Ordinal);
        var roots = section.Text("root_certificate");
        if (roots is not null)
            _ = Certificates.Roots(section, "root_certificate");
        var bearer = section.Has("bearer_token") ? Secrets.Read(section, "bearer_token") : null;
        if (isFile)
        {
            foreach (var key in new[] { "root_certificate", "bearer_token" })
                if (section.Has(key))
                    section.Error(key, "is for keys that are fetched; here 'jwks' is a file");
            return ReadFile(section, section.File.Resolve(text!));
        }
        var (address, name) = text is null ? ($"{issuer?.TrimEnd('/')}/.well-known/openid-configuration", "issuer") : (text, "jwks");
        if (!Uri.TryCreate(address, UriKind.Absolute, out var url) || !IsPrivate(url))
        {
            if (issuer is not null)
                section.Error(name, $"keys are fetched from https://, or http:// of this machine itself, and not from {address}; "
                    + (text is null ? "'jwks' can name a file or URL" : "a path names a file"));
            return null;
        }
        return new KeyLocation.Remote(text is null ? null : url)
        {
            RootCertificate = roots is null ? null : section.File.Resolve(roots),
            BearerToken = bearer,
        };
    }

    private static bool IsPrivate(Uri url) => url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && IsThisMachine(url.Host));

    private static bool IsThisMachine(string host) =>
        host == "localhost" || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    private static KeyLocation.LocalFile? ReadFile(Section section, string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            using var document = JsonDocument.Parse(file);
            if (document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("keys", out var keys) && keys.ValueKind == JsonValueKind.Array)
                return new KeyLocation.LocalFile(path);
            section.Error("jwks", $"{path} is no JWK set: an object with the member 'keys' is expected (RFC 7517, section 5)");
        }
        catch (JsonException exception)
        {
            section.Error("jwks", $"{path} is no JSON: line {exception.LineNumber + 1}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            section.Error("jwks", $"cannot be read: {exception.Message}");
        }
        return null;
    }
}
