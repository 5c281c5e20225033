using System.Net;
using System.Net.Sockets;
using WireProxy.Access;
using WireProxy.Capture;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Transport;

namespace WireProxy.Relay.Sessions;

/// <summary>
/// One client's connection from accept to close. It owns both legs, the deadlines, the record and the one try/finally.
/// Two pumps carry bytes; only the response pump writes to the client, so that answers keep their order. Whoever wants the
/// session to end says why through <see cref="End(SessionEnd)"/>, which closes the upstream leg and so wakes the response pump.
/// </summary>
internal sealed class Session
{
    /// <summary>How long a client may take to read its last message before the socket is closed under it.</summary>
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(2);

    /// <summary>How long a message to the client that is half sent may take to be finished by an upstream that is being left.</summary>
    private static readonly TimeSpan Finish = TimeSpan.FromMilliseconds(500);

    private readonly IDialect _dialect;
    private readonly bool _isCarried;
    private SessionEnd? _end;
    private volatile bool _relaying;
    private volatile bool _clientEnded;
    private volatile bool _clientIsAtBoundary = true;
    private volatile Task _responding = Task.CompletedTask;
    private volatile Task _cancelling = Task.CompletedTask;

    public Session(ListenerContext listener, Socket socket)
    {
        Listener = listener;
        _dialect = listener.Dialect;
        Loop = EventLoop.Next();
        var client = new LoopSocket(socket, Loop);
        Client = new Leg(client);
        Place = new SessionPlace(this, client);
        ClientAddress = socket.RemoteEndPoint as IPEndPoint;
        LastActivity = Environment.TickCount64;
    }

    /// <summary>A session inside of a connection that another one owns: its legs are what the two sides of that connection carry of it.</summary>
    public Session(Session carrier, ByteTransport client, ByteTransport upstream, IDialect dialect)
    {
        _isCarried = true;
        _dialect = dialect;
        (Listener, Loop, ClientAddress, LastActivity) = (carrier.Listener, carrier.Loop, carrier.ClientAddress, carrier.LastActivity);
        (Grant, UpstreamUser) = (carrier.Grant, carrier.UpstreamUser);
        Client = new Leg(client);
        Upstream = new Leg(upstream);
    }

    public Guid Id { get; } = Guid.CreateVersion7();

    public ListenerContext Listener { get; }

    /// <summary>Where both legs live.</summary>
    public EventLoop Loop { get; }

    public Leg Client { get; }

    public Leg? Upstream { get; set; }

    public IPEndPoint? ClientAddress { get; }

    /// <summary>Null inside of a connection that another session owns.</summary>
    public SessionPlace? Place { get; }

    /// <summary>Shown in TLS; its chain is not verified yet. Gone once the login is over.</summary>
    public ClientCertificate? ClientCertificate { get; set; }

    /// <summary>Whose session it is and for how long; null where the client's own login is relayed.</summary>
    public Grant? Grant { get; set; }

    /// <summary>The database's user where the gateway logs in.</summary>
    public string? UpstreamUser { get; set; }

    public SessionRecorder? Recorder { get; set; }

    public LoggedIn? Dialect { get; private set; }

    /// <summary>Set by the dialect as soon as the client would understand it; before that a session ends in silence.</summary>
    public IFarewell? Farewell { get; set; }

    /// <summary>When a byte last arrived on either leg: <see cref="Environment.TickCount64"/>.</summary>
    public long LastActivity { get; private set; }

    public bool IsIdle => _relaying && Dialect!.IsIdle;

    /// <summary>Why it has ended, or is about to; null while it lives.</summary>
    public SessionEnd? Ending => _end;

    /// <summary>A byte has arrived that no pump of this session sees.</summary>
    public void Touch() => LastActivity = Environment.TickCount64;

    /// <summary>Ends the session; the first reason given is the one that counts.</summary>
    public void End(SessionEnd end)
    {
        if (Interlocked.CompareExchange(ref _end, end, null) is not null)
            return;
        if (_relaying)
        {
            _ = Dialect is SharedConnection shared ? StopAsync(shared, end) : StopAsync((DialectSession)Dialect!);
            return;
        }
        Upstream?.Abort();
        Client.Transport.AbortReceive();
    }

