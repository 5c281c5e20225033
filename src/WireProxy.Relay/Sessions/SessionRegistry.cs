using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace WireProxy.Relay.Sessions;

/// <summary>The sessions that live now, and the keys by which a client may ask to cancel what another of its connections runs.</summary>
internal sealed class SessionRegistry
{
    private readonly ConcurrentDictionary<Guid, Session> _sessions = new();
    private readonly ConcurrentDictionary<CancelHandle, Session> _cancelKeys = new();

    public int Count => _sessions.Count;

    public IEnumerable<Session> Sessions => _sessions.Values;

    public void Add(Session session) => _sessions[session.Id] = session;

    public void Remove(Session session) => _sessions.TryRemove(session.Id, out _);

    public void AddCancelKey(CancelHandle key, Session session) => _cancelKeys[key] = session;

    /// <summary>Removes the key where it is still this session's: a server may give the same one out again.</summary>
    public void RemoveCancelKey(CancelHandle key, Session session) =>
        _cancelKeys.TryRemove(new KeyValuePair<CancelHandle, Session>(key, session));

    public Session? FindByCancelKey(CancelHandle key) => _cancelKeys.GetValueOrDefault(key);
}

/// <summary>What a cancel request must know: the server's process and its secret.</summary>
internal readonly struct CancelHandle(string listener, int processId, ReadOnlySpan<byte> secret) : IEquatable<CancelHandle>
{
    private readonly string _listener = listener;
    private readonly int _processId = processId;
    private readonly byte[] _secret = secret.ToArray();

    public bool Equals(CancelHandle other) =>
        _processId == other._processId && _listener == other._listener && CryptographicOperations.FixedTimeEquals(_secret, other._secret);

    public override bool Equals(object? obj) => obj is CancelHandle other && Equals(other);

    // Without the secret, which so stays out of a hash table's timing; one process has few keys.
    public override int GetHashCode() => HashCode.Combine(_processId, _listener);
}
