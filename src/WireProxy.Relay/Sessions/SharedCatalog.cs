using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using WireProxy.Policy;
using WireProxy.Sql;
using WireProxy.Sql.Catalog;

namespace WireProxy.Relay.Sessions;

/// <summary>One database's catalog as all its sessions share it: a snapshot, and the news that it has grown old.</summary>
/// <param name="read">Reads with the gateway's own login; null where it has none.</param>
/// <param name="news">Of the database, where it has several catalogs; null for one of its own.</param>
internal sealed class SharedCatalog(string database, CompiledPolicy policy, Func<Task<CatalogSnapshot>>? read, DatabaseNews? news = null)
{
    /// <summary>What stays unknown asks for a new catalog at most this often.</summary>
    private const long UnknownMilliseconds = 1000;

    private readonly Lock _lock = new();
    private readonly ConditionalWeakTable<CatalogSnapshot, ConcurrentDictionary<GrantSet, Protection>> _protections = [];
    private readonly DatabaseNews _news = news ?? new DatabaseNews();
    private bool _isLookedThrough;
    private int _snapshotGeneration;
    private CatalogSnapshot? _snapshot;
    private Task<CatalogSnapshot?>? _reading;
    private TaskCompletionSource? _claim;
    private long _lastUnknown = -UnknownMilliseconds;

    public string Database => database;

    /// <summary>The gateway has a login of its own for the catalog.</summary>
    public bool HasCredentials => read is not null;

    /// <summary>Grows when the catalog may have changed.</summary>
    public int Generation => _news.Generation;

    public DatabaseNews News => _news;

    /// <summary>Anything in the catalog may have changed. Gives the generation that knows of it.</summary>
    public int Invalidate() => _news.Invalidate(CatalogChange.Everything, null);

    /// <summary>Something was looked for in vain.</summary>
    /// <returns>Whether it is worth to look again.</returns>
    public bool ReportUnknown()
    {
        long now = Environment.TickCount64;
        long last = Interlocked.Read(ref _lastUnknown);
        if (now - last < UnknownMilliseconds || Interlocked.CompareExchange(ref _lastUnknown, now, last) != last)
            return false;
        Invalidate();
        return true;
    }

    /// <summary>The snapshot, where it is at least as new as this generation.</summary>
    public CatalogSnapshot? Newer(int than, out int generation)
    {
        lock (_lock)
        {
            generation = _snapshotGeneration;
            return _snapshotGeneration >= than ? _snapshot : null;
        }
    }

    /// <summary>One session at a time reads for all; true makes the caller that one, who then calls <see cref="Publish"/>.</summary>
    public bool TryClaim(out int generation)
    {
        lock (_lock)
        {
            generation = Generation;
            if (_claim is not null)
                return false;
            _claim = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return true;
        }
    }

    /// <summary>Completes when the claim of the one who reads now has ended, at once where there is none.</summary>
    public Task WhenPublishedAsync()
    {
        lock (_lock)
            return _claim?.Task ?? Task.CompletedTask;
    }

    /// <summary>Ends a claim. A null snapshot: the read failed, and the old one stays.</summary>
    public void Publish(CatalogSnapshot? snapshot, int generation)
    {
        lock (_lock)
        {
            _claim?.TrySetResult();
            _claim = null;
            if (snapshot is null || generation < _snapshotGeneration)
                return;
            _snapshot = snapshot;
            _snapshotGeneration = generation;
        }
    }

    /// <summary>Reads with the gateway's own login; sessions that ask at the same time share one read. Null where it failed.</summary>
    public Task<CatalogSnapshot?> ReadAsync()
    {
        lock (_lock)
            return _reading ??= ReadAndPublishAsync();
    }

    /// <summary>What the policy protects in this snapshot from this subject, worked out once.</summary>
    public Protection ProtectionFor(CatalogSnapshot snapshot, Subject subject, DateTimeOffset now)
    {
        ConcurrentDictionary<GrantSet, Protection> byGrants = _protections.GetValue(snapshot, static _ => new());
        return byGrants.GetOrAdd(policy.GrantsFor(subject, now), grants => policy.Resolve(snapshot, grants, _news.Identities));
    }

    /// <summary>Logs what the policy names and the catalog does not have, once for a database. What is renamed later stays protected, and is no
    /// news.</summary>
    public void TellMissing(CatalogSnapshot snapshot, ListenerContext listener)
    {
        if (_isLookedThrough || Interlocked.Exchange(ref _isLookedThrough, true))
            return;
        ImmutableArray<ColumnPattern> missing = policy.MissingFrom(snapshot);
        if (!missing.IsEmpty)
            listener.Log.ColumnsMissing(listener.Options.Name, snapshot.Database, string.Join(", ", missing));
    }

    private async Task<CatalogSnapshot?> ReadAndPublishAsync()
    {
        await Task.Yield();
        int generation = Generation;
        CatalogSnapshot? snapshot = null;
        try
        {
            snapshot = await read!();
        }
        catch (CatalogUnreadableException e)
        {
            LastFailure = e.Message;
        }
        lock (_lock)
            _reading = null;
        Publish(snapshot, generation);
        return snapshot;
    }

    /// <summary>Why the last read failed: a SQLSTATE or the name of an exception, no text of the server's.</summary>
    public string? LastFailure { get; private set; }
}

/// <summary>The catalog could not be read.</summary>
/// <param name="reason">The server's code or the name of an exception: for the log, so no text of the server's.</param>
internal sealed class CatalogUnreadableException(string reason) : Exception(reason);
