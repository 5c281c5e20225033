using System.Net;
using WireProxy.Access;
using WireProxy.Relay;

namespace WireProxy.Cli.Configuration;

/// <summary>One entry of <c>listeners</c>.</summary>
/// <param name="Database">What `wireproxy login` tells people to connect to; null: they know.</param>
internal sealed record ListenerSettings(ListenerOptions Options, string? Database);

/// <summary>Reads one entry of <c>listeners</c>.</summary>
/// <param name="identity">Who may log in at listeners with credentials of their own; null: nobody is known.</param>
internal sealed class ListenerReader(IdentityOptions? identity)
{
    /// <summary>Null where the entry has an error, which is reported.</summary>
    public ListenerSettings? Read(Section section)
    {
        var problems = section.File.Problems;
        var name = section.RequiredText("name");
        if (!section.Has("protocol"))
            section.Missing("protocol");
        var protocol = section.Choice("protocol", WireProtocol.Postgres, ("postgres", WireProtocol.Postgres), ("tds", WireProtocol.Tds));
        var address = ReadAddress(section);
        var tls = section.Child("tls") is { } tlsSection ? ReadTls(tlsSection) : null;
        if (!section.Has("upstream"))
            section.Missing("upstream");
        var upstream = section.Child("upstream") is { } upstreamSection ? ReadUpstream(upstreamSection, protocol) : null;
        var limits = section.Child("limits") is { } limitsSection ? ReadLimits(limitsSection) : new ListenerLimits();
        var cleartext = section.Flag("cleartext_on_loopback") ?? false;
        var database = section.Text("database");
        section.RejectUnknownKeys();
        CheckIdentity(section, upstream);
        if (name is null || address is null || upstream is null || problems.HasErrors)
            return null;
        var asksForCertificate = upstream.Credentials is not null && identity is { Certificates.IsEmpty: false };
        tls = tls is null ? null : tls with { AsksForCertificate = asksForCertificate };
        return new ListenerSettings(
            new ListenerOptions(name, protocol, address, tls, upstream, limits) { CleartextOnLoopback = cleartext }, database);
    }

    /// <summary>Whose login goes upstream, and whether clients can prove who they are without telling it to everybody on their way.</summary>
    private void CheckIdentity(Section section, UpstreamOptions? upstream)
    {
        var upstreamPath = section.Child("upstream");
        if (upstreamPath?.Has("credentials") != true)
        {
            if (section.Has("cleartext_on_loopback"))
                section.Warning("cleartext_on_loopback", "is used with 'upstream.credentials' only; here the client's own login is relayed");
            return;
        }
        if (identity is null)
            upstreamPath.Error("credentials", "anybody could use them: 'identity' must say who may log in here");
        if (upstream?.Credentials is { Default: null })
            upstreamPath.Warning("credentials", "who has none of the groups of 'by_group' is refused, because there is no login for everybody else");
        if (!section.Has("tls"))
            section.File.Problems.Warning(section.File.Name, section.File.LineOf(section.Path),
                $"{section.Path}: no 'tls' for clients, so tokens and passwords in the clear are refused"
                + (section.Flag("cleartext_on_loopback") == true ? ", except from this machine itself (cleartext_on_loopback)" : ""));
    }

    private static IPEndPoint? ReadAddress(Section section)
    {
        if (section.RequiredText("address") is not { } text)
            return null;
        if (Units.TryParseListenAddress(text, out var address))
            return address;
        section.Error("address", $"an IP address and a port are expected, such as 127.0.0.1:6432 or [::]:6432, not '{text}'");
        return null;
    }

    private static ClientTlsOptions? ReadTls(Section section)
    {
        var mode = section.Choice("mode", ClientTlsMode.Prefer,
            ("prefer", ClientTlsMode.Prefer), ("require", ClientTlsMode.Require), ("strict", ClientTlsMode.Strict));
        var loaded = Certificates.WithKey(section, "certificate", "key");
        section.RejectUnknownKeys();
        return loaded is var (certificate, chain) ? new ClientTlsOptions(mode, certificate, chain) : null;
    }

