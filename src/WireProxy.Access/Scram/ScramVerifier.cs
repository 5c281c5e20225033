using System.Collections.Immutable;

namespace WireProxy.Access;

/// <summary>What a SCRAM-SHA-256 server keeps of a password (RFC 5802, section 3; RFC 7677).</summary>
/// <param name="Salt">16 bytes or more.</param>
/// <param name="Iterations">Of PBKDF2, 4,096 or more.</param>
/// <param name="StoredKey">32 bytes.</param>
/// <param name="ServerKey">32 bytes.</param>
public sealed record ScramVerifier(
    ImmutableArray<byte> Salt, int Iterations, ImmutableArray<byte> StoredKey, ImmutableArray<byte> ServerKey);
