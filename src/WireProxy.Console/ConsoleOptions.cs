using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace WireProxy.HttpConsole;

/// <summary>The configuration's <c>console</c>.</summary>
/// <param name="Address">Port 0 takes a free one.</param>
public sealed record ConsoleOptions(IPEndPoint Address)
{
    /// <summary>Null: plain HTTP, over which proofs are taken from this machine itself alone.</summary>
    public ConsoleTls? Tls { get; init; }

    /// <summary>Groups whose members see and revoke everybody's credentials. Default: nobody.</summary>
    public ImmutableArray<string> Administrators { get; init; } = [];
}

/// <param name="Certificate">With its private key.</param>
/// <param name="Chain">Intermediates sent after it.</param>
public sealed record ConsoleTls(X509Certificate2 Certificate, X509Certificate2Collection Chain);

/// <summary>A listener as those who ask for a credential must know it.</summary>
/// <param name="Protocol"><c>postgres</c> or <c>tds</c>.</param>
/// <param name="Address">Where it listens; an unspecified address means every one of this machine.</param>
/// <param name="Tls"><c>off</c>, <c>prefer</c>, <c>require</c> or <c>strict</c>.</param>
/// <param name="Database">To connect to; null: those who ask know.</param>
/// <param name="TakesCredentials">False: it relays the client's own login.</param>
public sealed record ConsoleListener(string Name, string Protocol, IPEndPoint Address, string Tls, string? Database, bool TakesCredentials)
{
    /// <summary>Clients can bind their proof to the connection (SCRAM-SHA-256-PLUS), and so demand that nobody stands between. Default: no.</summary>
    public bool BindsChannel { get; init; }
}
