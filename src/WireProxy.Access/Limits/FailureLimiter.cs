namespace WireProxy.Access;

/// <summary>
/// Counts failed logins by address and by address with name, each in a bucket that empties with time. A success takes nothing back: an
/// address that knows one password must not get more tries at others. Memory is bounded; the entry that failed longest ago goes first.
/// </summary>
internal sealed class FailureLimiter(FailureLimits limits, TimeProvider clock)
{
    private readonly Lock _lock = new();
    private readonly FailureTable _names = new(limits.PerName, limits.Remembered);
    private readonly FailureTable _addresses = new(limits.PerAddress, limits.Remembered);

    /// <summary>How many entries are held in both tables.</summary>
    internal int Held
    {
        get
        {
            lock (_lock)
                return _names.Count + _addresses.Count;
        }
    }

    /// <summary>There is a try left for the address and for the name from there.</summary>
    public bool MayTry(LoginAttempt attempt)
    {
        string address = ClientNetwork.KeyOf(attempt.Address);
        long now = clock.GetTimestamp();
        lock (_lock)
            return _addresses.HasRoom(address, now, clock) && _names.HasRoom(NameKey(address, attempt), now, clock);
    }

    public void CountFailure(LoginAttempt attempt)
    {
        string address = ClientNetwork.KeyOf(attempt.Address);
        long now = clock.GetTimestamp();
        lock (_lock)
        {
            _addresses.Add(address, now, clock);
            _names.Add(NameKey(address, attempt), now, clock);
        }
    }

    /// <summary>A name may be long: what is kept of it has one length.</summary>
    private static string NameKey(string address, LoginAttempt attempt) =>
        $"{address} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(attempt.LoginName)))}";
}
