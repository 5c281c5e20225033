using WireProxy.Protocols.Wire;
using WireProxy.Relay.Sessions;
using WireProxy.Sql;

namespace WireProxy.Relay.Postgres;

/// <summary>What the server owes for one message of the client, or where in its stream a marker stands.</summary>
internal enum Expectation : byte
{
    Startup,
    Query,
    Parse,
    Bind,
    DescribeStatement,
    DescribePortal,
    Execute,
    Close,
    Sync,
    FunctionCall,
    /// <summary>The gateway's own read of the catalog, by the simple protocol.</summary>
    Catalog,
    /// <summary>CopyData begins here. No answer is owed.</summary>
    CopyData,
    /// <summary>CopyDone or CopyFail. No answer is owed.</summary>
    CopyEnd,
}

/// <summary>One message under way.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Work">What the response side needs to know of it: <see cref="Work"/> says more.</param>
/// <param name="IsOurs">The client did not send it, and does not get its answer.</param>
/// <param name="Changes">Of what ends an exchange: <see cref="CatalogView.ChangesSent"/> when it was sent.</param>
/// <param name="Claims">The same of <see cref="ChangeTurn.ClaimsMade"/>.</param>
/// <param name="Ends">The same of <see cref="ChangeTurn.EndsSent"/>.</param>
/// <param name="Uses">What the meaning of what the exchange runs or prepares hangs on; null where nothing can change it.</param>
internal readonly record struct Pending(
    Expectation Kind, Work? Work = null, bool IsOurs = false, long Changes = 0, long Claims = 0, long Ends = 0, NameUse? Uses = null)
{
    /// <summary>The server runs something for it.</summary>
    public bool Runs => Kind is Expectation.Query or Expectation.Execute or Expectation.FunctionCall;
}

/// <summary>
/// The messages that the server has not answered, in order: the request pump adds, the response pump removes. It mirrors
/// the server's own rules: after an error in the extended protocol everything up to the next Sync is skipped, and a Sync
/// that arrives while the server waits for copy data is ignored (PostgreSQL documentation, sections 54.2.3 and 54.2.6).
/// </summary>
internal sealed class InFlight
{
    private const int SmallestRing = 8;

    private readonly Lock _lock = new();
    private Pending[] _ring = [];
    private int _head;
    private int _count;
    private bool _skipping;
    private bool _isCopyingIn;
    private bool _isAbandoned;
    private TaskCompletionSource? _empty;

    public int Count
    {
        get
        {
            lock (_lock)
            {
                // Markers, which nobody answers, are no messages under way.
                Settle();
                return _count;
            }
        }
    }

    /// <summary>Whether what was sent last makes the server answer without being asked to: it ends in a Query, a FunctionCall or a Sync.</summary>
    public bool WillDrain
    {
        get
        {
            lock (_lock)
                return _count == 0 || EndsExchange(_ring[(_head + _count - 1) & (_ring.Length - 1)].Kind);
        }
    }

    public void Add(Pending pending)
    {
        lock (_lock)
        {
            if (pending.Kind == Expectation.CopyEnd)
                _isCopyingIn = false;
            if (_count == _ring.Length)
                Grow();
            _ring[(_head + _count++) & (_ring.Length - 1)] = pending;
        }
    }

    /// <summary>What the next answer belongs to; false where the server owes nothing.</summary>
    public bool TryPeek(out Pending pending)
    {
        lock (_lock)
        {
            Settle();
            pending = _count > 0 ? _ring[_head] : default;
            return _count > 0;
        }
    }

    /// <summary>One alone of those under way makes the server run something.</summary>
    public bool RunsOne
    {
        get
        {
            int count = 0;
            lock (_lock)
            {
                for (int i = 0; i < _count; i++)
                    count += _ring[(_head + i) & (_ring.Length - 1)].Runs ? 1 : 0;
            }
            return count == 1;
        }
    }

    /// <summary>Whether one of those under way is like this.</summary>
    public bool Any(Func<Pending, bool> predicate)
    {
        lock (_lock)
        {
            for (int i = 0; i < _count; i++)
            {
                if (predicate(_ring[(_head + i) & (_ring.Length - 1)]))
                    return true;
            }
            return false;
        }
    }

