using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace WireProxy.Access;

/// <summary>The keys of RFC 5802, section 3, over SHA-256 (RFC 7677).</summary>
internal static class ScramKeys
{
    public const int Length = SHA256.HashSizeInBytes;
    public const int SaltLength = 16;

    /// <summary>RFC 7677, section 4: at least 4,096; PostgreSQL's own default too.</summary>
    public const int DefaultIterations = 4_096;

    /// <summary>SaltedPassword. The costly part: one PBKDF2.</summary>
    /// <param name="password">UTF-8, not yet prepared.</param>
    /// <param name="salted">32 bytes, which the caller wipes.</param>
    public static void SaltPassword(ReadOnlySpan<byte> password, ReadOnlySpan<byte> salt, int iterations, Span<byte> salted)
    {
        byte[] prepared = SaslPrep.Prepare(password);
        try
        {
            Rfc2898DeriveBytes.Pbkdf2(prepared, salt, salted, iterations, HashAlgorithmName.SHA256);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(prepared);
        }
    }

    public static void ClientKey(ReadOnlySpan<byte> salted, Span<byte> key) => HMACSHA256.HashData(salted, "Client Key"u8, key);

    public static void ServerKey(ReadOnlySpan<byte> salted, Span<byte> key) => HMACSHA256.HashData(salted, "Server Key"u8, key);

    /// <summary>What a server keeps of a password; costs one PBKDF2.</summary>
    public static ScramVerifier Verifier(ReadOnlySpan<byte> password, ReadOnlySpan<byte> salt, int iterations)
    {
        Span<byte> salted = stackalloc byte[Length];
        Span<byte> clientKey = stackalloc byte[Length];
        byte[] storedKey = new byte[Length];
        byte[] serverKey = new byte[Length];
        try
        {
            SaltPassword(password, salt, iterations, salted);
            ClientKey(salted, clientKey);
            SHA256.HashData(clientKey, storedKey);
            ServerKey(salted, serverKey);
            return new ScramVerifier([.. salt], iterations,
                ImmutableCollectionsMarshal.AsImmutableArray(storedKey), ImmutableCollectionsMarshal.AsImmutableArray(serverKey));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(salted);
            CryptographicOperations.ZeroMemory(clientKey);
        }
    }

    /// <summary>The salt of a name, whether a user has it or not, so that it says nothing and stays when the password changes.</summary>
    public static byte[] Salt(ReadOnlySpan<byte> key, ReadOnlySpan<byte> name) => HMACSHA256.HashData(key, [.. "salt"u8, .. name])[..SaltLength];

    /// <summary>A verifier that no password fits, the same for the same key and name; costs no PBKDF2.</summary>
    public static ScramVerifier Decoy(ReadOnlySpan<byte> key, ReadOnlySpan<byte> name)
    {
        byte[] salt = Salt(key, name);
        byte[] storedKey = HMACSHA256.HashData(key, [.. "stored"u8, .. name]);
        byte[] serverKey = HMACSHA256.HashData(key, [.. "server"u8, .. name]);
        return new ScramVerifier(
            ImmutableCollectionsMarshal.AsImmutableArray(salt), DefaultIterations,
            ImmutableCollectionsMarshal.AsImmutableArray(storedKey), ImmutableCollectionsMarshal.AsImmutableArray(serverKey));
    }

    /// <summary>Tells passwords with their salts apart without keeping them.</summary>
    public static byte[] Fingerprint(ReadOnlySpan<byte> key, ReadOnlySpan<byte> password, ReadOnlySpan<byte> salt, int iterations)
    {
        using IncrementalHash hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        Span<byte> numbers = stackalloc byte[2 * sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(numbers, iterations);
        BinaryPrimitives.WriteInt32BigEndian(numbers[sizeof(int)..], salt.Length);
        hash.AppendData(numbers);
        hash.AppendData(salt);
        hash.AppendData(password);
        return hash.GetHashAndReset();
    }
}
