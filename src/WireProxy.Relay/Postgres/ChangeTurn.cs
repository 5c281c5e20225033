using System.Collections.Immutable;
using WireProxy.Protocols.Postgres;
using WireProxy.Relay.Sessions;
using WireProxy.Relay.Transport;
using WireProxy.Sql;

namespace WireProxy.Relay.Postgres;

/// <summary>What a message needs to itself while it runs.</summary>
/// <param name="Use">What the meaning of its statements hangs on; null where they mean the same whatever the catalog says.</param>
/// <param name="Claim">What nobody else may use while it changes; null where it changes nothing of the kind.</param>
/// <param name="Hold">What others wait for at the server.</param>
/// <param name="Change">What is news once it has run; null where nothing is.</param>
/// <param name="Later">Of <paramref name="Use"/> what may still run when the message is answered: deferred triggers, cursors.</param>
internal sealed record Needs(NameUse? Use, NameClaim? Claim, NameClaim? Hold, CatalogChange? Change, NameUse? Later)
{
    /// <summary>A statement of the text changes what an earlier one is still to run.</summary>
    public bool IsAgainstItself { get; init; }

    /// <summary>Its statements are plain, run no code beside, and happen as a whole or not at all.</summary>
    public bool IsWhole { get; init; }

    /// <summary>It reads, and puts values nowhere.</summary>
    public bool IsPlainRead { get; init; }

    /// <summary>A statement of the text gives back locks, and others follow it.</summary>
    public bool ReleasesAmid { get; init; }

    /// <summary>What preparing it needs: the server locks what a query uses (parse_analyze in src/backend/parser/analyze.c), and of a change nothing
    /// before it is run.</summary>
    public Needs ToPrepare => field ??= this is { Claim: null, Hold: null, Change: null, Later: null, IsAgainstItself: false } ? this
        : Claim is null && Hold is null ? new Needs(Use, null, null, null, null) { IsPlainRead = IsPlainRead } : Nothing;

    /// <summary>Of what a name means that was not seen being prepared: SQL prepares queries alone.</summary>
    public static Needs OfUnknown { get; } = new(NameUse.All, null, null, null, null);

    public static Needs Nothing { get; } = new(null, null, null, null, null);
}

/// <summary>The claim of a message under way.</summary>
/// <param name="Number">As of <see cref="ChangeTurn.ClaimsMade"/>.</param>
/// <param name="Before">What the session had claimed before, and may have changed.</param>
/// <param name="HeldBefore">What it held.</param>
internal sealed record ClaimUnderWay(long Number, NameClaim Before, NameClaim HeldBefore)
{
    /// <summary>It is in the way of a statement that nothing else is in the way of.</summary>
    public bool IsAlone(NameUse use) => !use.IsUnder(Before) && !use.IsUnder(HeldBefore);
}

/// <summary>
/// One session's part in keeping statements apart from changes of what they mean (<see cref="ChangeGuard"/>). What it uses is on the messages under
/// way; what it claims holds until its transaction has ended, as the server's locks do. <see cref="EnterAsync"/> is the request side's, the ends are
/// the response side's.
/// </summary>
internal sealed class ChangeTurn(PostgresSession session, DatabaseNews news) : INameUser
{
    /// <summary>Changes of others that come while a message is judged; more are told.</summary>
    private const int MostRejudged = 100;

    /// <summary>How soon whoever waits looks again, for what ends without a word.</summary>
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private readonly BlockedChanges _blocked = new(session);
    private volatile NameUse? _reserved;
    private volatile NameUse? _exchange;
    private volatile bool _isCancelled;
    private ImmutableArray<NameUse> _later = [];
    private NameClaim _claimed = NameClaim.Nobody;
    private NameClaim _held = NameClaim.Nobody;
    private CatalogChange? _change;
    private long _claimsMade;
    private long _endsSent;
    private long _endsAnswered;
    private long _claimsAtEnd;
    private long _since;
    private volatile ClaimUnderWay? _last;
    private volatile bool _isEntering;
    private volatile bool _isWaiting;
    private bool _goesOn;
    private volatile bool _hasUsed;
    private int _rejudged;
    private Needs? _kept;

    /// <summary>How many messages have been sent that claim or change something, or leave something for later.</summary>
    public long ClaimsMade => Volatile.Read(ref _claimsMade);

    /// <summary>How many statements have been sent that end a transaction.</summary>
    public long EndsSent => Volatile.Read(ref _endsSent);

    /// <summary>The last claim, where the message that has made it happens as a whole or not at all, is not answered, and no other runs beside it.</summary>
    public ClaimUnderWay? LastClaim => !_isEntering && _last is { } last && session.InFlight.RunsOne ? last : null;

    public int? ProcessId => session.ProcessId;

    /// <summary>What has passed since the last Sync uses, and what passes now. The server keeps its locks until the Sync is answered, also those of a Parse.</summary>
    public NameUse? ExchangeUses => _reserved is { } reserved ? NameUse.Join(_exchange, reserved) : _exchange;

