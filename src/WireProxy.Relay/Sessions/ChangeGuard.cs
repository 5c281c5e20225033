using System.Collections.Concurrent;
using WireProxy.Sql;

namespace WireProxy.Relay.Sessions;

/// <summary>A session whose statements mean something by the catalog.</summary>
internal interface INameUser
{
    /// <summary>It has a statement under way, or judged and about to be sent, that uses what is claimed.</summary>
    bool Uses(NameClaim claim);

    /// <summary>The same without what is about to be sent.</summary>
    bool HasUnderWay(NameClaim claim);

    /// <summary>The server has said that the other waits there for this very session, with the one change that concerns what is used.</summary>
    bool HoldsUp(INameUser changer, NameUse use);

    /// <summary>It has sent a change of what is used.</summary>
    bool HasClaimed(NameUse use);

    /// <summary>It has found somebody who uses what it is to change, and has sent nothing since.</summary>
    bool IsWaiting { get; }
}

/// <summary>
/// Keeps statements apart from changes of what they mean, across the sessions of one database: a statement is judged by the catalog as it is, and must
/// not run by another one. A session claims names before it changes them, and waits until nobody uses them; whoever wants to use them waits until
/// the claim is given back. Sessions that change nothing pay for a look at a counter.
/// </summary>
/// <remarks>A statement first says what it uses and then looks at the claims, a change first claims and then looks at who uses: one of the two sees the
/// other. What is changed past the gateway is not seen here.</remarks>
internal sealed class ChangeGuard
{
    private readonly ConcurrentDictionary<INameUser, (NameClaim Change, NameClaim Hold)> _claims = [];
    private readonly ConcurrentDictionary<INameUser, byte> _users = [];
    private readonly Lock _lock = new();
    private int _claimCount;
    private TaskCompletionSource? _next;

    public void Join(INameUser user) => _users.TryAdd(user, 0);

    public void Leave(INameUser user)
    {
        _users.TryRemove(user, out _);
        Release(user);
    }

    /// <summary>Nobody claims anything.</summary>
    public bool IsQuiet => Volatile.Read(ref _claimCount) == 0;

    /// <summary>Somebody else changes what is used. Not who waits here for this very session: it has begun to use it before, as by a Bind whose Execute
    /// comes now, and would wait for him in turn.</summary>
    /// <param name="withHolds">Or holds it at the server.</param>
    public bool IsClaimed(INameUser by, NameUse use, bool withHolds = true)
    {
        if (IsQuiet)
            return false;
        foreach ((INameUser owner, (NameClaim change, NameClaim hold)) in _claims)
        {
            if (IsUnder(by, use, owner, change, hold, withHolds) && !by.HoldsUp(owner, use))
                return true;
        }
        return false;
    }

    /// <summary>Those of whom <see cref="IsClaimed"/> tells, and those whom the session holds up.</summary>
    public IReadOnlyList<INameUser> WhoClaims(INameUser by, NameUse use, bool withHolds) =>
        [.. _claims.Where(claim => IsUnder(by, use, claim.Key, claim.Value.Change, claim.Value.Hold, withHolds)).Select(static claim => claim.Key)];

    private static bool IsUnder(INameUser by, NameUse use, INameUser owner, NameClaim change, NameClaim hold, bool withHolds) => !ReferenceEquals(owner, by)
        && ((use.IsUnder(change) && (!owner.IsWaiting || owner.HasClaimed(use) || !by.HasUnderWay(change))) || (withHolds && use.IsUnder(hold) && !by.HasUnderWay(hold)));

    /// <summary>Somebody else uses what is claimed.</summary>
    public bool IsUsed(INameUser by, NameClaim claim)
    {
        foreach (INameUser user in _users.Keys)
        {
            if (!ReferenceEquals(user, by) && user.Uses(claim))
                return true;
        }
        return false;
    }

    /// <summary>From here on nobody else begins to use what is claimed. Replaces what the session has claimed before.</summary>
    /// <param name="hold">What the server lets others wait for, and may be changed next.</param>
    public void Claim(INameUser owner, NameClaim change, NameClaim hold)
    {
        lock (_lock)
        {
            bool isNew = !_claims.ContainsKey(owner);
            _claims[owner] = (change, hold);
            if (isNew)
                Interlocked.Increment(ref _claimCount);
        }
    }

    public void Release(INameUser owner)
    {
        lock (_lock)
        {
            if (_claims.TryRemove(owner, out _))
                Interlocked.Decrement(ref _claimCount);
        }
        Pulse();
    }

    /// <summary>Somebody waits for statements under way to be answered.</summary>
    public bool IsAwaited => Volatile.Read(ref _next) is not null;

    /// <summary>Whoever waits looks again.</summary>
    public void Pulse() => Interlocked.Exchange(ref _next, null)?.TrySetResult();

    /// <summary>Completes when something has been given back or answered.</summary>
    public Task NextAsync()
    {
        while (true)
        {
            TaskCompletionSource? next = Volatile.Read(ref _next);
            if (next is not null)
                return next.Task;
            next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (Interlocked.CompareExchange(ref _next, next, null) is null)
                return next.Task;
        }
    }
}
