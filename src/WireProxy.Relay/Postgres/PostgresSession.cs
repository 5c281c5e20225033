using WireProxy.Policy;
using WireProxy.Protocols.Postgres;
using WireProxy.Relay.Sessions;
using WireProxy.Sql.Catalog;

namespace WireProxy.Relay.Postgres;

/// <summary>What both directions of one PostgreSQL session share.</summary>
internal sealed class PostgresSession : DialectSession
{
    private readonly SharedCatalog _sharedCatalog;
    private readonly RelayFilters? _relay;
    private CancelHandle? _cancelHandle;
    private BackendKeyData? _cancelKey;
    private int _catalogGeneration;
    private volatile CatalogRead? _catalogRead;
    private volatile byte _status = (byte)TransactionStatus.Idle;
    private volatile string _clientEncoding = "SQL_ASCII";
    private volatile bool _standardStrings = true;
    private volatile bool _catalogIsOld;
    private volatile bool _catalogChanging;
    private volatile bool _catalogChangeSent;
    private volatile bool _hasEnded;
    private readonly Lock _changing = new();
    private long _meaning;
    private long _namesMeaning;

    private PostgresSession(Session session, PostgresDialect dialect, Subject subject)
    {
        Session = session;
        Dialect = dialect;
        Subject = subject;
        Policy = session.Listener.Policy;
        _sharedCatalog = dialect.Catalogs.For(subject.Database ?? "");
        InFlight.Add(new Pending(Expectation.Startup));
        if (Policy.IsTransparent && session.Recorder is null)
            (_relay, Requests, Responses) = RelayFilters.Create(this);
        else
            (Requests, Responses) = (new RequestFilter(this), new ResponseFilter(this));
    }

    public Session Session { get; }

    public PostgresDialect Dialect { get; }

    public Subject Subject { get; }

    public CompiledPolicy Policy { get; }

    public InFlight InFlight { get; } = new();

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

    public bool StandardStrings => _standardStrings;

    /// <summary>The catalog that the session sees, or null before it is read or where the policy does not need it.</summary>
    public CatalogSnapshot? Catalog { get; private set; }

    /// <summary>What is protected from this session; null where nothing can be, or the catalog is not read yet.</summary>
    public Protection? Protection { get; private set; }

    /// <summary>Rows need plans: something is, or may be, protected from this session.</summary>
    public bool Masks => Policy.HasProtectedColumns && Protection is not { ProtectsNothing: true };

    /// <summary>
    /// Grows with every statement that may change what a name means: settings such as search_path, prepared statements and
    /// cursors made in SQL, DDL. What was learnt about a statement under an older meaning is not relied on.
    /// </summary>
    public long Meaning => Volatile.Read(ref _meaning) + _sharedCatalog.Generation;

    /// <summary>Grows with every statement that may make another statement or portal stand under a known name.</summary>
    public long NamesMeaning => Volatile.Read(ref _namesMeaning);

    public static async Task<PostgresSession> OpenAsync(Session session, PostgresDialect dialect, StartupMessage startup)
    {
        ListenerContext listener = session.Listener;
        string user = startup["user"]?.Text ?? "";
        var subject = new Subject(
            user, [], listener.Options.Name, startup["database"]?.Text ?? user, Address: session.ClientAddress?.Address);
        if (listener.Journal is { } journal)
        {
            if (!journal.IsHealthy)
                throw new SessionEndException(SessionRecorder.Unavailable(Stage.Login));
            session.Recorder = new SessionRecorder(journal, session.Id, listener.IsStrict);
            await session.Recorder.OpenAsync(SessionRecords.Opened(
                session, subject, listener.Policy.Hash, dialect.Name, startup["application_name"]?.Text));
        }
        return new PostgresSession(session, dialect, subject);
    }

    public override void Ended()
    {
        _hasEnded = true;
        InFlight.Abandon();
        _catalogRead?.Abandon();
        if (_cancelHandle is { } handle)
            Session.Listener.Registry.RemoveCancelKey(handle, Session);
    }

    public override Task CancelAsync() => _cancelKey is { } key
        ? Cancellation.SendAsync(Session, new CancelRequest(key.ProcessId, key.Key))
        : Task.CompletedTask;

    public void BackendKeyReceived(BackendKeyData key)
    {
        _cancelKey = key;
        _cancelHandle = Cancellation.HandleOf(Session.Listener, key.ProcessId, key.Key.Span);
        Session.Listener.Registry.AddCancelKey(_cancelHandle.Value, Session);
    }

    public void ParameterReceived(ParameterStatus parameter)
    {
        if (parameter.Name.Span.SequenceEqual("client_encoding"u8))
            _clientEncoding = parameter.Value.Text;
        else if (parameter.Name.Span.SequenceEqual("standard_conforming_strings"u8))
            _standardStrings = parameter.Value.Span.SequenceEqual("on"u8);
    }

