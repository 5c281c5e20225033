using WireProxy.Policy;
using WireProxy.Protocols.Postgres;
using WireProxy.Relay.Sessions;
using WireProxy.Sql.Catalog;
using WireProxy.Sql.Postgres.Lineage;

namespace WireProxy.Relay.Postgres;

/// <summary>What both directions of one PostgreSQL session share.</summary>
internal sealed class PostgresSession : DialectSession
{
    private readonly SharedCatalog _sharedCatalog;
    private readonly RelayFilters? _relay;
    private CancelHandle? _cancelHandle;
    private BackendKeyData? _cancelKey;
    private int _neededGeneration;
    private int _ownGeneration;
    private volatile CatalogRead? _catalogRead;
    private volatile byte _status = (byte)TransactionStatus.Idle;
    private volatile string _clientEncoding = "SQL_ASCII";
    private volatile bool _standardStrings = true;
    private volatile bool _changesOpen;
    private long _changesSent;
    private long _changesAnswered;
    private long _news;
    private long _newsAdopted;
    private volatile bool _hasEnded;
    private long _meaning;
    private long _namesMeaning;
    private LineageJudge? _judge;

    private PostgresSession(Session session, PostgresDialect dialect, Subject subject)
    {
        Session = session;
        Dialect = dialect;
        Subject = subject;
        Policy = session.Listener.Policy;
        _sharedCatalog = dialect.Catalogs.For(subject.Database ?? "");
        Path = new SessionPath(this);
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

    public bool GuardsLabels => Protection is { Labels.Guards: true };

    /// <summary>
    /// Grows with every statement that may change what a name means: settings such as search_path, prepared statements and
    /// cursors made in SQL, DDL. What was learnt about a statement under an older meaning is not relied on.
    /// </summary>
    public long Meaning => OwnMeaning + _sharedCatalog.Generation;
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
        _hasEnded = true;
        InFlight.Abandon();
        _catalogRead?.Abandon();
        Path.Abandon();
        if (_cancelHandle is { } handle)
            Session.Listener.Registry.RemoveCancelKey(handle, Session);
        if (_cancelKey is { } key)
            Dialect.Notifiers.Ends(key.ProcessId);
    }

