using System.Collections.Concurrent;

namespace WireProxy.Relay.Sessions;

/// <summary>The sessions that live now, and the keys by which a client may ask to cancel what another of its connections runs.</summary>
internal sealed class SessionRegistry
{
    private readonly ConcurrentDictionary<Guid, Session> _sessions = new();
    private readonly ConcurrentDictionary<CancelKey, Session> _cancelKeys = new();

    public int Count => _sessions.Count;

    public IEnumerable<Session> Sessions => _sessions.Values;

    public void Add(Session session) => _sessions[session.Id] = session;

    public void Remove(Session session) => _sessions.TryRemove(session.Id, out _);

    public void AddCancelKey(CancelKey key, Session session) => _cancelKeys[key] = session;

    /// <summary>Removes the key where it is still this session's: a server may give the same one out again.</summary>
    public void RemoveCancelKey(CancelKey key, Session session) =>
        _cancelKeys.TryRemove(new KeyValuePair<CancelKey, Session>(key, session));

    public Session? FindByCancelKey(CancelKey key) => _cancelKeys.GetValueOrDefault(key);
}

/// <summary>What a cancel request must know: the server's process and its secret.</summary>
internal readonly struct CancelKey(string listener, int processId, ReadOnlySpan<byte> secret) : IEquatable<CancelKey>
{
    private readonly byte[] _secret = secret.ToArray();

    public bool Equals(CancelKey other) =>
        processId == other.ProcessId && listener == other.Listener &&
        System.Security.Cryptography.CryptographicOperations.FixedTimeEquals(_secret, other._secret);

    private int ProcessId { get; } = processId;

    private string Listener { get; } = listener;

    public override bool Equals(object? obj) => obj is CancelKey other && Equals(other);

    // The process id alone: keys of one process are few, and the secret stays out of hash tables' timing.
    public override int GetHashCode() => HashCode.Combine(ProcessId, Listener);
}
