using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using WireProxy.Access;
using WireProxy.Cli.Output;
using WireProxy.HttpConsole;

namespace WireProxy.Cli.Configuration;

/// <summary>Who may log in and by what login of the gateway's, without a secret.</summary>
internal static class IdentityReport
{
    public static void WriteText(Settings settings, TextWriter output)
    {
        if (settings.Identity is not { } identity)
            output.WriteLine("identity: none; every client's own login is relayed");
        else
            WriteText(identity, output);
        output.WriteLine(settings.Console is { } console ? $"console: {Describe(console, settings.Identity)}" : "console: none");
    }

    public static void WriteJson(Settings settings, JsonLines lines)
    {
        if (settings.Identity is { } identity)
            lines.Write(json => Write(identity, json));
        if (settings.Console is { } console)
        {
            lines.Write(json =>
            {
                json.WriteString("kind", "console");
                json.WriteString("address", console.Address.ToString());
                json.WriteString("certificate", console.Tls?.Certificate.Subject);
                Strings(json, "administrators", console.Administrators);
            });
        }
    }

    /// <summary>Whose login goes upstream, for a listener's lines.</summary>
    public static string Describe(UpstreamLogins? logins)
    {
        if (logins is null)
            return "the client's own, relayed";
        var byGroup = logins.ByGroup.Select(entry => $"{Describe(entry.Login)} for {string.Join(", ", entry.Groups)}");
        return "by identity; upstream " + string.Join("; ", byGroup.Append(logins.Default is { } login ? Describe(login) : "nobody else"));
    }

