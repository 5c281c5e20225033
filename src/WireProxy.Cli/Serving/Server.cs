using System.Net.Sockets;
using WireProxy.Capture;
using WireProxy.Cli.Commands;
using WireProxy.Cli.Configuration;
using WireProxy.Policy;
using WireProxy.Relay;

namespace WireProxy.Cli.Serving;

/// <summary>Composes the gateway from its configuration and runs it until a signal.</summary>
internal static class Server
{
    // Completions on the thread that polls: measured at half to an eighth of the thread pool's cost for a relay. The runtime
    // reads it once, when the first socket is made.
    private const string InlineCompletions = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    public static void PrepareSockets()
    {
        if (Environment.GetEnvironmentVariable(InlineCompletions) is null)
            Environment.SetEnvironmentVariable(InlineCompletions, "1");
    }

    public static async Task<int> RunAsync(string configuration, TextWriter output, TextWriter error)
    {
        if (ConfigurationLoader.Load(configuration, error) is not { } settings)
            return ExitCode.Usage;
        PrepareSockets();
        using var signals = new TerminationSignals();
        var journal = settings.Journal is { } options ? Journal.Open(options, TimeProvider.System) : null;
        try
        {
            var policy = settings.Policy?.Compiled ?? CompiledPolicy.AllowEverything;
            var log = new LineLogger(error, TimeProvider.System);
            await using var logins = await Logins.StartAsync(settings.Identity, log);
            await using var gateway = new Gateway(settings.Gateway, policy, journal, log, TimeProvider.System, logins);
            Start(gateway);
            await using var console = await Consoles.StartAsync(settings, gateway.Addresses, logins, journal, log);
            foreach (var (listener, address) in settings.Gateway.Listeners.Zip(gateway.Addresses))
                await output.WriteLineAsync($"{listener.Name}: accepting {listener.Protocol.ToString().ToLowerInvariant()} at {address}");
            if (console is not null)
                await output.WriteLineAsync($"console: accepting {(settings.Console!.Tls is null ? "http" : "https")} at {console.Address}");
            await output.FlushAsync();
            await signals.First;
            console?.Drain();
            await gateway.DrainAsync(signals.Second);
        }
        finally
        {
            if (journal is not null)
                await journal.DisposeAsync();
        }
        return ExitCode.Success;
    }

    private static void Start(Gateway gateway)
    {
        try
        {
            gateway.Start();
        }
        catch (SocketException exception)
        {
            throw new UsageException($"cannot listen: {exception.Message}");
        }
    }
}