    private ChangeGuard Guard => news.Guard;

    public bool Uses(NameClaim claim) => _reserved?.IsUnder(claim) == true || HasUnderWay(claim);

    public bool HasUnderWay(NameClaim claim) =>
        _exchange?.IsUnder(claim) == true || session.InFlight.Any(pending => pending.Uses?.IsUnder(claim) == true) || IsHeldLater(claim);

    public bool HoldsUp(INameUser changer, NameUse use) => _goesOn && _blocked.Holds(changer, use);

    public bool HasClaimed(NameUse use) => use.IsUnder(_claimed);

    public bool IsWaiting => _isWaiting;

    /// <summary>Asks the server whether those wait for this very session whom <paramref name="needs"/> would have to wait for.</summary>
    /// <returns>Completes with the answer; null where there is nothing to ask now.</returns>
    public Task? AskAsync(Needs needs, OutputBuffer output) =>
        needs.Use is null || !_hasUsed ? null : _blocked.AskAsync(Guard.WhoClaims(this, needs.Use, withHolds: !HasWaited), needs.Use, output);

    /// <summary>The last thing before a message passes. Null: it may, and what it uses and claims is known to all; otherwise it is to be judged
    /// again once the task has completed.</summary>
    /// <param name="isCertain">It was judged by a catalog that is known to be the present one.</param>
    /// <param name="refusal">Set where it must not pass at all.</param>
    public Task? EnterAsync(Needs needs, bool isCertain, out Refusal? refusal)
    {
        refusal = null;
        if (needs.IsAgainstItself || (needs.Change is { } own && IsAgainstLater(own)))
        {
            refusal = Refusals.ChangesWhatIsToRun;
            return null;
        }
        if (needs is { Claim: null, Hold: null, Change: null, Later: null })
            return Reserve(needs, isCertain, out refusal);
        // An answer on its way may give back what was claimed before: not between the claim and the look at who uses it.
        lock (_lock)
        {
            NameClaim claim = NameClaim.Join(_claimed, needs.Claim ?? NameClaim.Nobody), hold = NameClaim.Join(_held, needs.Hold ?? NameClaim.Nobody);
            _isEntering = true;
            if (needs.Claim is not null || needs.Hold is not null)
                Guard.Claim(this, claim, hold);
            if (Reserve(needs, isCertain, out refusal) is { } waiting)
            {
                _isEntering = false;
                return waiting;
            }
            if (refusal is null)
                Keep(needs, claim, hold);
            return null;
        }
    }

    /// <summary>Says what is used, and then looks whether somebody changes it or, of a change, whether somebody uses what is changed.</summary>
    private Task? Reserve(Needs needs, bool isCertain, out Refusal? refusal)
    {
        refusal = null;
        bool wasWaiting = _isWaiting;
        (_isWaiting, _reserved, _goesOn) = (false, needs.Use, !needs.ReleasesAmid);
        Interlocked.MemoryBarrier();
        // What is only held, somebody may hold for as long as the server lets him: in the end it is waited for there.
        bool isClaimed = needs.Use is { } use && Guard.IsClaimed(this, use, withHolds: !HasWaited);
        if (isClaimed || (needs.Claim is { } changing && Guard.IsUsed(this, changing)))
        {
            _reserved = null;
            // Who waits for others holds nobody up, but for those whom it waits for.
            _rejudged = 0;
            if (isClaimed)
                Withdraw(needs);
            else
                LetGoOn(wasWaiting);
            return Waiting(needs, out refusal);
        }
        (_since, _isCancelled) = (0, false);
        _blocked.WaitIsOver();
        if (needs.Use is null || !session.Masks || !session.View.HasNewsFor(needs.Use))
            return null;
        // It was judged by all that can be had, and that is not the newest: what is read is masked as a whole.
        bool isBest = !isCertain && session.View.IsAskedForNewest;
        if (isBest && needs.IsPlainRead && session.CertainProtection is null)
            return null;
        _reserved = null;
        Withdraw(needs);
        if (isBest || ++_rejudged > MostRejudged)
        {
            refusal = Refusals.NewsUnread;
            return null;
        }
        session.View.RequestArrived();
        return Task.CompletedTask;
    }

    /// <summary>It waits for those who use what it changes, and has sent nothing: they go on with it.</summary>
    private void LetGoOn(bool wasWaiting)
    {
        _isWaiting = true;
        if (!wasWaiting)
            Guard.Pulse();
    }

    private void Keep(Needs needs, NameClaim claim, NameClaim hold)
    {
        long number = Interlocked.Increment(ref _claimsMade);
        // A Bind and its Execute need the same; the next Bind is another run.
        bool isExecute = _last is not null && ReferenceEquals(needs, _kept);
        _last = !needs.IsWhole ? null : isExecute ? _last! with { Number = number } : new(number, _claimed, _held);
        (_claimed, _held, _kept) = (claim, hold, isExecute ? null : needs);
        if (needs.Change is not null)
            _change = CatalogChange.Join(_change, needs.Change);
        if (needs.Later is not null)
            _later = _later.Add(needs.Later);
    }