    /// <summary>Ends the session for what went wrong on this party's side.</summary>
    public void End(Exception fault, Party party) => End(EndOf(fault, party));

    /// <summary>Both pumps are made to end, the client told why where it can be.</summary>
    private async Task StopAsync(DialectSession dialect)
    {
        // What a session that the gateway ends leaves running is stopped at once, however slowly the client reads.
        bool leavesChange = dialect.MayStillChange;
        bool leavesWork = leavesChange || (!_clientEnded && _end is { Party: Party.Proxy } && !dialect.IsWaitingForClient);
        // First: what the server says to the cancellation is not the client's to hear, who would take it for the reason.
        dialect.Responses.StopAtBoundary();
        if (leavesWork)
            _cancelling = dialect.CancelAsync();
        // A client in the middle of a message would not understand a last one.
        if (!_clientIsAtBoundary)
            await Task.WhenAny(_responding, Task.Delay(Finish, Listener.Time));
        if (leavesChange)
            await Upstream!.SayNoMoreAsync();
        else if (leavesWork)
            Upstream!.Transport.Reset();
        else
            Upstream!.Abort();
        // A client that reads nothing would hold the response pump, and with it the session, for ever.
        await Task.Delay(Linger, Listener.Time);
        Client.Abort();
    }

    private async Task StopAsync(SharedConnection shared, SessionEnd end)
    {
        shared.End(end);
        await Task.Delay(Linger, Listener.Time);
        Client.Abort();
    }

    public async Task RunAsync()
    {
        try
        {
            await HandshakeAsync();
            if (Dialect is DialectSession session)
                await RelayAsync(session);
            else if (Dialect is SharedConnection shared)
                await CarryAsync(shared);
        }
        catch (Exception e)
        {
            await FailAsync(e);
        }
        finally
        {
            Place?.GiveBack();
            Client.Release();
            Upstream?.Release();
            if (Recorder is not null)
                await Recorder.CloseAsync(this);
            // How the whole connection ended is told once, by the session that owns it.
            if (!_isCarried)
                Listener.Log.SessionEnded(Listener.Options.Name, Id, _end ?? SessionEnd.ClientClosed);
        }
    }

    private async Task HandshakeAsync()
    {
        TimeSpan timeout = Listener.Options.Limits.HandshakeTimeout;
        using var deadline = new CancellationTokenSource(timeout, Listener.Time);
        using CancellationTokenRegistration registration = deadline.Token.UnsafeRegister(
            static state => ((Session)state!).End(SessionFaults.HandshakeTimedOut((Session)state!)), this);
        try
        {
            Place?.Enter();
            Dialect = await _dialect.HandshakeAsync(this, deadline.Token);
        }
        finally
        {
            Place?.Leave();
        }
        ClientCertificate?.Dispose();
        ClientCertificate = null;
        if (Dialect is null)
            Interlocked.CompareExchange(ref _end, SessionEnd.ClientClosed, null);
    }

    private async Task RelayAsync(DialectSession dialect)
    {
        _relaying = true;
        if (_end is not null)
            Upstream!.Abort();
        Task requests = PumpRequestsAsync(dialect);
        _responding = PumpResponsesAsync(dialect);
        await _responding;
        // A client that has more to say is heard out for a moment: a reset would take its last message from it.
        if (!requests.IsCompleted)
            await Task.WhenAny(requests, Task.Delay(Linger, Listener.Time));
        Client.Abort();
        await requests;
    }

    /// <summary>The sessions that share the connection say their own last words; what is left is to close it.</summary>
    private async Task CarryAsync(SharedConnection shared)
    {
        _relaying = true;
        if (_end is { } ended)
            shared.End(ended);
        Interlocked.CompareExchange(ref _end, await shared.RunAsync(), null);
    }

    private async Task PumpRequestsAsync(DialectSession dialect)
    {
        try
        {
            await PumpAsync(Client, Upstream!, dialect.Requests, RecordKind.ClientBytes);
            _clientEnded = true;
            await Upstream!.Transport.ShutdownSendAsync();
        }
        catch (Exception e)
        {
            // Where the upstream went away first, the response pump meets its end, and what it still said, by itself.
            if (e is not UpstreamSendException)
                End(EndOf(e, Party.Client));
            await Client.DrainAsync();
        }
    }