    public static void Write(UpstreamLogins? logins, Utf8JsonWriter json)
    {
        if (logins is null)
            return;
        json.WriteStartArray("credentials");
        foreach (var (groups, login) in logins.ByGroup.Select(entry => ((ImmutableArray<string>?)entry.Groups, (UpstreamLogin?)entry.Login))
            .Append((null, logins.Default)))
        {
            if (login is null)
                continue;
            json.WriteStartObject();
            if (groups is { } names)
                Strings(json, "groups", names);
            json.WriteString("username", login.Username);
            json.WriteString(login.SendsToken ? "token" : "password", login.Password is { } secret ? Secrets.Describe(secret) : null);
            json.WriteString("certificate", login.Certificate?.Subject);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteText(IdentityOptions identity, TextWriter output)
    {
        output.WriteLine("identity");
        foreach (var user in AllUsers(identity))
            output.WriteLine($"  user        {user.Name}{InGroups(user.Groups)}, password from {Secrets.Describe(user.Password)}");
        foreach (var provider in identity.Oidc)
        {
            output.WriteLine($"  oidc        {provider.Issuer} for {string.Join(", ", provider.Audiences)}, keys from {Describe(provider.Keys)}");
            output.WriteLine($"              {Claims(provider)}, clock_skew {Units.Duration(provider.ClockSkew)}");
            output.WriteLine($"              {string.Join(", ", provider.Algorithms)}");
        }
        foreach (var mapping in identity.Certificates)
            output.WriteLine($"  certificate {NameOf(mapping.Name)} {mapping.NamePrefix}*{InGroups(mapping.Groups)}, signed by "
                + string.Join("; ", mapping.Authorities.Select(authority => authority.Subject)));
        if (SourcesOfPlainNames(identity) is { Count: > 1 } sources)
            output.WriteLine($"  note        one name of {string.Join(" and of ", sources)} is one person to rules; name_prefix and group_prefix keep them apart");
        output.WriteLine($"  credentials {Describe(identity.Credentials)}");
        output.WriteLine($"  sessions    {(identity.SessionMaximum is { } longest ? $"{Units.Duration(longest)} at most" : "as long as their proof")}");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  failures    {identity.FailureLimits.PerName} a minute of a name, {identity.FailureLimits.PerAddress} of an address"));
    }

    private static void Write(IdentityOptions identity, Utf8JsonWriter json)
    {
        json.WriteString("kind", "identity");
        Strings(json, "users", AllUsers(identity).Select(user => user.Name));
        json.WriteStartArray("oidc");
        foreach (var provider in identity.Oidc)
        {
            json.WriteStartObject();
            json.WriteString("issuer", provider.Issuer);
            Strings(json, "audience", provider.Audiences);
            json.WriteString("keys", Describe(provider.Keys));
            Strings(json, "algorithms", provider.Algorithms);
            json.WriteString("clock_skew", Units.Duration(provider.ClockSkew));
            json.WriteString("subject", provider.SubjectClaim);
            Strings(json, "groups", provider.GroupClaims);
            Strings(json, "agent", provider.AgentClaims);
            json.WriteString("purpose", provider.PurposeClaim);
            json.WriteString("name_prefix", provider.NamePrefix);
            json.WriteString("group_prefix", provider.GroupPrefix);
            Strings(json, "require", provider.RequiredClaims.Select(claim => $"{claim.Key}={claim.Value}"));
            json.WriteEndObject();
        }
        json.WriteEndArray();
        Strings(json, "certificates", identity.Certificates.SelectMany(mapping => mapping.Authorities).Select(authority => authority.Subject));
        if (identity.Credentials is { } credentials)
        {
            json.WriteStartObject("credentials");
            json.WriteString("lifetime", Units.Duration(credentials.DefaultLifetime));
            json.WriteString("longest", Units.Duration(credentials.MaximumLifetime));
            json.WriteNumber("per_identity", credentials.PerIdentity);
            json.WriteEndObject();
        }
        json.WriteString("longest_session", identity.SessionMaximum is { } longest ? Units.Duration(longest) : null);
    }

    /// <summary>Who gives names as they are: two of them could have one name for two people.</summary>
    private static List<string> SourcesOfPlainNames(IdentityOptions identity)
    {
        List<string> sources = [.. identity.Oidc.Where(provider => provider.NamePrefix.Length == 0).Select(provider => provider.Issuer)];
        if (identity.HasUsers)
            sources.Insert(0, "users");
        if (identity.Certificates.Any(mapping => mapping.NamePrefix.Length == 0))
            sources.Add("certificates");
        return sources;
    }

    /// <summary>With those of the users' file, as it is now.</summary>
    private static IEnumerable<LocalUser> AllUsers(IdentityOptions identity) => identity.Users.Concat((identity.UserSource as UserFile)?.Users ?? []);

    private static string Claims(OidcProviderOptions provider)
    {
        var required = provider.RequiredClaims.Count == 0
            ? "" : $", require {string.Join(", ", provider.RequiredClaims.Select(claim => $"{claim.Key}={claim.Value}").Order(StringComparer.Ordinal))}";
        var purpose = provider.PurposeClaim is { } claim ? $", purpose {claim}" : "";
        var (groups, agent) = (string.Join(", ", provider.GroupClaims), string.Join(", ", provider.AgentClaims));
        var prefixes = provider is { NamePrefix: "", GroupPrefix: "" } ? "" : $", name_prefix {provider.NamePrefix}, group_prefix {provider.GroupPrefix}";
        return $"subject {provider.SubjectClaim}, groups {groups}, agent {agent}{purpose}{required}{prefixes}";
    }

    private static string Describe(KeyLocation keys) => keys switch
    {
        KeyLocation.LocalFile file => file.Path,
        KeyLocation.Remote { Url: { } url } => url.ToString(),
        _ => "discovery",
    };

    private static string Describe(IssuedCredentialOptions? credentials) => credentials is null
        ? "none are issued"
        : string.Create(CultureInfo.InvariantCulture, $"for {Units.Duration(credentials.DefaultLifetime)}, {Units.Duration(credentials.MaximumLifetime)} at most")
            + string.Create(CultureInfo.InvariantCulture, $", {credentials.PerIdentity} of an identity");

    private static string Describe(ConsoleOptions console, IdentityOptions? identity)
    {
        var issues = identity is null ? "health alone, because nobody is known without 'identity'"
            : identity.Credentials is null ? "health alone, because no credentials are issued"
            : $"credentials for identities; administrators: {(console.Administrators.IsEmpty ? "nobody" : string.Join(", ", console.Administrators))}";
        return $"{(console.Tls is null ? "http" : "https")}://{console.Address}, {issues}";
    }

    private static string Describe(UpstreamLogin login)
    {
        var proof = (login.Password, login.Certificate) switch
        {
            ({ } secret, _) => $"{(login.SendsToken ? "token" : "password")} from {Secrets.Describe(secret)}",
            (_, { } certificate) => $"certificate {certificate.Subject}",
            _ => "without a secret",
        };
        return login.Username.Length == 0 ? proof : $"{login.Username} ({proof})";
    }

    private static string InGroups(ImmutableArray<string> groups) => groups.IsEmpty ? "" : $" in {string.Join(", ", groups)}";

    private static string NameOf(CertificateName name) =>
        name == CertificateName.PrincipalName ? "upn" : JsonNamingPolicy.SnakeCaseLower.ConvertName(name.ToString());

    private static void Strings(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteStringValue(value);
        json.WriteEndArray();
    }
}
