using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using WireProxy.Access;

namespace WireProxy.Relay;

/// <summary>The wire protocol that a listener speaks.</summary>
public enum WireProtocol
{
    Postgres,
    Tds,
}

/// <summary>What a listener demands of its clients.</summary>
public enum ClientTlsMode
{
    /// <summary>TLS where the client asks for it.</summary>
    Prefer,
    /// <summary>A client without TLS is refused.</summary>
    Require,
    /// <summary>TLS from the first byte (PostgreSQL direct TLS, TDS 8.0).</summary>
    Strict,
}

/// <summary>What the gateway demands of an upstream, in libpq's sense of sslmode.</summary>
public enum UpstreamTlsMode
{
    Disable,
    Prefer,
    Require,
    VerifyFull,
}

/// <param name="Certificate">With its private key.</param>
/// <param name="Chain">Intermediates sent after it.</param>
public sealed record ClientTlsOptions(ClientTlsMode Mode, X509Certificate2 Certificate, X509Certificate2Collection Chain)
{
    /// <summary>Clients are asked for a certificate; one without is not refused for that.</summary>
    public bool AsksForCertificate { get; init; }
}

/// <summary>How a TDS upstream is to be encrypted, where <see cref="UpstreamTlsMode"/> wants encryption.</summary>
public enum TdsEncryption
{
    /// <summary>Everything behind PRELOGIN (TDS 7.x).</summary>
    Full,
    /// <summary>The login alone (TDS 7.x); what follows it is plain.</summary>
    Login,
    /// <summary>From the first byte (TDS 8.0).</summary>
    Strict,
}

/// <param name="Roots">Trusted roots for verify-full; null means the system's.</param>
public sealed record UpstreamTlsOptions(UpstreamTlsMode Mode, X509Certificate2Collection? Roots)
{
    /// <summary>Of TDS alone (<c>upstream.tls.encryption</c>).</summary>
    public TdsEncryption Encryption { get; init; }
}

/// <param name="Host">A host name or address, or a directory that starts with '/' for a Unix socket (PostgreSQL only).</param>
/// <param name="Port">1 to 65535.</param>
/// <param name="Catalog">Who reads the catalog; null: the client's own session before its first statement.</param>
public sealed record UpstreamOptions(string Host, int Port, UpstreamTlsOptions Tls, UpstreamLogin? Catalog)
{
    /// <summary>Whose login goes upstream; null: the client's own is relayed, and it is the database that knows who asks.</summary>
    public UpstreamLogins? Credentials { get; init; }

    /// <summary>Reached by loopback or a Unix socket: nobody else is on the way.</summary>
    public bool IsThisMachine =>
        Host.StartsWith('/') || Host == "localhost" || (IPAddress.TryParse(Host, out IPAddress? address) && IPAddress.IsLoopback(address));

    /// <summary>The gateway's own passwords and tokens may pass unencrypted to any host (<c>upstream.cleartext_credentials</c>), and not to this machine
    /// alone. Default false.</summary>
    public bool CleartextCredentials { get; init; }

    /// <summary>How long the database may be silent while the gateway logs in (<c>upstream.timeout</c>): from connecting until TLS stands, and then
    /// for each of its answers. Default 10 s: drivers wait for 15 s, and whoever says within it that the database does not answer is heard.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>Limits of one listener. Every error that a limit causes names it as the configuration file does.</summary>
public sealed record ListenerLimits
{
    /// <summary>Clients at once (<c>limits.connections</c>); one more is refused with 53300. Default 5,000.</summary>
    public int Connections { get; init; } = 5_000;
    /// <summary>From accept until the client is logged in (<c>limits.handshake_timeout</c>). Default 30 s.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(30);
    /// <summary>Clients that have connected and not logged in yet, at once (<c>limits.unfinished_logins</c>). One more ends the one that has kept the gateway
    /// waiting longest, if for a second at least, of the address that has the most. Default 1,000.</summary>
    public int UnfinishedLogins { get; init; } = 1_000;
    /// <summary>As <see cref="UnfinishedLogins"/>, of one address; of an IPv6 address its /64 counts
    /// (<c>limits.unfinished_logins_per_address</c>). Default 100.</summary>
    public int UnfinishedLoginsPerAddress { get; init; } = 100;
    /// <summary>What a client that has not logged in is waited for in any case. No setting: a test must not hang on how fast it runs.</summary>
    internal TimeSpan LoginGrace { get; init; } = Sessions.UnfinishedLogins.Grace;
    /// <summary>With no byte in either direction while no statement is under way (<c>limits.idle_timeout</c>); zero means never, the default.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.Zero;
    /// <summary>The largest message that must be held whole to be inspected, in bytes (<c>limits.inspected_message</c>). Default 16 MiB.</summary>
    public int InspectedMessageBytes { get; init; } = 16 << 20;
    /// <summary>Sessions at once on one connection of TDS with MARS (<c>limits.mars_sessions</c>); one more is refused. Zero: MARS is answered
    /// off. Default 64.</summary>
    public int MarsSessions { get; init; } = 64;
    /// <summary>How long a statement waits for another session that changes what it uses, or a change for those who use what it changes
    /// (<c>limits.change_wait</c>); then it is refused with 55P03. Default 60 s.</summary>
    public TimeSpan ChangeWait { get; init; } = TimeSpan.FromSeconds(60);
    /// <summary>How long SIGTERM waits for statements under way (<c>limits.drain_timeout</c>). Default 30 s.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(30);
}

public sealed record ListenerOptions(
    string Name, WireProtocol Protocol, IPEndPoint Address, ClientTlsOptions? Tls, UpstreamOptions Upstream, ListenerLimits Limits)
{
    /// <summary>Passwords and tokens may pass unencrypted from this machine itself (<c>cleartext_on_loopback</c>). Default false.</summary>
    public bool CleartextOnLoopback { get; init; }
}

/// <param name="StrictJournal">A statement's record is on disk before its bytes go upstream (<c>journal.durability: strict</c>).</param>
/// <param name="RefuseUnrecorded">What cannot be recorded is refused (<c>journal.on_failure: refuse</c>).</param>
public sealed record GatewayOptions(ImmutableArray<ListenerOptions> Listeners, bool StrictJournal = true, bool RefuseUnrecorded = true);
