using System.Security.Cryptography;

namespace WireProxy.Access;

/// <summary>
/// The keys that a SCRAM client derives from its password, so that the next login to the same server costs no PBKDF2. Keeps no password:
/// an entry is found by an HMAC of password, salt and iterations under a key of this cache. Thread-safe; the oldest entry goes first.
/// </summary>
public sealed class ScramKeyCache(int capacity = 256) : IDisposable
{
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(ScramKeys.Length);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, byte[]> _entries = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

    /// <summary>How often PBKDF2 had to run.</summary>
    internal int Derivations { get; private set; }

    /// <param name="keys">ClientKey and ServerKey, 32 bytes each.</param>
    internal void Find(ReadOnlySpan<byte> password, ReadOnlySpan<byte> salt, int iterations, Span<byte> keys)
    {
        string fingerprint = Convert.ToBase64String(ScramKeys.Fingerprint(_key, password, salt, iterations));
        lock (_lock)
        {
            if (_entries.TryGetValue(fingerprint, out byte[]? found))
            {
                found.CopyTo(keys);
                return;
            }
        }
        Derive(password, salt, iterations, keys);
        byte[] kept = GC.AllocateUninitializedArray<byte>(keys.Length, pinned: true);
        keys.CopyTo(kept);
        lock (_lock)
        {
            Derivations++;
            if (!_entries.TryAdd(fingerprint, kept)) return;
            _order.Enqueue(fingerprint);
            if (_order.Count > capacity && _entries.Remove(_order.Dequeue(), out byte[]? oldest)) CryptographicOperations.ZeroMemory(oldest);
        }
    }

    internal static void Derive(ReadOnlySpan<byte> password, ReadOnlySpan<byte> salt, int iterations, Span<byte> keys)
    {
        Span<byte> salted = stackalloc byte[ScramKeys.Length];
        ScramKeys.SaltPassword(password, salt, iterations, salted);
        ScramKeys.ClientKey(salted, keys[..ScramKeys.Length]);
        ScramKeys.ServerKey(salted, keys[ScramKeys.Length..]);
        CryptographicOperations.ZeroMemory(salted);
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (byte[] keys in _entries.Values)
                CryptographicOperations.ZeroMemory(keys);
            _entries.Clear();
            _order.Clear();
        }
        CryptographicOperations.ZeroMemory(_key);
    }
}