    public override Task CancelAsync() => _cancelKey is { } key
        ? Cancellation.SendAsync(Session, new CancelRequest(key.ProcessId, key.Key))
        : Task.CompletedTask;

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
    }

    /// <summary>A statement has been judged that may change what the gateway knows. The request side's.</summary>
    public bool HasSeenEffects { get; set; }

    public void MeaningMayChange() => Interlocked.Increment(ref _meaning);

    public void NamesMayChange()
    {
        Interlocked.Increment(ref _namesMeaning);
        MeaningMayChange();
    }

    /// <summary>A statement that may change the catalog, or take a change back, goes to the server.</summary>
    public void CatalogMayChange()
    {
        Interlocked.Increment(ref _changesSent);
        MeaningMayChange();
    }

    /// <summary>Messages of the extended protocol have been sent since the last Sync. Of the request side alone.</summary>
    public bool ExchangeIsOpen { get; set; }

    /// <summary>Grows when any session has changed the catalog.</summary>
    public int SharedGeneration => _sharedCatalog.Generation;

    /// <summary>The generation of <see cref="Catalog"/>. Of the request side alone.</summary>
    public int CatalogGeneration { get; private set; }

    /// <summary>How many such statements have been sent.</summary>
    public long ChangesSent => Volatile.Read(ref _changesSent);

    /// <summary>Some have not been answered, or not been committed or rolled back.</summary>
    public bool MayHaveOpenChanges => _changesOpen || ChangesSent != Volatile.Read(ref _changesAnswered);

    /// <summary>An exchange is complete.</summary>
    /// <param name="changes">How many changes had been sent when its last message was.</param>
    public void ExchangeCompleted(long changes)
    {
        bool isNew = changes > Volatile.Read(ref _changesAnswered);
        if (!isNew && !(_changesOpen && Status == TransactionStatus.Idle))
            return;
        // A text may have committed in its middle, so that others are told at once, and again at the transaction's end.
        _changesOpen = Status != TransactionStatus.Idle;
        Volatile.Write(ref _ownGeneration, _sharedCatalog.Invalidate());
        Interlocked.Increment(ref _news);
        if (isNew)
            Volatile.Write(ref _changesAnswered, changes);
    }

    /// <summary>The session's own upstream is reading the catalog for it: the rows are not the client's.</summary>
    public bool ReadsCatalogHere => _catalogRead is not null;

    /// <summary>The server states an origin that the lineage has not found: the column is masked, and the log says so without a word of the statement.</summary>
    public void WitnessesDisagree() => Session.Listener.Log.WitnessesDisagree(Session.Listener.Options.Name, Session.Id);

    public void UnknownOriginSeen() => _sharedCatalog.ReportUnknown();

    /// <summary>A name is not in the catalog: whether it is to be read once more before that is believed. Of the request side alone.</summary>
    public bool LooksAgain()
    {
        bool isNews = _sharedCatalog.ReportUnknown();
        _neededGeneration = isNews ? _sharedCatalog.Generation : _neededGeneration;
        return isNews;
    }

    /// <summary>What is protected, or null where the catalog may have changed since it was read.</summary>
    public Protection? CertainProtection => IsCatalogCertain ? Protection : null;

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

    private bool IsCatalogCertain =>
        Catalog is not null && ChangesSent == Volatile.Read(ref _changesAnswered) && _newsAdopted == Volatile.Read(ref _news) &&
        CatalogGeneration >= NeededGeneration;

    /// <summary>How new the catalog must be at least for what the client has sent last.</summary>
    public int NeededGeneration => Math.Max(_neededGeneration, Volatile.Read(ref _ownGeneration));

    /// <summary>The client has sent something: it is judged by a catalog that is as new as all that is known at this moment. What others
    /// change from here on happens beside it.</summary>
    public void RequestArrived()
    {
        _neededGeneration = _sharedCatalog.Generation;
        if (!Policy.GrantsDependOnTime || Catalog is not { } snapshot || ProtectionUnder(snapshot) is not { } now || ReferenceEquals(now, Protection))
            return;
        Protection = now;
        // What was learnt while other columns were granted is not relied on.
        Interlocked.Increment(ref _meaning);
    }

    /// <summary>What must be waited for, or read over this session, before a statement can be judged. Null: nothing, or nothing that would
    /// help.</summary>
    /// <param name="readHere">Set where the caller sends <see cref="PostgresCatalogQuery.Text"/> with this read as its receiver.</param>
    /// <param name="isAttempt">The wait is for a read: once it is over, things are as good as they get.</param>
    public Task? EnsureCatalog(out CatalogRead? readHere, out bool isAttempt)
    {
        readHere = null;
        isAttempt = false;
        if (IsCatalogCertain)
            return null;
        bool isEmpty = InFlight.Count == 0;
        long news = Volatile.Read(ref _news);
        // What the session has changed and not committed it alone can see.
        if (!MayHaveOpenChanges)
        {
            if (_sharedCatalog.Newer(NeededGeneration, out int current) is { } snapshot)
            {
                Use(snapshot, current, news);
                return null;
            }
            if (_sharedCatalog.HasCredentials)
            {
                isAttempt = true;
                return AdoptAsync();
            }
        }
        if (!isEmpty)
            return Catalog is null || InFlight.WillDrain ? InFlight.WhenEmptyAsync() : null;
        // A server that skips to the Sync would skip the query, too, and never answer.
        if (ExchangeIsOpen)
            return null;
        if (Status == TransactionStatus.InTransaction)
        {
            isAttempt = true;
            return ReadHere(out readHere, isShared: false, _sharedCatalog.Generation, news);
        }
        if (Status != TransactionStatus.Idle)
            return null;
        if (!_sharedCatalog.TryClaim(out int generation))
            return _sharedCatalog.WhenPublishedAsync();
        isAttempt = true;
        return ReadHere(out readHere, isShared: true, generation, news);
    }

    private Task ReadHere(out CatalogRead read, bool isShared, int generation, long news)
    {
        read = new CatalogRead(ClientEncoding);
        _catalogRead = read;
        if (_hasEnded)
            read.Abandon();
        return AdoptHereAsync(read, isShared, generation, news);
    }

    private async Task AdoptHereAsync(CatalogRead read, bool isShared, int generation, long news)
    {
        CatalogSnapshot? snapshot = await read.Task;
        _catalogRead = null;
        if (isShared)
            _sharedCatalog.Publish(snapshot, generation);
        if (snapshot is not null)
            Use(snapshot, generation, news);
    }

    private async Task AdoptAsync()
    {
        for (int attempt = 0; attempt < 3; attempt++)
        {
            long news = Volatile.Read(ref _news);
            // A read that another session had begun may be older than the last change.
            if (await _sharedCatalog.ReadAsync() is not { } snapshot)
            {
                Session.Listener.Log.CatalogUnreadable(
                    Session.Listener.Options.Name, Subject.Database ?? "", _sharedCatalog.LastFailure ?? "unknown");
                return;
            }
            CatalogSnapshot? current = _sharedCatalog.Newer(NeededGeneration, out int generation);
            Use(current ?? snapshot, current is null ? 0 : generation, news);
            if (current is not null)
                return;
        }
    }

    private void Use(CatalogSnapshot snapshot, int generation, long news)
    {
        Catalog = snapshot;
        Protection = ProtectionUnder(snapshot);
        CatalogGeneration = generation;
        _newsAdopted = news;
        _sharedCatalog.TellMissing(snapshot, Session.Listener);
    }

    private Protection? ProtectionUnder(CatalogSnapshot snapshot) =>
        Policy.HasProtectedColumns ? _sharedCatalog.ProtectionFor(snapshot, Subject, Session.Listener.Time.GetUtcNow()) : null;
}
