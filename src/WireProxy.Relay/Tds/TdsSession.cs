using System.Text.Json;
using WireProxy.Policy;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Sessions;
using WireProxy.Relay.Tds.Mars;
using WireProxy.Relay.Transport;
using WireProxy.Sql.Catalog;

namespace WireProxy.Relay.Tds;

/// <summary>What both directions of one TDS session share.</summary>
internal sealed class TdsSession : DialectSession
{
    private SharedCatalog _sharedCatalog;
    private volatile CatalogRead? _catalogRead;
    private volatile bool _hasEnded;
    private int _isRunning;
    private int _catalogGeneration;
    private int _neededGeneration;
    private int _knownChanges;
    private LineageJudge? _judge;

    private TdsSession(Session session, TdsDialect dialect, Subject subject, LoginAgreement agreement, ServerState server)
    {
        Session = session;
        Dialect = dialect;
        Server = server;
        Subject = subject;
        Policy = session.Listener.Policy;
        Format = agreement.Format;
        PacketSize = agreement.PacketSize;
        WithholdsClassification = agreement.WithholdsClassification;
        _sharedCatalog = dialect.Catalogs.For(server.Database, session.UpstreamUser ?? subject.User);
        Plans = new BatchPlans(this);
        Meanings = new TextMeanings(this);
        Passed = dialect.PassedUnder(null);
        if (Policy.IsTransparent && session.Recorder is null)
            (Requests, Responses) = RelayFilters.Create(this);
        else
            (Requests, Responses) = (new RequestFilter(this), new ResponseFilter(this));
    }

    public Session Session { get; }

    public TdsDialect Dialect { get; }

    public Subject Subject { get; private set; }

    public CompiledPolicy Policy { get; }

    public TokenFormat Format { get; }

    /// <summary>Bytes of a packet, as the login has agreed.</summary>
    public int PacketSize { get; }

    /// <summary>The server says how the columns of results are classified, and columns are protected: what it says is compared.</summary>
    public bool ReadsClassification => Format.DataClassification > 0 && Policy.HasProtectedColumns;

    /// <summary>The client does not know that the server says it.</summary>
    public bool WithholdsClassification { get; }

    public InFlight InFlight { get; } = new();

    /// <summary>With MARS it is shared by all sessions of the connection.</summary>
    public ServerState Server { get; }

    public Handles Handles => Server.Handles;

    public BatchPlans Plans { get; }

    public TextMeanings Meanings { get; }

    public override IFilter Requests { get; }

    public override IFilter Responses { get; }

    public override bool IsIdle => InFlight.IsAnswered && !Server.InTransaction;

    public override bool IsWaitingForClient => InFlight.IsAnswered;

    /// <summary>The catalog of the session's database, or null before it is read or where the policy does not need it.</summary>
    public CatalogSnapshot? Catalog { get; private set; }

    /// <summary>The catalog is there, and as new as all that was known when the request came.</summary>
    public bool IsCatalogCurrent => Catalog is not null && _knownChanges == Server.Changes && _catalogGeneration >= _neededGeneration
        && _sharedCatalog.Database == Server.Database;

    /// <summary>What is protected from this session; null where nothing can be, or the catalog is not read yet.</summary>
    public Protection? Protection { get; private set; }

    /// <summary>Judges by what is protected; null where <see cref="Protection"/> is.</summary>
    public LineageJudge? Judge => Protection is null ? null : _judge is { } known && known.Protection == Protection ? known
        : _judge = new LineageJudge(Policy, Protection, Catalog!);

    /// <summary>Something is, or may be, protected from this session.</summary>
    public bool Masks => Policy.HasProtectedColumns && Protection is not { ProtectsNothing: true };

    /// <param name="server">What it shares with others of its connection; null where it has a connection of its own.</param>
    /// <param name="place">Its place in a connection that it shares.</param>
    public static async Task<TdsSession> OpenAsync(
        Session session, TdsDialect dialect, Login7 login, LoginAgreement agreement, ServerState? server = null, MarsPlace? place = null)
    {
        Subject subject = SubjectOf(session, login, agreement);
        await OpenRecordAsync(session, subject, dialect, login, agreement, place);
        return new TdsSession(session, dialect, subject, agreement, server ?? new ServerState(subject.Database ?? "", isShared: false));
    }

    public static Subject SubjectOf(Session session, Login7 login, LoginAgreement agreement) => agreement.Subject ?? new Subject(
        login.UserName, [], session.Listener.Options.Name, agreement.Database ?? login.Database, Address: session.ClientAddress?.Address)
    { IsLooseName = true };

