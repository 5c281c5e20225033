using WireProxy.Protocols.Tds.Messages;
using WireProxy.Relay.Sessions;

namespace WireProxy.Relay.Tds.Mars;

/// <summary>
/// A connection whose two sides have agreed on MARS. Each session that the client opens on it is a <see cref="Session"/> with its own
/// pumps, its own record and its own place at the server; what the server keeps for the connection they share.
/// </summary>
internal sealed class MarsConnection : SharedConnection
{
    /// <summary>How long a client may take to close the connection when its sessions have ended.</summary>
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(2);

    private readonly Session _carrier;
    private readonly TdsDialect _dialect;
    private readonly Login7 _login;
    private readonly LoginAgreement _agreement;
    private readonly ServerState _server;
    private readonly SmpLink _client;
    private readonly SmpLink _upstream;
    private readonly Lock _lock = new();
    private readonly Dictionary<Session, Task> _sessions = [];
    private readonly TaskCompletionSource _ending = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _refused;
    private bool _isEnding;
    private bool _leavesWork;
    private volatile bool _clientEnded;

    private MarsConnection(Session carrier, TdsDialect dialect, Login7 login, LoginAgreement agreement, string database)
    {
        (_carrier, _dialect, _login, _agreement) = (carrier, dialect, login, agreement);
        _server = new ServerState(database, isShared: carrier.Listener.Policy.DependsOnCatalog);
        _client = new SmpLink(carrier.Client);
        _upstream = new SmpLink(carrier.Upstream!);
    }

    public override bool IsIdle => IsWaitingForClient && !_server.InTransaction;

    public override bool IsWaitingForClient
    {
        get
        {
            lock (_lock)
                return _sessions.Keys.All(session => session.Dialect is { IsWaitingForClient: true });
        }
    }

    public static async Task<MarsConnection> OpenAsync(Session carrier, TdsDialect dialect, Login7 login, LoginAgreement agreement)
    {
        Policy.Subject subject = TdsSession.SubjectOf(carrier, login, agreement);
        await TdsSession.OpenRecordAsync(carrier, subject, dialect, login, agreement, new MarsPlace(null, 0));
        return new MarsConnection(carrier, dialect, login, agreement, subject.Database ?? "");
    }

    public override async Task<SessionEnd> RunAsync()
    {
        Task fromUpstream = ReceiveFromUpstreamAsync();
        Task fromClient = ReceiveFromClientAsync();
        await Task.WhenAny(fromUpstream, _ending.Task);
        SessionEnd end = _clientEnded ? SessionEnd.ClientClosed : SessionEnd.UpstreamClosed;
        await AllEndedAsync();
        // What the gateway leaves running is stopped at once.
        if (_leavesWork)
            _carrier.Upstream!.Transport.Reset();
        else
            _carrier.Upstream!.Abort();
        await fromUpstream;
        await _carrier.Client.Transport.ShutdownSendAsync();
        // A client that has more to say is heard out for a moment: a reset would take its last messages from it.
        await Task.WhenAny(fromClient, Task.Delay(Linger, _carrier.Listener.Time));
        _carrier.Client.Abort();
        await fromClient;
        return end;
    }

    public override void End(SessionEnd end)
    {
        Session[] sessions;
        lock (_lock)
        {
            _isEnding = true;
            sessions = [.. _sessions.Keys];
        }
        _leavesWork = end.Party == Party.Proxy && !IsWaitingForClient;
        foreach (Session session in sessions)
            session.End(end);
        _ending.TrySetResult();
    }

    private async Task ReceiveFromClientAsync()
    {
        try
        {
            await _client.ReceiveAsync(Begin, _carrier.Touch);
            _clientEnded = true;
        }
        catch (Exception e)
        {
            _carrier.End(e, Party.Client);
            // The sessions tell the client why; what it still says meanwhile counts no more.
            await _carrier.Client.DrainAsync();
        }
        _client.End();
        // What the client has asked for before still goes to the server, which then learns that no more will come.
        await _upstream.AllHaveFinishedAsync();
        await _carrier.Upstream!.Transport.ShutdownSendAsync();
        await AllEndedAsync();
        _ending.TrySetResult();
    }

    private async Task ReceiveFromUpstreamAsync()
    {
        try
        {
            await _upstream.ReceiveAsync(null, _carrier.Touch);
        }
        catch (Exception e)
        {
            _carrier.End(e, Party.Upstream);
        }
        _upstream.End();
    }

    /// <summary>The client opens a session.</summary>
    private void Begin(SmpChannel client)
    {
        var started = new TaskCompletionSource();
        lock (_lock)
        {
            if (_isEnding)
                return;
            int most = _carrier.Listener.Options.Limits.MarsSessions;
            if (_sessions.Count < most)
            {
                SmpChannel upstream = _upstream.Open(client.Id);
                var place = new MarsPlace(_carrier.Id, client.Id);
                var session = new Session(_carrier, client, upstream, new MarsSession(_dialect, _login, _agreement, _server, place));
                _sessions.Add(session, RunAsync(session, upstream, started.Task));
            }
            else
            {
                if (_refused >= most)
                    throw new SessionEndException(TooMany(most));
                _refused++;
                _ = RefuseAsync(new RefusedSession(client, _agreement.Format, _carrier.Listener.Options.Name, most), started.Task);
            }
        }
        started.SetResult();
    }

    private async Task RunAsync(Session session, SmpChannel upstream, Task started)
    {
        await started;
        try
        {
            await upstream.OpenAsync();
            await session.RunAsync();
        }
        catch (Exception e)
        {
            _carrier.End(e, Party.Upstream);
        }
        lock (_lock)
            _sessions.Remove(session);
        // What ends one session in any but the ordinary way is the connection's end: the two sides may no longer mean the same.
        if (session.Ending is { IsOrdinary: false } end)
            _carrier.End(end);
    }

    /// <summary>It ends with the client's side of the connection at the latest.</summary>
    private async Task RefuseAsync(RefusedSession session, Task started)
    {
        await started;
        try
        {
            await session.RunAsync();
        }
        catch (Exception e)
        {
            _carrier.End(e, Party.Client);
        }
        lock (_lock)
            _refused--;
    }

    private Task AllEndedAsync()
    {
        lock (_lock)
        {
            _isEnding = true;
            return Task.WhenAll(_sessions.Values);
        }
    }

    private SessionEnd TooMany(int most) => new(
        Stage.Relay, Party.Proxy,
        $"many more sessions at once on one connection (MARS) than limits.mars_sessions of listener {_carrier.Listener.Options.Name}, which is {most}", "53300",
        "Read results to their end and close them, use more connections, or ask the gateway's operator to raise the limit.");
}
