using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging;
using WireProxy.Access;
using WireProxy.Capture;
using WireProxy.Policy;
using WireProxy.Relay.Postgres;
using WireProxy.Relay.Sessions;
using WireProxy.Relay.Tds;
using WireProxy.Relay.Transport;

namespace WireProxy.Relay;

/// <summary>The running gateway: its listeners and the sessions behind them.</summary>
public sealed class Gateway : IAsyncDisposable
{
    /// <summary>A quarter of the 2 seconds within which a session ends that has no right to go on.</summary>
    private static readonly TimeSpan SweepInterval = TimeSpan.FromMilliseconds(500);

    private readonly GatewayLog _log;
    private readonly TimeProvider _time;
    private readonly SessionRegistry _registry = new();
    private readonly ImmutableArray<ListenerContext> _contexts;
    private readonly List<Listener> _listeners = [];
    private readonly List<Task> _accepting = [];
    private ITimer? _sweep;

    /// <param name="journal">Null: nothing is recorded. The caller disposes of it after the gateway.</param>
    /// <param name="logins">Decides who may log in at listeners with <see cref="UpstreamOptions.Credentials"/>; the others relay the client's login.</param>
    /// <exception cref="ArgumentException">A listener has credentials, and nobody decides about logins.</exception>
    public Gateway(
        GatewayOptions options, CompiledPolicy policy, Journal? journal, ILogger logger, TimeProvider time, ILoginAuthority? logins = null)
    {
        if (logins is null && options.Listeners.Any(listener => listener.Upstream.Credentials is not null))
            throw new ArgumentException("A listener with credentials of its own needs somebody to decide about logins.", nameof(logins));
        _log = new GatewayLog(logger);
        _time = time;
        var analysis = new Analyses();
        _contexts = [.. options.Listeners.Select(listener => new ListenerContext(listener, policy, journal, _log, time, _registry)
        {
            IsStrict = options.StrictJournal,
            RefusesUnrecorded = options.RefuseUnrecorded,
            Logins = listener.Upstream.Credentials is null ? null : logins,
            Dialect = DialectFor(listener, policy, analysis),
        })];
    }

    /// <summary>Where each listener listens, in the order of the options, once <see cref="Start"/> has run.</summary>
    public ImmutableArray<IPEndPoint> Addresses => [.. _listeners.Select(listener => listener.Address)];

    /// <summary>Sessions at this moment.</summary>
    public int SessionCount => _registry.Count;

    /// <summary>Binds every listener, then accepts.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">An address cannot be had; nothing is left listening.</exception>
    public void Start()
    {
        try
        {
            foreach (ListenerContext context in _contexts)
            {
                var listener = new Listener(context);
                _listeners.Add(listener);
                listener.Bind();
            }
        }
        catch
        {
            _listeners.ForEach(listener => listener.Dispose());
            throw;
        }
        _accepting.AddRange(_listeners.Select(listener => listener.AcceptAsync()));
        if (_contexts.Any(context => context.Logins is not null || context.Options.Limits.IdleTimeout > TimeSpan.Zero))
            _sweep = _time.CreateTimer(_ => EndSessionsThatAreOver(), null, SweepInterval, SweepInterval);
    }

    /// <summary>Stops accepting, lets statements and transactions under way finish within their listener's
    /// <see cref="ListenerLimits.DrainTimeout"/>, and ends every session with 57P01. A cancelled token ends them at once.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        _listeners.ForEach(listener => listener.Dispose());
        TimeSpan longest = _contexts.Max(context => context.Options.Limits.DrainTimeout);
        _log.Draining(_registry.Count, longest.TotalSeconds);
        long began = _time.GetTimestamp();
        while (_registry.Count > 0)
        {
            TimeSpan waited = _time.GetElapsedTime(began);
            foreach (Session session in _registry.Sessions)
            {
                bool late = cancellationToken.IsCancellationRequested || waited >= session.Listener.Options.Limits.DrainTimeout;
                if (session.IsIdle || late)
                    session.End(GoingDown);
            }
            if (waited > longest + TimeSpan.FromSeconds(5))
                break;
            await Task.Delay(TimeSpan.FromMilliseconds(20), _time, CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listeners.ForEach(listener => listener.Dispose());
        if (_sweep is not null)
            await _sweep.DisposeAsync();
        await Task.WhenAll(_accepting);
        foreach (Session session in _registry.Sessions)
            session.End(GoingDown);
    }

    private static SessionEnd GoingDown { get; } = new(
        Stage.Relay, Party.Proxy, "terminating connection: the gateway is shutting down", "57P01", "Connect again in a moment.");

    private static IDialect DialectFor(ListenerOptions listener, CompiledPolicy policy, Analyses analysis) => listener.Protocol switch
    {
        WireProtocol.Postgres => new PostgresDialect(listener, policy, analysis.Postgres, analysis.Databases),
        WireProtocol.Tds => new TdsDialect(listener, policy, analysis.Tds),
        _ => throw new NotSupportedException($"Listener {listener.Name}: protocol {listener.Protocol} is not supported by this version."),
    };

    private void EndSessionsThatAreOver()
    {
        long now = Environment.TickCount64;
        DateTimeOffset clock = _time.GetUtcNow();
        foreach (Session session in _registry.Sessions)
        {
            if (session.Grant?.EndedAt(clock) is { } over)
                session.End(new SessionEnd(Stage.Relay, Party.Proxy, $"terminating connection: {over.Reason}", "57P01", over.Hint));
            TimeSpan limit = session.Listener.Options.Limits.IdleTimeout;
            if (limit > TimeSpan.Zero && session.Dialect is { IsWaitingForClient: true } && now - session.LastActivity > limit.TotalMilliseconds)
            {
                session.End(new SessionEnd(
                    Stage.Relay, Party.Client, $"no byte passed for longer than limits.idle_timeout ({limit.TotalSeconds:0.###} s)", "57P05"));
            }
        }
    }

    /// <summary>What is known of statements' texts and of databases is shared by all listeners of a protocol. A parser is made when a listener needs
    /// it.</summary>
    private sealed class Analyses
    {
        public KnownDatabases Databases { get; } = new();

        public Postgres.StatementAnalysis Postgres => field ??= new();

        public Tds.StatementAnalysis Tds => field ??= new();
    }
}
