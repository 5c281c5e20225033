using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using WireProxy.Access;
using WireProxy.Capture;
using WireProxy.Policy;
using WireProxy.TestKit;

namespace WireProxy.Relay.Tests;

/// <summary>The real gateway in this process, with one listener on loopback.</summary>
internal sealed class LocalGateway : IAsyncDisposable
{
    private readonly Gateway _gateway;

    private LocalGateway(Gateway gateway) => _gateway = gateway;

    public int Port => _gateway.Addresses[0].Port;

    public int SessionCount => _gateway.SessionCount;

    /// <param name="upstreamPort">On loopback, without TLS.</param>
    /// <param name="catalogUser">Reads the catalog without a password; null: each session's own connection does.</param>
    public static LocalGateway Start(
        int upstreamPort, CompiledPolicy policy, Journal? journal = null, ListenerLimits? limits = null, string? catalogUser = null,
        ILogger? logger = null, TimeProvider? time = null)
    {
        var upstream = new UpstreamOptions(
            "127.0.0.1", upstreamPort, new UpstreamTlsOptions(UpstreamTlsMode.Disable, null),
            catalogUser is null ? null : new UpstreamLogin(catalogUser, new LiteralSecret("")));
        var listener = new ListenerOptions(
            "clinic", WireProtocol.Postgres, new IPEndPoint(IPAddress.Loopback, FreePort.Next()), null, upstream, limits ?? new ListenerLimits());
        var gateway = new Gateway(new GatewayOptions([listener]), policy, journal, logger ?? NullLogger.Instance, time ?? TimeProvider.System);
        gateway.Start();
        return new LocalGateway(gateway);
    }

    /// <summary>One that decides about logins itself.</summary>
    public static LocalGateway Start(
        ListenerOptions listener, CompiledPolicy policy, ILoginAuthority logins, Journal? journal = null, ILogger? logger = null,
        TimeProvider? time = null)
    {
        var gateway = new Gateway(
            new GatewayOptions([listener]), policy, journal, logger ?? NullLogger.Instance, time ?? TimeProvider.System, logins);
        gateway.Start();
        return new LocalGateway(gateway);
    }

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();
}
