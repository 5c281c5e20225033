using WireProxy.Policy;
using WireProxy.Protocols.Postgres;
using WireProxy.Relay.Sessions;
using WireProxy.Sql;
using WireProxy.Sql.Catalog;

namespace WireProxy.Relay.Postgres;

/// <summary>The catalog as one session sees it, and how certain it is that it still sees it so.</summary>
internal sealed class CatalogView(PostgresSession session, SharedCatalog shared)
{
    private int _neededGeneration;
    private int _arrivedGeneration;
    private int _ownGeneration;
    private volatile CatalogRead? _catalogRead;
    private Task _adopting = Task.CompletedTask;
    private volatile bool _changesOpen;
    private volatile bool _hasEnded;
    private long _changesSent;
    private long _changesAnswered;
    private long _news;
    private long _newsAdopted;

    /// <summary>The catalog that the session sees, or null before it is read or where the policy does not need it.</summary>
    public CatalogSnapshot? Catalog { get; private set; }

    /// <summary>What is protected from this session; null where nothing can be, or the catalog is not read yet.</summary>
    public Protection? Protection { get; private set; }

    public DatabaseNews News => shared.News;

    /// <summary>The generation of <see cref="Catalog"/>. Of the request side alone.</summary>
    public int CatalogGeneration { get; private set; }

    /// <summary>Grows when any session has changed the catalog.</summary>
    public int SharedGeneration => shared.Generation;

    /// <summary>How many such statements have been sent.</summary>
    public long ChangesSent => Volatile.Read(ref _changesSent);

    /// <summary>Some have not been answered, or not been committed or rolled back.</summary>
    public bool MayHaveOpenChanges => _changesOpen || ChangesSent != Volatile.Read(ref _changesAnswered);

    /// <summary>A statement that may change the catalog, or take a change back, goes to the server.</summary>
    public void CatalogMayChange()
    {
        Interlocked.Increment(ref _changesSent);
        session.MeaningMayChange();
    }

    /// <summary>An exchange is complete.</summary>
    /// <param name="changes">How many changes had been sent when its last message was.</param>
    public void ExchangeCompleted(long changes)
    {
        bool isNew = changes > Volatile.Read(ref _changesAnswered);
        if (!isNew && !(_changesOpen && session.Status == TransactionStatus.Idle))
            return;
        // A text may have committed in its middle, so that others are told at once, and again at the transaction's end.
        _changesOpen = session.Status != TransactionStatus.Idle;
        Volatile.Write(ref _ownGeneration, shared.News.Invalidate(session.Turn?.Changed() ?? CatalogChange.Everything, session));
        Interlocked.Increment(ref _news);
        if (isNew)
            Volatile.Write(ref _changesAnswered, changes);
    }

    /// <summary>The session's own upstream is reading the catalog for it: the rows are not the client's.</summary>
    public bool ReadsHere => _catalogRead is not null;

    public void UnknownOriginSeen() => shared.ReportUnknown();

    /// <summary>A name is not in the catalog: whether it is to be read once more before that is believed. Of the request side alone.</summary>
    public bool LooksAgain()
    {
        bool isNews = shared.ReportUnknown();
        if (isNews)
            _neededGeneration = _arrivedGeneration = shared.Generation;
        return isNews;
    }

    /// <summary>The session has ended: whoever waits for the catalog over it is let go.</summary>
    public void Abandon()
    {
        _hasEnded = true;
        _catalogRead?.Abandon();
    }

    public bool IsCertain =>
        Catalog is not null && ChangesSent == Volatile.Read(ref _changesAnswered) && _newsAdopted == Volatile.Read(ref _news) &&
        CatalogGeneration >= NeededGeneration;

    /// <summary>How new the catalog must be at least for what the client has sent last.</summary>
    public int NeededGeneration => Math.Max(Math.Min(_neededGeneration, News.PublicGeneration), Volatile.Read(ref _ownGeneration));

    /// <summary>How new the search path must be at least: what others have changed that has a name does not concern it.</summary>
    public int NeededPathGeneration => Math.Max(Math.Min(NeededGeneration, shared.News.EverybodysGeneration), Volatile.Read(ref _ownGeneration));

    /// <summary>Others have changed something, since the catalog was read that the session goes by, which a statement with these names hangs on.</summary>
    public bool HasNewsFor(NameUse use) => shared.News.Concerns(use, CatalogGeneration, session);

    /// <summary>No change is known that the message under way would not be judged by, if that could be read.</summary>
    public bool IsAskedForNewest => _arrivedGeneration >= shared.Generation;

    /// <summary>The catalog is not the newest, and only others have changed it since.</summary>
    public bool MissesNewsOfOthers => Catalog is not null && ChangesSent == Volatile.Read(ref _changesAnswered) && _newsAdopted == Volatile.Read(ref _news)
        && CatalogGeneration >= Volatile.Read(ref _ownGeneration) && CatalogGeneration < NeededGeneration;

    /// <summary>The news do not concern the message: it is judged by the catalog that is there, while a newer one is being read.</summary>
    public void GoOnWithoutNews() => _neededGeneration = CatalogGeneration;

