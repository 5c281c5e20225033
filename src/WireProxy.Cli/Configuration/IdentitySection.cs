using WireProxy.Access;

namespace WireProxy.Cli.Configuration;

/// <summary>The <c>identity</c> of a configuration.</summary>
internal static class IdentitySection
{
    private static readonly TimeSpan LongestSession = TimeSpan.FromDays(30);

    public static IdentityOptions Read(Section section)
    {
        var defaults = new IdentityOptions();
        var options = new IdentityOptions
        {
            Users = [.. section.Children("users").Select(ReadUser).OfType<LocalUser>()],
            UserSource = section.Text("users_file") is { } users ? UserFile.Open(section, users) : null,
            Oidc = [.. section.Children("oidc").Select(OidcSection.Read).OfType<OidcProviderOptions>()],
            Certificates = [.. section.Children("certificates").Select(ReadCertificate).OfType<CertificateMapping>()],
            Credentials = ReadCredentials(section),
            SessionMaximum = section.Child("sessions") is { } sessions ? ReadSessions(sessions) : defaults.SessionMaximum,
            FailureLimits = section.Child("failures") is { } failures ? ReadFailures(failures) : defaults.FailureLimits,
        };
        section.RejectUnknownKeys();
        if (!section.Has("users") && !section.Has("users_file") && !section.Has("oidc") && !section.Has("certificates"))
            section.File.Problems.Error(section.File.Name, section.File.LineOf(section.Path),
                $"{section.Path}: nobody could log in; 'users', 'users_file', 'oidc' or 'certificates' is expected");
        RejectTwins(section, "users", "name", options.Users.Concat((options.UserSource as UserFile)?.Users ?? []).Select(user => user.Name));
        if (!options.Oidc.IsEmpty && options.Users.Any(user => user.Name == LoginAuthority.TokenLoginName))
            section.Error("users", $"'{LoginAuthority.TokenLoginName}' is the name under which tokens are brought, because 'oidc' is there: give the user another");
        RejectTwins(section, "oidc", "issuer", options.Oidc.Select(provider => provider.Issuer));
        return options;
    }

    /// <summary>Null where the entry has an error, which is reported.</summary>
    public static LocalUser? ReadUser(Section section)
    {
        var name = section.RequiredText("name");
        var password = Secrets.Read(section, "password");
        var groups = section.Names("groups");
        section.RejectUnknownKeys();
        if (name?.StartsWith(IssuedCredentials.NamePrefix, StringComparison.Ordinal) == true)
            section.Error("name", $"'{name}' begins with {IssuedCredentials.NamePrefix}, as the names of issued credentials do");
        return name is null || password is null ? null : new LocalUser(name, password, [.. groups]);
    }

    private static CertificateMapping? ReadCertificate(Section section)
    {
        if (!section.Has("authority"))
            section.Missing("authority");
        var authorities = Certificates.Roots(section, "authority");
        if (authorities is not null && !authorities.Any(authority => authority.SubjectName.RawData.AsSpan().SequenceEqual(authority.IssuerName.RawData)))
            section.Error("authority", "no root is in it, a certificate that has signed itself, so no chain could end there; put the root beside its intermediates");
        var defaults = new CertificateMapping([]);
        var mapping = defaults with
        {
            Authorities = authorities is null ? [] : [.. authorities],
            Name = section.Choice("name", defaults.Name, ("common_name", CertificateName.CommonName), ("email", CertificateName.Email),
                ("dns", CertificateName.Dns), ("uri", CertificateName.Uri), ("upn", CertificateName.PrincipalName), ("subject", CertificateName.Subject)),
            NamePrefix = section.Text("name_prefix") ?? defaults.NamePrefix,
            Groups = [.. section.Names("groups")],
            GroupsFromUnits = section.Flag("groups_from_units") ?? defaults.GroupsFromUnits,
            IsAgent = section.Flag("agent") ?? defaults.IsAgent,
        };
        section.RejectUnknownKeys();
        return authorities is null ? null : mapping;
    }

    private static IssuedCredentialOptions? ReadCredentials(Section parent)
    {
        var defaults = new IssuedCredentialOptions();
        if (!parent.Has("credentials"))
            return defaults;
        if (!parent.IsMapping("credentials"))
            return parent.Choice<IssuedCredentialOptions?>("credentials", defaults, ("none", null));
        var section = parent.Child("credentials")!;
        var (least, most) = (TimeSpan.FromMinutes(1), LongestSession);
        var longest = section.Duration("longest", defaults.MaximumLifetime, least, most);
        var usual = section.Duration("lifetime", defaults.DefaultLifetime < longest ? defaults.DefaultLifetime : longest, least, most);
        if (usual > longest)
            section.Error("lifetime", $"{Units.Duration(usual)} is longer than 'longest', which is {Units.Duration(longest)}");
        var options = new IssuedCredentialOptions
        {
            DefaultLifetime = usual,
            MaximumLifetime = longest,
            EndsWithProof = section.Flag("end_with_token") ?? defaults.EndsWithProof,
            PerIdentity = section.Number("per_identity", defaults.PerIdentity, 1, 10_000),
            Total = section.Number("total", defaults.Total, 1, 1_000_000),
        };
        section.RejectUnknownKeys();
        return options;
    }

    private static TimeSpan? ReadSessions(Section section)
    {
        TimeSpan? longest = section.Has("longest")
            ? section.Duration("longest", LongestSession, TimeSpan.FromSeconds(1), LongestSession) : null;
        section.RejectUnknownKeys();
        return longest;
    }

    private static FailureLimits ReadFailures(Section section)
    {
        var defaults = new FailureLimits();
        var limits = new FailureLimits
        {
            PerName = section.Number("per_name", defaults.PerName, 1, 100_000),
            PerAddress = section.Number("per_address", defaults.PerAddress, 1, 1_000_000),
            Remembered = section.Number("remembered", defaults.Remembered, 100, 10_000_000),
        };
        section.RejectUnknownKeys();
        return limits;
    }

    private static void RejectTwins(Section section, string list, string key, IEnumerable<string> values)
    {
        foreach (var twin in values.CountBy(value => value, StringComparer.Ordinal).Where(pair => pair.Value > 1))
            section.Error(list, $"the {key} '{twin.Key}' stands {twin.Value} times");
    }
}
