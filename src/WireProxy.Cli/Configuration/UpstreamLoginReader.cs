using System.Security.Cryptography.X509Certificates;
using WireProxy.Access;
using WireProxy.Relay;

namespace WireProxy.Cli.Configuration;

/// <summary><c>upstream.credentials</c> and <c>upstream.catalog</c>: how the gateway itself logs in to a database.</summary>
/// <param name="protocol">Of the listener.</param>
/// <param name="isSocket">The upstream is reached by a Unix socket, where the database may know its peer without a password.</param>
internal sealed class UpstreamLoginReader(WireProtocol protocol, bool isSocket)
{
    private static readonly string[] SecretKeys = ["password", "token", "managed_identity"];
    private static readonly string[] LoginKeys = ["username", .. SecretKeys, "certificate", "key"];

    /// <summary>Null where it cannot be used, which is reported.</summary>
    public UpstreamLogins? ReadCredentials(Section section)
    {
        var errors = section.File.Problems.ErrorCount;
        var hasDefault = !section.Has("by_group") || LoginKeys.Any(section.Has);
        var login = hasDefault ? ReadKeys(section) : null;
        var groups = section.Children("by_group").Select(ReadGroup).OfType<GroupLogin>().ToList();
        section.RejectUnknownKeys();
        return section.File.Problems.ErrorCount > errors ? null : new UpstreamLogins([.. groups], login);
    }

    /// <inheritdoc cref="ReadCredentials"/>
    public UpstreamLogin? ReadLogin(Section section)
    {
        var login = ReadKeys(section);
        section.RejectUnknownKeys();
        return login;
    }

    private GroupLogin? ReadGroup(Section section)
    {
        if (!section.Has("groups"))
            section.Missing("groups");
        var groups = section.Names("groups");
        var login = ReadKeys(section);
        section.RejectUnknownKeys();
        return login is null || groups.Count == 0 ? null : new GroupLogin([.. groups], login);
    }

    private UpstreamLogin? ReadKeys(Section section)
    {
        var errors = section.File.Problems.ErrorCount;
        var sendsToken = section.Has("token") || section.Has("managed_identity");
        // With a token it is the token that says who logs in to SQL Server.
        var username = protocol == WireProtocol.Tds && sendsToken ? section.Text("username") : section.RequiredText("username");
        string[] given = [.. SecretKeys.Where(section.Has)];
        if (given.Length > 1)
            section.Error(given[1], $"stands beside '{given[0]}'; one of password, token and managed_identity is expected");
        var certificate = ReadCertificate(section);
        if (given.Length == 0 && certificate is null && !section.Has("certificate"))
            CheckWithoutSecret(section);
        var secret = given switch
        {
            ["managed_identity"] => ReadManagedIdentity(section),
            [var key] => Secrets.Read(section, key),
            _ => null,
        };
        return section.File.Problems.ErrorCount > errors
            ? null : new UpstreamLogin(username ?? "", secret) { SendsToken = sendsToken, Certificate = certificate };
    }

    /// <summary>PostgreSQL may know the gateway by its socket (peer), or trust it.</summary>
    private void CheckWithoutSecret(Section section)
    {
        if (protocol == WireProtocol.Tds)
            section.Missing("password");
        else if (!isSocket)
            section.File.Problems.Warning(section.File.Name, section.File.LineOf(section.Path),
                $"{section.Path}: neither password, token, managed_identity nor certificate; the database must trust the gateway's address");
    }

    private X509Certificate2? ReadCertificate(Section section)
    {
        if (!section.Has("certificate") && !section.Has("key"))
            return null;
        if (protocol == WireProtocol.Tds)
        {
            section.Error("certificate", "is for protocol: postgres alone; SQL Server takes a password or a token");
            return null;
        }
        return Certificates.WithKey(section, "certificate", "key")?.Certificate;
    }

    private ManagedIdentitySecret? ReadManagedIdentity(Section parent)
    {
        if (parent.Child("managed_identity") is not { } section)
            return null;
        var usual = protocol == WireProtocol.Tds ? ManagedIdentitySecret.SqlScope : ManagedIdentitySecret.PostgresScope;
        var client = section.Text("client_id");
        var scope = section.Text("scope") ?? usual;
        var others = section.Flag("try_others") ?? false;
        section.RejectUnknownKeys();
        return new ManagedIdentitySecret(scope, client, others);
    }
}