    /// <summary>The message is among those under way, or does not pass.</summary>
    public void Entered()
    {
        Passed();
        if (_reserved is not { } reserved)
            return;
        _exchange = NameUse.Join(_exchange, reserved);
        _reserved = null;
    }

    /// <summary>What ends the exchange is among the messages under way, and keeps <see cref="ExchangeUses"/>.</summary>
    public void ExchangeEnds()
    {
        Passed();
        _exchange = _reserved = null;
    }

    private void Passed()
    {
        if (_reserved is not null)
            _hasUsed = true;
        (_isEntering, _isWaiting, _isCancelled, _rejudged) = (false, false, false, 0);
        Volatile.Write(ref _since, 0);
    }

    /// <summary>A statement is sent that gives back locks: who has waited for them does so no longer.</summary>
    public void LocksEnd() => _blocked.Forget();

    /// <summary>A statement that ends the transaction is sent.</summary>
    public void TransactionEnds()
    {
        Volatile.Write(ref _claimsAtEnd, _claimsMade);
        Interlocked.Increment(ref _endsSent);
    }

    /// <summary>The client asks for the statement to be cancelled that may be waiting here.</summary>
    public void Cancel()
    {
        if (Volatile.Read(ref _since) == 0)
            return;
        _isCancelled = true;
        Guard.Pulse();
    }

    /// <summary>The session has ended: whoever waits for the server's word is let go.</summary>
    public void Abandon() => _blocked.Abandon();

    /// <summary>What has been changed since the last transaction ended; everything where it was not seen.</summary>
    public CatalogChange Changed()
    {
        lock (_lock)
            return _change ?? CatalogChange.Everything;
    }

    /// <summary>An exchange is answered.</summary>
    /// <param name="claims"><see cref="ClaimsMade"/> when its last message was sent.</param>
    /// <param name="ends"><see cref="EndsSent"/> at that time.</param>
    public void Answered(long claims, long ends)
    {
        // COMMIT AND CHAIN begins another transaction at once.
        bool hasEnded = session.Status == TransactionStatus.Idle || (ends > _endsAnswered && claims == Volatile.Read(ref _claimsAtEnd));
        _endsAnswered = ends;
        if (session.Status == TransactionStatus.Idle)
            _hasUsed = false;
        if (claims >= _last?.Number)
            _last = null;
        if (hasEnded && (HasClaims || !_later.IsEmpty || _change is not null))
        {
            lock (_lock)
            {
                if (claims == _claimsMade)
                {
                    (_claimed, _held, _change, _later) = (NameClaim.Nobody, NameClaim.Nobody, null, []);
                    Guard.Release(this);
                }
            }
        }
        if (Guard.IsAwaited)
            Guard.Pulse();
    }

    /// <summary>Something that it has claimed may still be changed by what the server runs.</summary>
    public bool MayStillChange => _claimed.Reach != ChangeReach.Nobody;

    private bool HasClaims => MayStillChange || _held.Reach != ChangeReach.Nobody;

    private bool IsAgainstLater(CatalogChange change)
    {
        foreach (NameUse use in _later)
        {
            if (change.IsAgainst(use))
                return true;
        }
        return false;
    }

    private bool IsHeldLater(NameClaim claim)
    {
        foreach (NameUse use in _later)
        {
            if (use.IsUnder(claim))
                return true;
        }
        return false;
    }

    private void Withdraw(Needs needs)
    {
        if (needs.Claim is null && needs.Hold is null)
            return;
        if (HasClaims)
            Guard.Claim(this, _claimed, _held);
        else
            Guard.Release(this);
    }

    /// <summary>As the gateway's operator wants it, or the session itself where it wants less.</summary>
    private TimeSpan Limit => session.Path.LockTimeout is var own && own > TimeSpan.Zero && own < Most ? own : Most;

    private TimeSpan Most => session.Session.Listener.Options.Limits.ChangeWait;

    private bool IsOverdue => session.Path.StatementTimeout is var own && own > TimeSpan.Zero && session.Session.Listener.Time.GetElapsedTime(_since) >= own;

    private bool HasWaited => _since != 0 && session.Session.Listener.Time.GetElapsedTime(_since) >= Limit;

    private Task? Waiting(Needs needs, out Refusal? refusal)
    {
        TimeProvider time = session.Session.Listener.Time;
        if (_since == 0)
            Volatile.Write(ref _since, Math.Max(1, time.GetTimestamp()));
        refusal = _isCancelled ? Refusals.WaitCancelled : IsOverdue ? Refusals.WaitOverdue : HasWaited ? Refusals.WaitedForChange(Limit) : null;
        if (refusal is null)
            return Task.WhenAny(Guard.NextAsync(), Task.Delay(Glance, time));
        (_since, _isCancelled) = (0, false);
        Withdraw(needs);
        return null;
    }
}