    /// <summary>Nobody waits for it: who needs it finds it, or waits then.</summary>
    public void ReadNews()
    {
        if (shared.HasCredentials)
            _ = shared.ReadAsync();
    }

    /// <summary>The next message is judged: what the last one could do without it may need.</summary>
    public void BeginMessage() => _neededGeneration = _arrivedGeneration;

    /// <summary>The client has sent something: it is judged by a catalog that is as new as all that is known at this moment. What others
    /// change from here on happens beside it.</summary>
    public void RequestArrived()
    {
        _neededGeneration = _arrivedGeneration = shared.Generation;
        if (!session.Policy.GrantsDependOnTime || Catalog is not { } snapshot || ProtectionUnder(snapshot) is not { } now || ReferenceEquals(now, Protection))
            return;
        Protection = now;
        // What was learnt while other columns were granted is not relied on.
        session.MeaningMayChange();
    }

    /// <summary>What must be waited for, or read over this session, before a statement can be judged. Null: nothing, or nothing that would
    /// help.</summary>
    /// <param name="readHere">Set where the caller sends what it asks, with this read as the receiver.</param>
    /// <param name="isAttempt">The wait is for a read: once it is over, things are as good as they get.</param>
    public Task? Ensure(out CatalogRead? readHere, out bool isAttempt)
    {
        readHere = null;
        isAttempt = false;
        if (IsCertain)
            return null;
        bool isEmpty = session.InFlight.Count == 0;
        long news = Volatile.Read(ref _news);
        // What the session has changed and not committed it alone can see.
        if (!MayHaveOpenChanges)
        {
            if (shared.Newer(NeededGeneration, out int current) is { } snapshot)
            {
                Use(snapshot, current, news);
                return null;
            }
            if (shared.HasCredentials)
            {
                isAttempt = true;
                return AdoptAsync();
            }
        }
        if (!isEmpty)
            return Catalog is null || session.InFlight.WillDrain ? session.InFlight.WhenEmptyAsync() : null;
        // A server that skips to the Sync would skip the query, too, and never answer.
        if (session.ExchangeIsOpen)
            return null;
        if (session.Status == TransactionStatus.InTransaction)
        {
            isAttempt = true;
            return ReadHere(out readHere, isShared: false, shared.Generation, news);
        }
        if (session.Status != TransactionStatus.Idle)
            return null;
        if (!shared.TryClaim(out int generation))
            return shared.WhenPublishedAsync();
        isAttempt = true;
        return ReadHere(out readHere, isShared: true, generation, news);
    }

    /// <summary>What must be waited for where a read over this session takes another query; null where none does.</summary>
    /// <param name="readHere">As for <see cref="Ensure"/>.</param>
    public Task? GoOn(out CatalogRead? readHere)
    {
        readHere = _catalogRead;
        return readHere is { MustAsk: true } ? StepAsync(readHere) : null;
    }

    private Task ReadHere(out CatalogRead read, bool isShared, int generation, long news)
    {
        // In a transaction the session's own is nearer to what there is; what is for all must not rest on what one alone has seen.
        CatalogSnapshot? own = isShared || Catalog is null || !CatalogUpdate.IsBasis(Catalog) ? null : Catalog;
        CatalogSnapshot? basis = own ?? shared.Newer(0, out _);
        read = new CatalogRead(session.ClientEncoding, basis is not null && CatalogUpdate.IsBasis(basis) ? basis : null, isShared);
        _catalogRead = read;
        _adopting = AdoptHereAsync(read, isShared, generation, news);
        if (_hasEnded)
            read.Abandon();
        return StepAsync(read);
    }

    private async Task StepAsync(CatalogRead read)
    {
        await read.AskAsync();
        if (read.Task.IsCompleted)
            await _adopting;
    }

    private async Task AdoptHereAsync(CatalogRead read, bool isShared, int generation, long news)
    {
        CatalogSnapshot? snapshot = await read.Task;
        _catalogRead = null;
        if (isShared)
            shared.Publish(snapshot, generation);
        if (snapshot is not null)
            Use(snapshot, generation, news);
    }

    private async Task AdoptAsync()
    {
        for (int attempt = 0; attempt < 3; attempt++)
        {
            long news = Volatile.Read(ref _news);
            // A read that another session had begun may be older than the last change.
            if (await shared.ReadAsync() is not { } snapshot)
            {
                session.Session.Listener.Log.CatalogUnreadable(
                    session.Session.Listener.Options.Name, session.Subject.Database ?? "", shared.LastFailure ?? "unknown");
                return;
            }
            CatalogSnapshot? current = shared.Newer(NeededGeneration, out int generation);
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
        shared.TellMissing(snapshot, session.Session.Listener);
    }

    private Protection? ProtectionUnder(CatalogSnapshot snapshot) =>
        session.Policy.HasProtectedColumns ? shared.ProtectionFor(snapshot, session.Subject, session.Session.Listener.Time.GetUtcNow()) : null;
}
