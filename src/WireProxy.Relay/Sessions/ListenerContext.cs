using WireProxy.Access;
using WireProxy.Capture;
using WireProxy.Policy;
using WireProxy.Relay.Transport;

namespace WireProxy.Relay.Sessions;

/// <summary>What all sessions of one listener share.</summary>
internal sealed class ListenerContext(
    ListenerOptions options, CompiledPolicy policy, Journal? journal, GatewayLog log, TimeProvider time, SessionRegistry registry)
{
    private int _places;

    public ListenerOptions Options { get; } = options;

    /// <summary>The policy that new sessions begin with; a session keeps its own.</summary>
    public CompiledPolicy Policy { get; } = policy;

    public Journal? Journal { get; } = journal;

    /// <summary>Who decides about logins; null: the client's own login is relayed.</summary>
    public ILoginAuthority? Logins { get; init; }

    /// <summary>Statements wait until their record is on disk.</summary>
    public bool IsStrict { get; init; } = true;

    /// <summary>What cannot be recorded is refused.</summary>
    public bool RefusesUnrecorded { get; init; } = true;

    /// <summary>Takes a place among <see cref="ListenerLimits.Connections"/>; <see cref="GivePlaceBack"/> returns it.</summary>
    public bool TryTakePlace()
    {
        if (Interlocked.Increment(ref _places) <= Options.Limits.Connections)
            return true;
        Interlocked.Decrement(ref _places);
        return false;
    }

    /// <summary>Who has connected and not logged in yet.</summary>
    public UnfinishedLogins Unfinished { get; } = new(options.Name, options.Limits, time, log);

    /// <summary>Logins that were refused for too many failures before.</summary>
    public FloodLog Throttled { get; } = new(time, (count, address, reason) => log.LoginsThrottled(options.Name, count, address, reason));

    public void GivePlaceBack() => Interlocked.Decrement(ref _places);

    public SessionEnd TooManyConnections(Stage stage) => new(
        stage, Party.Proxy, $"too many connections: limits.connections of listener {Options.Name} is {Options.Limits.Connections}", "53300",
        "Close idle connections, or ask the gateway's operator to raise the limit.");

    public GatewayLog Log { get; } = log;

    public TimeProvider Time { get; } = time;

    /// <summary>With the upstream, while a client logs in.</summary>
    public UpstreamPatience Patience { get; } = new(options.Upstream.Timeout, options.Limits.HandshakeTimeout, time);

    public SessionRegistry Registry { get; } = registry;

    /// <summary>The one line that names a protocol outside its own folder is the factory that sets this.</summary>
    public required IDialect Dialect { get; init; }
}
