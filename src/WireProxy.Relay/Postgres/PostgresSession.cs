using System.Buffers.Text;
using WireProxy.Policy;
using WireProxy.Protocols.Postgres;
using WireProxy.Relay.Sessions;
using WireProxy.Relay.Transport;
using WireProxy.Sql.Catalog;
using WireProxy.Sql.Postgres.Lineage;

namespace WireProxy.Relay.Postgres;

/// <summary>What both directions of one PostgreSQL session share.</summary>
internal sealed class PostgresSession : DialectSession
{
    private readonly RelayFilters? _relay;
    private CancelHandle? _cancelHandle;
    private BackendKeyData? _cancelKey;
    private volatile byte _status = (byte)TransactionStatus.Idle;
    private volatile string _clientEncoding = "SQL_ASCII";
    private volatile bool _standardStrings = true;
    private long _meaning;
    private long _namesMeaning;
    private LineageJudge? _judge;

    private PostgresSession(Session session, PostgresDialect dialect, Subject subject)
    {
        Session = session;
        Dialect = dialect;
        Subject = subject;
        Policy = session.Listener.Policy;
        View = new CatalogView(this, dialect.Catalogs.For(subject.Database ?? ""));
        Path = new SessionPath(this);
        if (Policy.HasProtectedColumns)
        {
            Turn = new ChangeTurn(this, View.News);
            View.News.Guard.Join(Turn);
        }
        if (Policy.IsTransparent && session.Recorder is null)
        {
            (_relay, Requests, Responses) = RelayFilters.Create(this);
            return;
        }
        InFlight.Add(new Pending(Expectation.Startup));
        (Requests, Responses) = (new RequestFilter(this), new ResponseFilter(this));
    }

    public Session Session { get; }

    public PostgresDialect Dialect { get; }

    public Subject Subject { get; }

    public CompiledPolicy Policy { get; }

    public InFlight InFlight { get; } = new();

    public SessionPath Path { get; }

    public CatalogView View { get; }

    /// <summary>Null where nothing is protected, so that no statement's meaning matters.</summary>
    public ChangeTurn? Turn { get; }

    public override IFilter Requests { get; }

    public override IFilter Responses { get; }

    /// <summary>As the last ReadyForQuery said.</summary>
    public TransactionStatus Status
    {
        get => (TransactionStatus)_status;
        set => _status = (byte)value;
    }

    public override bool IsIdle => _relay?.IsIdle ?? (Status == TransactionStatus.Idle && InFlight.Count == 0);

    public override bool IsWaitingForClient => _relay?.IsAnswered ?? (InFlight.Count == 0);

    public string ClientEncoding => _clientEncoding;

    /// <summary>The server's major version, as it has reported it; 0 before.</summary>
    public int ServerMajor { get; private set; }

    public bool StandardStrings => _standardStrings;

    /// <summary>The catalog that the session sees, or null before it is read or where the policy does not need it.</summary>
    public CatalogSnapshot? Catalog => View.Catalog;

    /// <summary>What is protected from this session; null where nothing can be, or the catalog is not read yet.</summary>
    public Protection? Protection => View.Protection;

    /// <summary>Rows need plans: something is, or may be, protected from this session.</summary>
    public bool Masks => Policy.HasProtectedColumns && Protection is not { ProtectsNothing: true };

    public bool GuardsLabels => Protection is { Labels.Guards: true };

    public bool GuardsNames => Protection is { Names.Guards: true };

    /// <summary>
    /// Grows with every statement that may change what a name means: settings such as search_path, prepared statements and
    /// cursors made in SQL, DDL. What was learnt about a statement under an older meaning is not relied on.
    /// </summary>
    public long Meaning => OwnMeaning + View.SharedGeneration;
    /// <summary>The part of it that is this session's own doing.</summary>
    public long OwnMeaning => Volatile.Read(ref _meaning);

    /// <summary>Grows with every statement that may make another statement or portal stand under a known name.</summary>
    public long NamesMeaning => Volatile.Read(ref _namesMeaning);

    public static async Task<PostgresSession> OpenAsync(Session session, PostgresDialect dialect, Subject subject, string? applicationName)
    {
        ListenerContext listener = session.Listener;
        if (listener.Journal is { } journal)
        {
            if (!journal.IsHealthy && listener.RefusesUnrecorded)
                throw new SessionEndException(SessionRecorder.Unavailable(Stage.Login));
            session.Recorder = new SessionRecorder(journal, session.Id, listener.IsStrict, listener.RefusesUnrecorded);
            await session.Recorder.OpenAsync(SessionRecords.Opened(
                session, subject, listener.Policy.Hash, dialect.Name, applicationName));
        }
        return new PostgresSession(session, dialect, subject);
    }

