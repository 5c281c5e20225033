using System.Buffers.Text;
using System.Security.Cryptography;
using WireProxy.Protocols.Wire;

namespace WireProxy.Relay.Postgres.Masking;

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
}

/// <summary>Characters become the first 16 bytes of the hash as 32 hexadecimal digits.</summary>
internal sealed class HashedCharactersCell(bool isPadded) : CellMask
{
    private const int HashBytes = 16;

    public override bool TryWrite(ReadOnlySpan<byte> value, WireWriter destination)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        // character(n) is padded with blanks that do not count in comparisons (8.3).
        KeyedHash.Compute(isPadded ? value.TrimEnd((byte)' ') : value, hash);
        Span<byte> digits = destination.GetSpan(2 * HashBytes);
        bool written = Convert.TryToHexStringLower(hash[..HashBytes], digits, out int length);
        destination.Advance(length);
        return written;
    }
}

/// <summary>A uuid becomes another: version 8 (RFC 9562, 5.8), its other bits from the hash of the 16 bytes, so that text and
/// binary give the same one.</summary>
internal sealed class HashedUuidCell(bool binary) : CellMask
{
    private const int UuidBytes = 16;
    private const int UuidCharacters = 36;

    public override bool TryWrite(ReadOnlySpan<byte> value, WireWriter destination)
    {
        Guid original;
        if (binary && value.Length == UuidBytes)
            original = new Guid(value, bigEndian: true);
        else if (binary || !Utf8Parser.TryParse(value, out original, out int used, 'D') || used != value.Length)
            return false;
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        original.TryWriteBytes(hash, bigEndian: true, out _);
        KeyedHash.Compute(hash[..UuidBytes], hash);
        hash[6] = (byte)(0x80 | (hash[6] & 0x0F));
        hash[8] = (byte)(0x80 | (hash[8] & 0x3F));
        if (binary)
        {
            destination.WriteBytes(hash[..UuidBytes]);
            return true;
        }
        Span<byte> text = destination.GetSpan(UuidCharacters);
        bool written = Utf8Formatter.TryFormat(new Guid(hash[..UuidBytes], bigEndian: true), text, out int length, 'D');
        destination.Advance(length);
        return written;
    }
}