    private async Task PumpResponsesAsync(DialectSession dialect)
    {
        try
        {
            await PumpAsync(Upstream!, Client, dialect.Responses, RecordKind.ServerBytes);
            Interlocked.CompareExchange(ref _end, _clientEnded ? SessionEnd.ClientClosed : SessionEnd.UpstreamClosed, null);
        }
        catch (Exception e)
        {
            End(EndOf(e, Party.Upstream));
        }
        bool leavesChange = dialect.MayStillChange;
        if (_end is { IsOrdinary: false } && !leavesChange)
            Upstream!.Abort();
        dialect.Ended();
        // What was not flushed is half a frame, or not on record: the client gets none of it.
        Client.Output.Discard();
        await SayGoodbyeAsync(_clientIsAtBoundary);
        await _cancelling;
        if (leavesChange)
            await HearOutAsync(dialect);
    }

    /// <summary>Nobody wants the server's answers any more, but what it still runs may change what other sessions' statements mean: until it has
    /// closed, which it does when it reads that nothing more comes, the session holds what it has claimed.</summary>
    private async Task HearOutAsync(DialectSession dialect)
    {
        await Upstream!.SayNoMoreAsync();
        await Upstream!.DrainAsync();
        dialect.HeardOut();
    }

    private async Task PumpAsync(Leg from, Leg to, IFilter filter, RecordKind kind)
    {
        while (true)
        {
            FilterStep step = filter.Process(from.Input, to.Output);
            if (!to.Output.IsEmpty)
            {
                // Nothing more is run for a session that is over.
                if (_end is { } over && ReferenceEquals(to, Upstream))
                    throw new SessionEndException(over);
                if (Recorder is not null)
                    await Recorder.RecordAsync(kind, to.Output, filter.RequiresDurableRecord);
                if (ReferenceEquals(to, Upstream))
                    await UpstreamSend.FlushAsync(to.Output);
                else
                    await SendClientAsync(to.Output, filter.IsAtFrameBoundary);
            }
            if (step == FilterStep.End)
                return;
            if (step == FilterStep.Wait)
            {
                await filter.WaitAsync();
                continue;
            }
            if (!await from.ReceiveAsync())
            {
                if (from.Input.Length > 0 && _end is null)
                    throw new ProtocolException("The connection ended inside a message.");
                return;
            }
            LastActivity = Environment.TickCount64;
        }
    }

    private ValueTask SendClientAsync(OutputBuffer output, bool endsAtBoundary)
    {
        _clientIsAtBoundary = endsAtBoundary;
        return output.FlushAsync();
    }

    private async Task SayGoodbyeAsync(bool atFrameBoundary)
    {
        try
        {
            SessionEnd end = _end!;
            if (!end.IsOrdinary && atFrameBoundary)
            {
                Farewell?.Write(end, Client.Output.BeginOwn());
                await Client.Output.FlushAsync();
            }
            await Client.Transport.ShutdownSendAsync();
        }
        catch (Exception e) when (SessionFaults.IsOfTransport(e))
        {
            // Nobody is left to be told.
        }
    }

    /// <summary>An end before the relay began: there is no response pump yet, so the owner words it.</summary>
    private async Task FailAsync(Exception e)
    {
        Interlocked.CompareExchange(ref _end, EndOf(e, Party.Client), null);
        if (_relaying)
            return;
        // Who is not let in keeps out nobody who is, however long they listen.
        Place?.GiveBack();
        Task farewell = FarewellAsync();
        await Task.WhenAny(farewell, Task.Delay(Linger, Listener.Time));
        // Nothing may be pending when the descriptor is given back: it may be another connection's a moment later.
        Client.Abort();
        await farewell.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task FarewellAsync()
    {
        await SayGoodbyeAsync(atFrameBoundary: true);
        if (!_end!.IsOrdinary)
            await Client.DrainAsync();
    }

    private SessionEnd EndOf(Exception e, Party party) => SessionFaults.EndOf(e, party, _relaying ? Stage.Relay : Stage.Handshake, this);
}
