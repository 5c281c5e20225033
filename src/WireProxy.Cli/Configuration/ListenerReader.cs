using System.Net;
using System.Text;
using WireProxy.Access;
using WireProxy.Relay;

namespace WireProxy.Cli.Configuration;

/// <summary>One entry of <c>listeners</c>.</summary>
internal static class ListenerReader
{
    /// <summary>Null where the entry has an error, which is reported.</summary>
    public static ListenerOptions? Read(Section section)
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
        section.RejectUnknownKeys();
        return name is null || address is null || upstream is null || problems.HasErrors
            ? null
            : new ListenerOptions(name, protocol, address, tls, upstream, limits);
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
        var catalog = section.Child("catalog") is { } catalogSection ? ReadCredentials(catalogSection) : null;
        if (section.Child("credentials") is { } credentials)
        {
            ReadCredentials(credentials);
            section.Error("credentials",
                "this version relays the client's own login; credentials held by the gateway are not supported yet");
        }
        section.RejectUnknownKeys();
        return host is null ? null : new UpstreamOptions(host, port, tls, catalog);
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

    private static UpstreamLogin? ReadCredentials(Section section)
    {
        var username = section.RequiredText("username");
        var password = Secret.Read(section, "password");
        section.RejectUnknownKeys();
        return username is null || password is null ? null : new UpstreamLogin(username, new ReadSecret(password));
    }

    private sealed class ReadSecret(Func<string> read) : SecretSource
    {
        public override ValueTask<Access.Secret> ReadAsync(CancellationToken cancellationToken) =>
            ValueTask.FromResult(new Access.Secret(Encoding.UTF8.GetBytes(read())));
    }

    private static ListenerLimits ReadLimits(Section section)
    {
        var defaults = new ListenerLimits();
        var limits = new ListenerLimits
        {
            Connections = section.Number("connections", defaults.Connections, 1, 1_000_000),
            HandshakeTimeout = ReadDuration(section, "handshake_timeout", defaults.HandshakeTimeout, mayBeZero: false),
            IdleTimeout = ReadDuration(section, "idle_timeout", defaults.IdleTimeout, mayBeZero: true),
            InspectedMessageBytes = ReadSize(section, "inspected_message", defaults.InspectedMessageBytes, 16 << 10, 1 << 30),
            DrainTimeout = ReadDuration(section, "drain_timeout", defaults.DrainTimeout, mayBeZero: true),
        };
        section.RejectUnknownKeys();
        return limits;
    }

    private static TimeSpan ReadDuration(Section section, string key, TimeSpan fallback, bool mayBeZero)
    {
        if (section.Text(key) is not { } text)
            return fallback;
        if (Units.TryParseDuration(text, out var duration) && (mayBeZero || duration > TimeSpan.Zero))
            return duration;
        section.Error(key, $"{Units.DurationForm} is expected{(mayBeZero ? " (0: never)" : ", more than 0")}, not '{text}'");
        return fallback;
    }

    private static int ReadSize(Section section, string key, int fallback, int from, int to)
    {
        if (section.Text(key) is not { } text)
            return fallback;
        if (Units.TryParseSize(text, out var bytes) && bytes >= from && bytes <= to)
            return (int)bytes;
        section.Error(key, $"{Units.SizeForm}, from {Units.Size(from)} to {Units.Size(to)}, is expected, not '{text}'");
        return fallback;
    }
}