    /// <param name="place">Of a session that shares a connection, and of the connection; null for a session that has its own.</param>
    public static async Task OpenRecordAsync(
        Session session, Subject subject, TdsDialect dialect, Login7 login, LoginAgreement agreement, MarsPlace? place)
    {
        ListenerContext listener = session.Listener;
        if (listener.Journal is not { } journal)
            return;
        if (!journal.IsHealthy && listener.RefusesUnrecorded)
            throw new SessionEndException(SessionRecorder.Unavailable(Stage.Login));
        session.Recorder = new SessionRecorder(journal, session.Id, listener.IsStrict, listener.RefusesUnrecorded);
        await session.Recorder.OpenAsync(SessionRecords.Opened(
            session, subject, listener.Policy.Hash, dialect.Name, login.AppName.Length > 0 ? login.AppName : null, json =>
            {
                WriteAgreement(json, agreement.ClientFormat);
                place?.Write(json);
            }));
    }

    /// <summary>Tokens are laid out by it, and the login is not recorded; protocol-specs/capture/format.md lists the members.</summary>
    private static void WriteAgreement(Utf8JsonWriter json, TokenFormat format)
    {
        json.WriteString("tds_version", $"0x{TdsVersionCode.ForLogin(format.Version):X8}");
        json.WriteBoolean("tds_column_encryption", format.ColumnEncryption);
        json.WriteNumber("tds_data_classification", format.DataClassification);
    }

    public override void Ended()
    {
        _hasEnded = true;
        InFlight.Abandon();
        _catalogRead?.Abandon();
        Left();
        Server.ResetDone(this);
    }

    /// <summary>The upstream rolls back and stops what runs when its connection closes.</summary>
    public override Task CancelAsync() => Task.CompletedTask;

    /// <summary>The client asks for a session like new: what it had prepared is gone, and it is back in its first database.</summary>
    public void Reset()
    {
        Server.Reset();
        Use(Server.Database);
    }

    public void DatabaseChanged(string database) => Server.Database = database;

    /// <summary>A request that was judged begins. False where requests of the connection's other sessions stand in its way.</summary>
    /// <param name="alone">It changes what others are judged by.</param>
    public bool TryEnter(bool alone)
    {
        if (!Server.TryEnter(alone))
            return false;
        Volatile.Write(ref _isRunning, 1);
        return true;
    }

    private void Left()
    {
        if (Interlocked.Exchange(ref _isRunning, 0) != 0)
            Server.Leave();
    }

    /// <summary>The server and the analysis disagree about what a column is made of: it is masked, and the log says so without a word of
    /// the statement. Perhaps the catalog has grown old.</summary>
    public void WitnessesDisagree()
    {
        Session.Listener.Log.WitnessesDisagree(Session.Listener.Options.Name, Session.Id);
        _sharedCatalog.ReportUnknown();
    }

    /// <summary>The server does not say what the catalog says: it may have grown old.</summary>
    public void CatalogDoubted() => _sharedCatalog.ReportUnknown();

    /// <summary>An answer has ended.</summary>
    /// <param name="status">Of its last DONE.</param>
    public void Answered(TdsWork? work, DoneStatus status)
    {
        bool inTransaction = Server.InTransaction = (status & DoneStatus.InTransaction) != 0;
        if (work is { ChangesCatalog: true } || Server.HasOpenChanges)
        {
            lock (Server.Gate)
                CatalogChanged(work is { ChangesCatalog: true }, inTransaction);
        }
        Left();
        Server.ResetDone(this);
    }

    private void CatalogChanged(bool now, bool inTransaction)
    {
        if (!now && !Server.HasOpenChanges)
            return;
        // At once, because a batch may have committed in its middle, and again at the transaction's end.
        _sharedCatalog.Invalidate();
        if (now || !inTransaction)
            Server.Changes++;
        Server.HasOpenChanges = inTransaction;
    }

    /// <summary>Verdicts that hold under the catalog that the session knows.</summary>
    public PassedTexts Passed { get; private set; }

    /// <summary>The catalog need not be waited for; from here on it counts what is known now.</summary>
    public bool HasCurrentCatalog()
    {
        if (Server.Database != _sharedCatalog.Database)
            return false;
        _neededGeneration = _sharedCatalog.Generation;
        RenewGrants();
        return IsCatalogCurrent;
    }

