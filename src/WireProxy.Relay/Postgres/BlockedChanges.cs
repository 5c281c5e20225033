using System.Buffers.Text;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using WireProxy.Protocols.Postgres;
using WireProxy.Relay.Sessions;
using WireProxy.Relay.Transport;
using WireProxy.Sql;

namespace WireProxy.Relay.Postgres;

/// <summary>
/// Changes of others that wait, at the server, for locks of this session's open transaction. To wait here for such a change would be to wait for
/// oneself; and it has not happened, and cannot before the transaction has ended. The server is asked, over the session itself.
/// </summary>
/// <remarks>
/// Only of those that wait for a lock of a relation: advisory locks can be given back at any time. And only of changes in one message of plain statements that runs alone: should it give up waiting, then it fails as a whole. Of anything else a part may
/// have happened, or may happen as soon as it gives up; and so it may of what the changing session has changed before. Of the request side alone.
/// </remarks>
internal sealed class BlockedChanges(PostgresSession session)
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private ImmutableArray<(ChangeTurn Changer, long Claim)> _held = [];
    private long _asked;
    private TimeSpan _pause = ShortestPause;
    private volatile Answer? _answer;
    private volatile bool _hasEnded;
    private bool _cannotAsk;

    private TimeProvider Time => session.Session.Listener.Time;

    /// <summary>The change still is the one that the server spoke of.</summary>
    public bool Holds(INameUser changer, NameUse use)
    {
        foreach ((ChangeTurn held, long claim) in _held)
        {
            if (ReferenceEquals(held, changer))
                return held.LastClaim is { } last && last.Number == claim && last.IsAlone(use);
        }
        return false;
    }

    /// <summary>The next one asks at once.</summary>
    public void WaitIsOver() => (_asked, _pause) = (0, ShortestPause);

    /// <summary>The session gives back locks.</summary>
    public void Forget() => _held = [];

    /// <param name="changers">Whom the session would wait for.</param>
    /// <param name="use">With what.</param>
    /// <returns>Completes with the answer; null where there is nothing to ask now.</returns>
    public Task? AskAsync(IReadOnlyList<INameUser> changers, NameUse use, OutputBuffer output)
    {
        // A server that skips to the Sync would skip the query, too; and without a transaction nothing is locked between two statements.
        if (_cannotAsk || session.Status != TransactionStatus.InTransaction || session.ExchangeIsOpen || session.InFlight.Count > 0)
            return null;
        if (_asked != 0 && Time.GetElapsedTime(_asked) < _pause)
            return null;
        _held = [];
        List<(ChangeTurn Changer, long Claim, int ProcessId)> asked = [];
        foreach (INameUser one in changers)
        {
            if (one is not ChangeTurn { ProcessId: { } processId } changer || changer.LastClaim is not { } last || !last.IsAlone(use))
                return null;
            asked.Add((changer, last.Number, processId));
        }
        if (asked.Count == 0)
            return null;
        if (_asked != 0)
            _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
        _asked = Math.Max(1, Time.GetTimestamp());
        _answer = new Answer();
        string processIds = string.Join(',', asked.Select(one => one.ProcessId.ToString(CultureInfo.InvariantCulture)));
        session.Ask(_answer, Encoding.UTF8.GetBytes(
            $$"""
            SELECT p.id::pg_catalog.text FROM pg_catalog.unnest('{{{processIds}}}'::pg_catalog.int4[]) AS p (id)
             WHERE pg_catalog.pg_backend_pid() OPERATOR(pg_catalog.=) ANY (pg_catalog.pg_blocking_pids(p.id))
               AND EXISTS (SELECT FROM pg_catalog.pg_locks AS l WHERE l.pid OPERATOR(pg_catalog.=) p.id AND NOT l.granted AND l.locktype OPERATOR(pg_catalog.=) 'relation')
            """), output);
        if (_hasEnded)
            _answer.Abandon();
        return HearAsync(_answer, asked);
    }

    /// <summary>The session has ended.</summary>
    public void Abandon()
    {
        _hasEnded = true;
        _answer?.Abandon();
    }

    private async Task HearAsync(Answer answer, List<(ChangeTurn Changer, long Claim, int ProcessId)> asked)
    {
        IReadOnlySet<int> waiting = await answer.Task;
        _cannotAsk = answer.HasFailed;
        _held = [.. asked.Where(one => waiting.Contains(one.ProcessId)).Select(static one => (one.Changer, one.Claim))];
    }

    private sealed class Answer : OwnRead
    {
        private readonly TaskCompletionSource<IReadOnlySet<int>> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly HashSet<int> _waiting = [];

        public Task<IReadOnlySet<int>> Task => _done.Task;

        public override void Add(DataRow row)
        {
            foreach (FieldValue cell in row)
            {
                if (!cell.IsNull && Utf8Parser.TryParse(cell.Bytes, out int processId, out int length) && length == cell.Bytes.Length)
                    _waiting.Add(processId);
            }
        }

        public bool HasFailed { get; private set; }

        public override void Fail()
        {
            HasFailed = true;
            _waiting.Clear();
        }

        public override void Complete() => _done.TrySetResult(_waiting);

        public override void Abandon() => _done.TrySetResult(new HashSet<int>());
    }
}
