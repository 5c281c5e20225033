using System.Net;
using WireProxy.Access;

namespace WireProxy.Relay.Sessions;

/// <summary>A connection whose client has not logged in yet.</summary>
internal interface IUnfinishedLogin
{
    /// <summary>Null over a Unix socket.</summary>
    IPAddress? Address { get; }

    /// <summary>How long the gateway has waited for this client's bytes, all in all.</summary>
    TimeSpan KeptWaiting { get; }

    /// <summary>It has one of the places of <see cref="ListenerLimits.Connections"/>.</summary>
    bool HasPlace { get; }

    /// <summary>Gives its place to whoever calls; false where it has none (any more).</summary>
    bool TryGivePlace();

    /// <summary>Gives its place back to the listener, where it has one.</summary>
    void GiveBack();

    void End(SessionEnd end);
}

/// <summary>
/// The connections of a listener that have not logged in yet. Where there are too many, the one that has kept the gateway waiting longest goes, of the
/// address that has the most, and the newcomer stays: whoever opens connections and says nothing pushes out their own. Nobody goes who has been waited
/// for less than a second, so that many who log in at once by one address, as after a restart behind a NAT, do not push out each other. Thread-safe.
/// </summary>
internal sealed class UnfinishedLogins(string listener, ListenerLimits limits, TimeProvider time, GatewayLog log)
{
    /// <summary>Logins take a few round trips: a client that is waited for longer is far away, slow, or has nothing to say.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private const string Hint = "Log in without a pause. If you did, somebody opens connections and does not log in: tell the gateway's operator.";

    private readonly Lock _lock = new();
    private readonly Dictionary<string, HashSet<IUnfinishedLogin>> _byAddress = new(StringComparer.Ordinal);
    private readonly FloodLog _givenUp = new(time, (count, address, limit) => log.LoginsGivenUp(listener, count, address, limit));
    private int _count;

    public int Count
    {
        get
        {
            lock (_lock)
                return _count;
        }
    }

    /// <summary>A client has connected; one that is too many ends.</summary>
    public void Enter(IUnfinishedLogin login)
    {
        (IUnfinishedLogin? left, string limit) = (null, "");
        lock (_lock)
        {
            string key = ClientNetwork.KeyOf(login.Address);
            if (!_byAddress.TryGetValue(key, out HashSet<IUnfinishedLogin>? own))
                _byAddress.Add(key, own = []);
            own.Add(login);
            _count++;
            if (own.Count > limits.UnfinishedLoginsPerAddress)
                (left, limit) = (LongestOf(own), $"limits.unfinished_logins_per_address of listener {listener} is {limits.UnfinishedLoginsPerAddress}");
            else if (_count > limits.UnfinishedLogins)
                (left, limit) = (LongestOf(Most()), $"limits.unfinished_logins of listener {listener} is {limits.UnfinishedLogins}");
            Remove(left);
        }
        // At once: until it has ended, which takes a moment, the newcomer may need it.
        left?.GiveBack();
        GiveUp(left, limit);
    }

    /// <summary>It has logged in, or gone. Does nothing where it has left already.</summary>
    public void Leave(IUnfinishedLogin login)
    {
        lock (_lock)
            Remove(login);
    }

    /// <summary>All places are taken: one that holds a place and has not logged in gives it to another.</summary>
    public bool TryTakePlaceOfOne()
    {
        IUnfinishedLogin? left;
        lock (_lock)
        {
            left = LongestOf(Most().Where(login => login.HasPlace));
            if (left is null || !left.TryGivePlace())
                return false;
            Remove(left);
        }
        GiveUp(left, $"limits.connections of listener {listener} is {limits.Connections}");
        return true;
    }

    private IUnfinishedLogin? LongestOf(IEnumerable<IUnfinishedLogin> logins) =>
        logins.Where(login => login.KeptWaiting >= limits.LoginGrace).MaxBy(login => login.KeptWaiting);

    private IEnumerable<IUnfinishedLogin> Most() => _byAddress.Values.MaxBy(logins => logins.Count) ?? [];

    private void Remove(IUnfinishedLogin? login)
    {
        if (login is null)
            return;
        string key = ClientNetwork.KeyOf(login.Address);
        if (!_byAddress.TryGetValue(key, out HashSet<IUnfinishedLogin>? own) || !own.Remove(login))
            return;
        _count--;
        if (own.Count == 0)
            _byAddress.Remove(key);
    }

    private void GiveUp(IUnfinishedLogin? login, string limit)
    {
        if (login is null)
            return;
        _givenUp.Add(login.Address?.ToString() ?? "a Unix socket", limit);
        login.End(new SessionEnd(
            Stage.Login, Party.Client, $"the login was given up: too many are under way, and this one kept the gateway waiting longest ({limit})", "53300", Hint)
        {
            IsToldInSum = true,
        });
    }
}
