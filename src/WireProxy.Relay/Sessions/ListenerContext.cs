using WireProxy.Capture;
using WireProxy.Policy;

namespace WireProxy.Relay.Sessions;

/// <summary>What all sessions of one listener share.</summary>
internal sealed class ListenerContext(
    ListenerOptions options, CompiledPolicy policy, Journal? journal, GatewayLog log, TimeProvider time, SessionRegistry registry)
{
    public ListenerOptions Options { get; } = options;

    /// <summary>The policy that new sessions begin with; a session keeps its own.</summary>
    public CompiledPolicy Policy { get; } = policy;

    public Journal? Journal { get; } = journal;

    /// <summary>Statements wait until their record is on disk.</summary>
    public bool IsStrict { get; init; } = true;

    public GatewayLog Log { get; } = log;

    public TimeProvider Time { get; } = time;

    public SessionRegistry Registry { get; } = registry;

    /// <summary>The one line that names a protocol outside its own folder is the factory that sets this.</summary>
    public required IDialect Dialect { get; init; }
}
