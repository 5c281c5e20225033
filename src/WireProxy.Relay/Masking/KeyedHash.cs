using System.Security.Cryptography;

namespace WireProxy.Relay.Masking;

/// <summary>HMAC-SHA256 (RFC 2104) with a key that this process drew at random. Without a key a hash hides nothing that can be
/// guessed: there are only a thousand million social security numbers. Equal values have equal hashes within one run of one
/// gateway, so that a client can still join and count; hashes of two runs do not compare.</summary>
internal static class KeyedHash
{
    private static readonly byte[] _key = RandomNumberGenerator.GetBytes(HMACSHA256.HashSizeInBytes);

    // Preparing the key anew for each value would double the cost.
    [ThreadStatic]
    private static IncrementalHash? _prepared;

    /// <param name="hash">Takes 32 bytes; may be where the value is.</param>
    public static void Compute(ReadOnlySpan<byte> value, Span<byte> hash)
    {
        IncrementalHash prepared = _prepared ??= IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        prepared.AppendData(value);
        prepared.GetHashAndReset(hash);
    }

    /// <summary>Another UUID in the place of one: version 8 (RFC 9562, 5.8), its other bits from the hash of the 16 bytes.</summary>
    public static Guid Of(Guid original)
    {
        const int UuidBytes = 16;
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        original.TryWriteBytes(hash, bigEndian: true, out _);
        Compute(hash[..UuidBytes], hash);
        hash[6] = (byte)(0x80 | (hash[6] & 0x0F));
        hash[8] = (byte)(0x80 | (hash[8] & 0x3F));
        return new Guid(hash[..UuidBytes], bigEndian: true);
    }
}
