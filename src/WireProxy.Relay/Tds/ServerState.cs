namespace WireProxy.Relay.Tds;

/// <summary>
/// What the server keeps for a connection and requests are judged by: its database, temporary tables, handles, transaction. With
/// MARS the sessions of a connection share it, as they share it on the server, and their requests run beside each other. There a
/// request that changes what others are judged by runs alone: else one that was judged before could run behind it.
/// </summary>
/// <param name="database">The one that the login has led to.</param>
/// <param name="isShared">Several sessions may be under way at once, and what they do to each other matters.</param>
internal sealed class ServerState(string database, bool isShared)
{
    private volatile string _database = database;
    private volatile bool _inTransaction;
    private int _running;
    private bool _runsAlone;
    private TdsSession? _resetting;
    private TaskCompletionSource? _changed;

    /// <summary>Held while a request is judged, and while what it is judged by changes.</summary>
    public Lock Gate { get; } = new();

    public string FirstDatabase { get; } = database;

    public string Database
    {
        get => _database;
        set => _database = value;
    }

    public Handles Handles { get; } = new();

    /// <summary>What the requests before have left. Under <see cref="Gate"/>.</summary>
    public Leftovers Left { get; set; } = Leftovers.None;

    /// <summary>As the last answer said.</summary>
    public bool InTransaction
    {
        get => _inTransaction;
        set => _inTransaction = value;
    }

    /// <summary>The catalog was changed, and nobody else can see it yet. Under <see cref="Gate"/>.</summary>
    public bool HasOpenChanges { get; set; }

    /// <summary>Grows when the connection has changed the catalog for itself. Under <see cref="Gate"/>.</summary>
    public int Changes { get; set; }

    /// <summary>The session is like new: temporary tables and handles are gone, and it is back in its first database. Under <see cref="Gate"/>.</summary>
    public void Reset()
    {
        Handles.Clear();
        Left = Leftovers.None;
        Database = FirstDatabase;
    }

    /// <summary>What must be waited for before a request of this session can be judged; null: nothing. Under <see cref="Gate"/>.</summary>
    /// <param name="resets">The request resets the connection, which would take from other sessions what they work with.</param>
    public Task? WaitFor(TdsSession session, bool resets)
    {
        if (!isShared || ((_resetting is null || _resetting == session) && !(resets && _running > 0)))
        {
            if (isShared && resets)
                _resetting = session;
            return null;
        }
        _changed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return _changed.Task;
    }

    /// <summary>A request that was judged begins. False where it would run beside one that changes what it was judged by, or is one itself.
    /// Under <see cref="Gate"/>; <see cref="Leave"/> follows where it is true.</summary>
    public bool TryEnter(bool alone)
    {
        if (!isShared)
            return true;
        if (_runsAlone || (alone && _running > 0))
            return false;
        _runsAlone = alone;
        _running++;
        return true;
    }

    /// <summary>A request that had begun is answered, or its session has ended.</summary>
    public void Leave()
    {
        if (!isShared)
            return;
        lock (Gate)
        {
            _running--;
            _runsAlone = false;
            Changed();
        }
    }

    /// <summary>The server has reset the connection for this session's request, or will not any more.</summary>
    public void ResetDone(TdsSession session)
    {
        if (!isShared)
            return;
        lock (Gate)
        {
            if (_resetting != session)
                return;
            _resetting = null;
            Changed();
        }
    }

    private void Changed()
    {
        _changed?.TrySetResult();
        _changed = null;
    }

    /// <summary>Requests of other sessions may be under way.</summary>
    public bool IsShared => isShared;
}