    /// <summary>The answer to the first is complete.</summary>
    public void Remove()
    {
        lock (_lock)
        {
            if (_count > 0)
                RemoveHead();
        }
    }

    /// <summary>An error has answered a message of the extended protocol: it and all up to the next Sync are done with.</summary>
    public void SkipToSync()
    {
        lock (_lock)
        {
            _skipping = true;
            Settle();
        }
    }

    /// <summary>The Execute at the head, which began a copy towards the server, has ended. Syncs that stood in the copy's way
    /// were ignored: those before CopyDone or CopyFail, and where the copy failed before either, those before the last data
    /// (or, without any, all that follow at once: the server read them while it waited for data).</summary>
    public void EndCopyIn()
    {
        lock (_lock)
        {
            int last = 0;
            int leadingSyncs = 0;
            for (int i = 1; i < _count; i++)
            {
                Expectation kind = _ring[(_head + i) & (_ring.Length - 1)].Kind;
                if (kind == Expectation.Sync && i == leadingSyncs + 1)
                    leadingSyncs = i;
                else if (kind is Expectation.CopyData or Expectation.CopyEnd)
                    last = i;
                else if (kind != Expectation.Sync)
                    break;
                if (kind == Expectation.CopyEnd)
                    break;
            }
            for (int left = last == 0 ? leadingSyncs : last; left >= 0; left--)
                RemoveHead();
        }
    }

    /// <summary>Completes when everything sent so far is answered.</summary>
    /// <exception cref="SessionEndException">The upstream has ended before.</exception>
    public Task WhenEmptyAsync()
    {
        lock (_lock)
        {
            if (_isAbandoned)
                return Task.FromException(new SessionEndException(SessionEnd.UpstreamClosed));
            Settle();
            if (_count == 0)
                return Task.CompletedTask;
            if (_isCopyingIn)
                return Task.FromException(StatementInCopy());
            _empty ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _empty.Task;
        }
    }

    /// <summary>The server waits for copy data: whoever waits for its answers would wait for the client, and the client for them.</summary>
    public void BeginCopyIn()
    {
        lock (_lock)
        {
            _isCopyingIn = true;
            _empty?.TrySetException(StatementInCopy());
            _empty = null;
        }
    }

    /// <summary>Nothing more will be answered: whoever waits is let go.</summary>
    public void Abandon()
    {
        lock (_lock)
        {
            _isAbandoned = true;
            _empty?.TrySetException(new SessionEndException(SessionEnd.UpstreamClosed));
            _empty = null;
        }
    }

    private static bool EndsExchange(Expectation kind) =>
        kind is Expectation.Query or Expectation.FunctionCall or Expectation.Sync or Expectation.Catalog or Expectation.Startup;

    /// <summary>Brings the first that is really owed an answer to the head.</summary>
    private void Settle()
    {
        while (_count > 0)
        {
            Expectation kind = _ring[_head].Kind;
            bool isMarker = kind is Expectation.CopyData or Expectation.CopyEnd;
            if (!isMarker && !(_skipping && kind != Expectation.Sync))
                break;
            RemoveHead();
        }
        if (_count > 0)
            _skipping = false;
    }

    private static ProtocolException StatementInCopy() => new("a statement came where the data of a COPY were due");

    private void RemoveHead()
    {
        _isCopyingIn = false;
        _ring[_head] = default;
        _head = (_head + 1) & (_ring.Length - 1);
        if (--_count > 0)
            return;
        _empty?.TrySetResult();
        _empty = null;
        if (_ring.Length > 64)
        {
            _ring = new Pending[SmallestRing];
            _head = 0;
        }
    }

    private void Grow()
    {
        var larger = new Pending[Math.Max(SmallestRing, _ring.Length * 2)];
        for (int i = 0; i < _count; i++)
            larger[i] = _ring[(_head + i) & (_ring.Length - 1)];
        _ring = larger;
        _head = 0;
    }
}