    public override void Ended()
    {
        InFlight.Abandon();
        View.Abandon();
        Path.Abandon();
        Turn?.Abandon();
        if (Turn is { MayStillChange: false })
            HeardOut();
        if (_cancelHandle is { } handle)
            Session.Listener.Registry.RemoveCancelKey(handle, Session);
        if (_cancelKey is { } key)
            Dialect.Notifiers.Ends(key.ProcessId);
    }

    public override bool MayStillChange => Turn is { MayStillChange: true };

    public override void HeardOut()
    {
        if (Turn is not { } turn)
            return;
        if (turn.MayStillChange)
            View.News.Invalidate(turn.Changed(), this);
        View.News.Guard.Leave(turn);
    }

    public override Task CancelAsync() => _cancelKey is { } key
        ? Cancellation.SendAsync(Session, new CancelRequest(key.ProcessId, key.Key))
        : Task.CompletedTask;

    /// <summary>Of the server's process, as it has said; null before.</summary>
    public int? ProcessId => _cancelKey?.ProcessId;

    public void BackendKeyReceived(BackendKeyData key)
    {
        _cancelKey = key;
        Dialect.Notifiers.Begins(key.ProcessId, Subject);
        _cancelHandle = Cancellation.HandleOf(Session.Listener, key.ProcessId, key.Key.Span);
        Session.Listener.Registry.AddCancelKey(_cancelHandle.Value, Session);
    }

    public void ParameterReceived(ParameterStatus parameter)
    {
        if (parameter.Name.Span.SequenceEqual("client_encoding"u8))
            _clientEncoding = parameter.Value.Text;
        else if (parameter.Name.Span.SequenceEqual("standard_conforming_strings"u8))
            _standardStrings = parameter.Value.Span.SequenceEqual("on"u8);
        else if (parameter.Name.Span.SequenceEqual("server_version"u8))
            ServerMajor = Utf8Parser.TryParse(parameter.Value.Span, out int major, out _) ? major : 0;
    }

    /// <summary>Sends a query of the gateway's own, between two messages of the client. Of the request side alone.</summary>
    /// <param name="text">In UTF-8.</param>
    public void Ask(OwnRead read, ReadOnlySpan<byte> text, OutputBuffer output)
    {
        output.Diverge();
        new QueryMessage(text).Encode(output.BeginOwn());
        InFlight.Add(new Pending(Expectation.Catalog, new CatalogWork(read), IsOurs: true));
    }

    /// <summary>The transaction has failed, and nothing is under way that could end it: the server runs nothing but what does.</summary>
    public bool IsLost => Status == TransactionStatus.Failed && !ExchangeIsOpen && InFlight.Count == 0;

    /// <summary>A statement has been judged that may change what the gateway knows. The request side's.</summary>
    public bool HasSeenEffects { get; set; }

    public void MeaningMayChange() => Interlocked.Increment(ref _meaning);

    public void NamesMayChange()
    {
        Interlocked.Increment(ref _namesMeaning);
        MeaningMayChange();
    }

    /// <summary>Messages of the extended protocol have been sent since the last Sync. Of the request side alone.</summary>
    public bool ExchangeIsOpen { get; set; }

    /// <summary>The server states an origin that the lineage has not found: the column is masked, and the log says so without a word of the statement.</summary>
    public void WitnessesDisagree() => Session.Listener.Log.WitnessesDisagree(Session.Listener.Options.Name, Session.Id);

    /// <summary>What is protected, or null where the catalog may have changed since it was read.</summary>
    public Protection? CertainProtection => View.IsCertain ? Protection : null;

    /// <summary>Where the values of a text come from and go to, as things are now; null where that cannot be told for certain.</summary>
    /// <param name="text">In UTF-8.</param>
    public StatementPlans? PlansOf(ReadOnlySpan<byte> text)
    {
        if (CertainProtection is not { } under || Path.Current is not { } path)
            return null;
        if (!ReferenceEquals(_judge?.Protection, under))
            _judge = new LineageJudge(under);
        return _judge.PlansOf(LineageCache.For(Catalog!, path).Resolve(text));
    }

    /// <summary>The same by the catalog and the path that were known last, which the session's own changes have made old.</summary>
    public StatementPlans? PlansBeforeChanges(ReadOnlySpan<byte> text) => Protection is { } under && Catalog is { } catalog && Path.Last is { } path
        ? new LineageJudge(under).PlansOf(LineageCache.For(catalog, path).Resolve(text)) : null;

    /// <summary>The same of a call of that function by number.</summary>
    public StatementPlans? PlansOf(uint function)
    {
        if (CertainProtection is not { } under || Path.Current is not { } path)
            return null;
        return new StatementPlans(new TextLineage([PostgresLineage.OfFunctionCall(function, Catalog!, path)]), new LineageJudge(under));
    }

    /// <summary>Whether <see cref="PlansOf(ReadOnlySpan{byte})"/> would have to work for a long time.</summary>
    public bool IsUnknownText(ReadOnlySpan<byte> text) =>
        CertainProtection is not null && Path.Current is { } path && LineageCache.For(Catalog!, path).TryGet(text) is null;
}
