using System.Text.Json;
using WireProxy.Policy;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Sessions;
using WireProxy.Relay.Transport;
using WireProxy.Sql.Catalog;

namespace WireProxy.Relay.Tds;

/// <summary>What both directions of one TDS session share.</summary>
internal sealed class TdsSession : DialectSession
{
    private readonly string _loginDatabase;
    private SharedCatalog _sharedCatalog;
    private volatile string _database;
    private volatile CatalogRead? _catalogRead;
    private volatile bool _hasEnded;
    private volatile bool _inTransaction;
    private volatile bool _hasOpenChanges;
    private volatile bool _isCatalogOld;
    private int _catalogGeneration;
    private int _neededGeneration;
    private LineageJudge? _judge;

    private TdsSession(Session session, TdsDialect dialect, Subject subject, LoginAgreement agreement)
    {
        Session = session;
        Dialect = dialect;
        Subject = subject;
        Policy = session.Listener.Policy;
        Format = agreement.Format;
        PacketSize = agreement.PacketSize;
        WithholdsClassification = agreement.WithholdsClassification;
        _loginDatabase = _database = subject.Database ?? "";
        _sharedCatalog = dialect.Catalogs.For(_database, subject.User);
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

    public Handles Handles { get; } = new();

    public BatchPlans Plans { get; }

    public TextMeanings Meanings { get; }

    public override IFilter Requests { get; }

    public override IFilter Responses { get; }

    public override bool IsIdle => InFlight.IsAnswered && !_inTransaction;

    public override bool IsWaitingForClient => InFlight.IsAnswered;

    /// <summary>The catalog of the session's database, or null before it is read or where the policy does not need it.</summary>
    public CatalogSnapshot? Catalog { get; private set; }

    /// <summary>The catalog is there, and as new as all that was known when the request came.</summary>
    public bool IsCatalogCurrent => Catalog is not null && !_isCatalogOld && _catalogGeneration >= _neededGeneration;

    /// <summary>What is protected from this session; null where nothing can be, or the catalog is not read yet.</summary>
    public Protection? Protection { get; private set; }

    /// <summary>Judges by what is protected; null where <see cref="Protection"/> is.</summary>
    public LineageJudge? Judge => Protection is null ? null : _judge is { } known && known.Protection == Protection ? known
        : _judge = new LineageJudge(Policy, Protection, Catalog!);

    /// <summary>Something is, or may be, protected from this session.</summary>
    public bool Masks => Policy.HasProtectedColumns && Protection is not { ProtectsNothing: true };

    public static async Task<TdsSession> OpenAsync(Session session, TdsDialect dialect, Login7 login, LoginAgreement agreement)
    {
        ListenerContext listener = session.Listener;
        string user = login.UserName.Length > 0 ? login.UserName : "";
        var subject = new Subject(
            user, [], listener.Options.Name, agreement.Database ?? login.Database, Address: session.ClientAddress?.Address);
        if (listener.Journal is { } journal)
        {
            if (!journal.IsHealthy && listener.RefusesUnrecorded)
                throw new SessionEndException(SessionRecorder.Unavailable(Stage.Login));
            session.Recorder = new SessionRecorder(journal, session.Id, listener.IsStrict, listener.RefusesUnrecorded);
            await session.Recorder.OpenAsync(SessionRecords.Opened(
                session, subject, listener.Policy.Hash, dialect.Name, login.AppName.Length > 0 ? login.AppName : null,
                json => WriteAgreement(json, agreement.ClientFormat)));
        }
        return new TdsSession(session, dialect, subject, agreement);
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
    }

    /// <summary>The upstream rolls back and stops what runs when its connection closes.</summary>
    public override Task CancelAsync() => Task.CompletedTask;

    /// <summary>The client asks for a session like new: what it had prepared is gone, and it is back in its first database.</summary>
    public void Reset()
    {
        Handles.Clear();
        Plans.Reset();
        Use(_loginDatabase);
    }

    public void DatabaseChanged(string database) => _database = database;

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
        _inTransaction = (status & DoneStatus.InTransaction) != 0;
        if (work is { ChangesCatalog: true })
        {
            _hasOpenChanges = true;
            _isCatalogOld = true;
        }
        if (!_hasOpenChanges)
            return;
        // At once, because a batch may have committed in its middle, and again at the transaction's end.
        _sharedCatalog.Invalidate();
        if (_inTransaction)
            return;
        _hasOpenChanges = false;
        _isCatalogOld = true;
    }

    /// <summary>Verdicts that hold under the catalog that the session knows.</summary>
    public PassedTexts Passed { get; private set; }

    /// <summary>The catalog need not be waited for; from here on it counts what is known now.</summary>
    public bool HasCurrentCatalog()
    {
        if (_database != _sharedCatalog.Database)
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
        if (_database != _sharedCatalog.Database)
            Use(_database);
        int needed = _neededGeneration = _sharedCatalog.Generation;
        RenewGrants();
        if (IsCatalogCurrent)
            return null;
        // What the session has changed and not committed it alone can see.
        if (!_hasOpenChanges)
        {
            if (_sharedCatalog.Newer(needed, out int current) is { } snapshot)
            {
                Use(snapshot, current);
                return null;
            }
            if (_sharedCatalog.HasCredentials)
                return AdoptAsync();
        }
        int generation = needed;
        if (!_hasOpenChanges && !_sharedCatalog.TryClaim(out generation))
        {
            isAttempt = false;
            return _sharedCatalog.WhenPublishedAsync();
        }
        return ReadHere(transaction, resets, generation, isShared: !_hasOpenChanges, output);
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
        return AdoptHereAsync(read, generation, isShared);
    }

    private async Task AdoptHereAsync(CatalogRead read, int generation, bool isShared)
    {
        CatalogSnapshot? snapshot = await read.Task;
        _catalogRead = null;
        // The answer may have been about another database than was believed.
        if (snapshot is not null && !string.Equals(snapshot.Database, _database, StringComparison.OrdinalIgnoreCase))
            snapshot = null;
        if (isShared)
            _sharedCatalog.Publish(snapshot, generation);
        if (snapshot is not null)
            Use(snapshot, generation);
    }

    private async Task AdoptAsync()
    {
        if (await _sharedCatalog.ReadAsync() is not { } snapshot)
        {
            Session.Listener.Log.CatalogUnreadable(Session.Listener.Options.Name, _database, _sharedCatalog.LastFailure ?? "unknown");
            return;
        }
        CatalogSnapshot? current = _sharedCatalog.Newer(_sharedCatalog.Generation, out int generation);
        Use(current ?? snapshot, generation);
    }

    private void Use(string database)
    {
        _database = database;
        if (_sharedCatalog.Database == database)
            return;
        _sharedCatalog = Dialect.Catalogs.For(database, Subject.User);
        Subject = Subject with { Database = database };
        (Catalog, Protection) = (null, null);
        Passed = Dialect.PassedUnder(null);
    }

    private void Use(CatalogSnapshot snapshot, int generation)
    {
        Catalog = snapshot;
        Passed = Dialect.PassedUnder(snapshot);
        Protection = ProtectionUnder(snapshot);
        _catalogGeneration = generation;
        _isCatalogOld = false;
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