    private static UpstreamOptions? ReadUpstream(Section section, WireProtocol protocol)
    {
        string? host = null;
        var port = 0;
        if (section.RequiredText("address") is { } text && !Units.TryParseUpstreamAddress(text, out host, out port))
        {
            host = null;
            section.Error("address",
                $"a host and a port are expected, such as db.example.org:5432 or /var/run/postgresql:5432, not '{text}'");
        }
        var tls = section.Child("tls") is { } tlsSection
            ? ReadUpstreamTls(tlsSection, protocol) : new UpstreamTlsOptions(UpstreamTlsMode.Prefer, null);
        var logins = new UpstreamLoginReader(protocol, host?.StartsWith('/') == true);
        var credentials = section.Child("credentials") is { } credentialsSection ? logins.ReadCredentials(credentialsSection) : null;
        var catalog = section.Child("catalog") is { } catalogSection ? logins.ReadLogin(catalogSection) : credentials?.Default;
        var options = new UpstreamOptions(host ?? "", port, tls, catalog) { Credentials = credentials };
        options = options with
        {
            Timeout = section.Duration("timeout", options.Timeout, mayBeZero: false),
            CleartextCredentials = section.Flag("cleartext_credentials") ?? false,
        };
        section.RejectUnknownKeys();
        if (host is null)
            return null;
        UpstreamSecrecy.Check(section, protocol, options);
        return options;
    }

    private static UpstreamTlsOptions ReadUpstreamTls(Section section, WireProtocol protocol)
    {
        var encryption = section.Choice("encryption", TdsEncryption.Full,
            ("full", TdsEncryption.Full), ("login", TdsEncryption.Login), ("strict", TdsEncryption.Strict));
        if (section.Has("encryption") && protocol != WireProtocol.Tds)
            section.Error("encryption", "is for protocol: tds alone; PostgreSQL encrypts everything or nothing");
        var mode = section.Choice("mode", UpstreamTlsMode.Prefer,
            ("disable", UpstreamTlsMode.Disable), ("prefer", UpstreamTlsMode.Prefer),
            ("require", UpstreamTlsMode.Require), ("verify-full", UpstreamTlsMode.VerifyFull));
        var roots = Certificates.Roots(section, "root_certificate");
        if (roots is not null && mode != UpstreamTlsMode.VerifyFull)
            section.Warning("root_certificate", "is used with 'mode: verify-full' only; this mode does not check who the server is");
        section.RejectUnknownKeys();
        return new UpstreamTlsOptions(mode, roots) { Encryption = encryption };
    }

    private static ListenerLimits ReadLimits(Section section)
    {
        var defaults = new ListenerLimits();
        var limits = new ListenerLimits
        {
            Connections = section.Number("connections", defaults.Connections, 1, 1_000_000),
            UnfinishedLogins = section.Number("unfinished_logins", defaults.UnfinishedLogins, 10, 1_000_000),
            UnfinishedLoginsPerAddress = section.Number("unfinished_logins_per_address", defaults.UnfinishedLoginsPerAddress, 1, 1_000_000),
            HandshakeTimeout = section.Duration("handshake_timeout", defaults.HandshakeTimeout, mayBeZero: false),
            IdleTimeout = section.Duration("idle_timeout", defaults.IdleTimeout, mayBeZero: true),
            MarsSessions = section.Number("mars_sessions", defaults.MarsSessions, 0, 10_000),
            InspectedMessageBytes = section.Size("inspected_message", defaults.InspectedMessageBytes, 16 << 10, 1 << 30),
            ChangeWait = section.Duration("change_wait", defaults.ChangeWait, mayBeZero: true),
            DrainTimeout = section.Duration("drain_timeout", defaults.DrainTimeout, mayBeZero: true),
        };
        section.RejectUnknownKeys();
        return limits;
    }
}