    /// <summary>What must be waited for before a request can be judged; null: nothing.</summary>
    /// <param name="transaction">The transaction that the client's request names, for a query of the gateway's own beside it.</param>
    /// <param name="resets">What the client's first packet asks for: a query before it must find the session as it will be.</param>
    /// <param name="isAttempt">What is waited for is the session's own read, which ends in a catalog or in none: else another session
    /// reads for all, and its success has to be asked for again.</param>
    public Task? EnsureCatalog(ulong transaction, PacketStatus resets, OutputBuffer output, out bool isAttempt)
    {
        isAttempt = true;
        if (Server.Database != _sharedCatalog.Database)
            Use(Server.Database);
        int needed = _neededGeneration = _sharedCatalog.Generation;
        RenewGrants();
        if (IsCatalogCurrent)
            return null;
        // What the session has changed and not committed it alone can see.
        if (!Server.HasOpenChanges)
        {
            if (_sharedCatalog.Newer(needed, out int current) is { } snapshot)
            {
                Use(snapshot, current, Server.Changes);
                return null;
            }
            if (_sharedCatalog.HasCredentials)
                return AdoptAsync(Server.Changes);
        }
        int generation = needed;
        if (!Server.HasOpenChanges && !_sharedCatalog.TryClaim(out generation))
        {
            isAttempt = false;
            return _sharedCatalog.WhenPublishedAsync();
        }
        return ReadHere(transaction, resets, generation, isShared: !Server.HasOpenChanges, output);
    }

    /// <summary>What the response side must do for a request that passes.</summary>
    public TdsWork Admit(RequestTexts request)
    {
        bool changes = request.Texts.Any(text => text.Readings.Any(reading => reading.Statements.Any(facts => facts.ChangesCatalog)));
        BatchPlan? plan = Masks ? Plans.PlanOf(request) : null;
        bool changesDatabase = BatchPlans.MayChangeDatabase(request) || request.ResetsSession;
        bool readsAll = ReadsClassification && Plans.MayHaveSeveralResults(request);
        if (plan is null && !changes && !changesDatabase && !readsAll && request.Makes.Count == 0)
            return TdsWork.Relayed;
        return new TdsWork
        {
            Plan = plan,
            Makes = request.Makes,
            Cursor = request.Cursor,
            ChangesCatalog = changes,
            IsCall = request.IsCall,
            ChangesDatabase = changesDatabase,
            ReadsAll = readsAll,
        };
    }

    private Task ReadHere(ulong transaction, PacketStatus resets, int generation, bool isShared, OutputBuffer output)
    {
        var read = new CatalogRead();
        _catalogRead = read;
        if (_hasEnded)
            read.Abandon();
        using var payload = new WireWriter();
        SqlBatch.Encode(payload, Format.Version, SqlServerCatalogQuery.InSession, transaction);
        using var packets = new MessageWriter { PacketSize = PacketSize };
        output.Diverge();
        packets.WriteMessage(output.BeginOwn(), PacketType.SqlBatch, payload.WrittenSpan, resets);
        InFlight.Begin(new TdsWork { Catalog = read });
        return AdoptHereAsync(read, generation, Server.Changes, isShared);
    }

    private async Task AdoptHereAsync(CatalogRead read, int generation, int changes, bool isShared)
    {
        CatalogSnapshot? snapshot = await read.Task;
        _catalogRead = null;
        // The answer may have been about another database than was believed.
        if (snapshot is not null && !string.Equals(snapshot.Database, _sharedCatalog.Database, StringComparison.OrdinalIgnoreCase))
            snapshot = null;
        if (isShared)
            _sharedCatalog.Publish(snapshot, generation);
        if (snapshot is not null)
            Use(snapshot, generation, changes);
    }

    private async Task AdoptAsync(int changes)
    {
        if (await _sharedCatalog.ReadAsync() is not { } snapshot)
        {
            Session.Listener.Log.CatalogUnreadable(Session.Listener.Options.Name, _sharedCatalog.Database, _sharedCatalog.LastFailure ?? "unknown");
            return;
        }
        CatalogSnapshot? current = _sharedCatalog.Newer(_sharedCatalog.Generation, out int generation);
        Use(current ?? snapshot, generation, changes);
    }

    private void Use(string database)
    {
        if (_sharedCatalog.Database == database)
            return;
        _sharedCatalog = Dialect.Catalogs.For(database, Session.UpstreamUser ?? Subject.User);
        Subject = Subject with { Database = database };
        (Catalog, Protection) = (null, null);
        Passed = Dialect.PassedUnder(null);
    }

    /// <param name="changes">Of the connection's own, as many as the snapshot was read after.</param>
    private void Use(CatalogSnapshot snapshot, int generation, int changes)
    {
        Catalog = snapshot;
        Passed = Dialect.PassedUnder(snapshot);
        Protection = ProtectionUnder(snapshot);
        _catalogGeneration = generation;
        _knownChanges = changes;
    }

    /// <summary>Some grants hold at certain hours only.</summary>
    private void RenewGrants()
    {
        if (Policy.GrantsDependOnTime && Catalog is { } snapshot)
            Protection = ProtectionUnder(snapshot);
    }

    private Protection? ProtectionUnder(CatalogSnapshot snapshot) =>
        Policy.HasProtectedColumns ? _sharedCatalog.ProtectionFor(snapshot, Subject, Session.Listener.Time.GetUtcNow()) : null;
}
