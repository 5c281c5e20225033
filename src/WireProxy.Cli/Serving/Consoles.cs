using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using WireProxy.Access;
using WireProxy.Capture;
using WireProxy.Cli.Commands;
using WireProxy.Cli.Configuration;
using WireProxy.HttpConsole;
using WireProxy.Policy;
using WireProxy.Relay;

namespace WireProxy.Cli.Serving;

/// <summary>Begins to answer HTTP, once the listeners' addresses are known.</summary>
internal static class Consoles
{
    /// <summary>Null where none is configured.</summary>
    /// <param name="addresses">Of the listeners, in their order.</param>
    /// <exception cref="UsageException">Its address cannot be had.</exception>
    public static async Task<ConsoleServer?> StartAsync(
        Settings settings, ImmutableArray<IPEndPoint> addresses, LoginAuthority? logins, Journal? journal, ILogger log)
    {
        if (settings.Console is not { } options)
            return null;
        var services = new ConsoleServices(log, TimeProvider.System)
        {
            Logins = logins,
            Credentials = logins?.Credentials,
            Listeners = [.. settings.Gateway.Listeners.Zip(addresses, (listener, address) => Describe(settings, listener, address))],
            Journal = journal,
            StrictJournal = settings.Gateway.StrictJournal,
            RefuseUnrecorded = settings.Gateway.RefuseUnrecorded,
            PolicyHash = (settings.Policy?.Compiled ?? CompiledPolicy.AllowEverything).Hash,
        };
        try
        {
            return await ConsoleServer.StartAsync(options, services);
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            throw new UsageException($"cannot listen: {exception.Message}");
        }
    }

    private static ConsoleListener Describe(Settings settings, ListenerOptions listener, IPEndPoint address) => new(
        listener.Name, listener.Protocol.ToString().ToLowerInvariant(), address, listener.Tls?.Mode.ToString().ToLowerInvariant() ?? "off",
        settings.Databases.GetValueOrDefault(listener.Name), listener.Upstream.Credentials is not null)
    {
        BindsChannel = listener is { Protocol: WireProtocol.Postgres, Tls: { } tls } && ChannelBinding.TlsServerEndPoint(tls.Certificate).Length > 0,
    };
}