    public void MeaningMayChange() => Interlocked.Increment(ref _meaning);

    public void NamesMayChange()
    {
        Interlocked.Increment(ref _namesMeaning);
        MeaningMayChange();
    }

    /// <summary>A statement that may change the catalog goes to the server. It is in flight already.</summary>
    public void CatalogMayChange()
    {
        MeaningMayChange();
        lock (_changing)
            _catalogChanging = _catalogChangeSent = true;
    }

    /// <summary>An exchange is complete: where it may have changed the catalog, it has done so now.</summary>
    public void ExchangeCompleted()
    {
        if (!_catalogChanging)
            return;
        lock (_changing)
        {
            _catalogIsOld |= _catalogChangeSent;
            if (Status != TransactionStatus.InTransaction)
            {
                _catalogChanging = false;
                _catalogIsOld = true;
                _sharedCatalog.Invalidate();
            }
            // Another that changes it may be under way behind this one, and has its own turn.
            _catalogChangeSent = InFlight.Any(static pending => pending.Work is { ChangesCatalog: true }, skip: 1);
            _catalogChanging |= _catalogChangeSent;
        }
    }

    /// <summary>The catalog that the session goes by may be older than what the server knows: statements under way change it, or another
    /// session has changed it since.</summary>
    public bool CatalogMayBeOld => _catalogIsOld || _catalogChangeSent || _catalogGeneration != _sharedCatalog.Generation;

    /// <summary>The session's own upstream is reading the catalog for it: the rows are not the client's.</summary>
    public bool ReadsCatalogHere => _catalogRead is not null;

    public void UnknownOriginSeen() => _sharedCatalog.ReportUnknownOrigin();

    /// <summary>What must be waited for, or read over this session, before a statement can be judged. Null: nothing.</summary>
    /// <param name="readHere">Set where the caller sends <see cref="PostgresCatalogQuery.Text"/> with this read as its receiver.</param>
    public Task? EnsureCatalog(out CatalogRead? readHere)
    {
        readHere = null;
        if (Catalog is not null && !_catalogIsOld && _catalogGeneration == _sharedCatalog.Generation)
            return null;
        bool inTransaction = Status == TransactionStatus.InTransaction;
        bool canReadHere = InFlight.Count == 0 && (Status == TransactionStatus.Idle || (inTransaction && _catalogChanging));
        // Inside a transaction only the session itself sees what it has changed. What others have changed is not read there: the
        // query would fix the transaction's snapshot and forbid SET TRANSACTION.
        if (inTransaction && Catalog is not null && _catalogChanging)
            return _catalogIsOld && canReadHere ? ReadHere(out readHere, isShared: false, 0) : null;
        if (_sharedCatalog.Current(out int generation) is { } current)
        {
            Use(current, generation);
            return null;
        }
        if (_sharedCatalog.HasCredentials)
            return AdoptAsync(_sharedCatalog.ReadAsync());
        // Where another session is reading for all already, this one does not wait for a stranger's connection.
        if (canReadHere)
        {
            _sharedCatalog.TryClaim(out generation);
            return ReadHere(out readHere, isShared: true, generation);
        }
        return Catalog is null ? InFlight.WhenEmptyAsync() : null;
    }

    private Task ReadHere(out CatalogRead read, bool isShared, int generation)
    {
        read = new CatalogRead(ClientEncoding);
        _catalogRead = read;
        if (_hasEnded)
            read.Abandon();
        return AdoptHereAsync(read, isShared, generation);
    }

    private async Task AdoptHereAsync(CatalogRead read, bool isShared, int generation)
    {
        CatalogSnapshot? snapshot = await read.Task;
        _catalogRead = null;
        if (isShared)
            _sharedCatalog.Publish(snapshot, generation);
        if (snapshot is not null)
            Use(snapshot, isShared ? generation : _sharedCatalog.Generation);
    }

    private async Task AdoptAsync(Task<CatalogSnapshot?> reading)
    {
        if (await reading is { } snapshot)
        {
            _sharedCatalog.Current(out int generation);
            Use(snapshot, generation);
        }
        else
        {
            Session.Listener.Log.CatalogUnreadable(
                Session.Listener.Options.Name, Subject.Database ?? "", _sharedCatalog.LastFailure ?? "unknown");
        }
    }

    private void Use(CatalogSnapshot snapshot, int generation)
    {
        Catalog = snapshot;
        Protection = Policy.HasProtectedColumns ? _sharedCatalog.ProtectionFor(snapshot, Subject) : null;
        _catalogGeneration = generation;
        _catalogIsOld = false;
    }
}
