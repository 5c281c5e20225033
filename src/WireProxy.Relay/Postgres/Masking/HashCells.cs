using System.Buffers.Text;
using System.Security.Cryptography;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Masking;

namespace WireProxy.Relay.Postgres.Masking;

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
        Guid hashed = KeyedHash.Of(original);
        Span<byte> text = destination.GetSpan(UuidCharacters);
        int length = UuidBytes;
        bool written = binary ? hashed.TryWriteBytes(text, bigEndian: true, out _) : Utf8Formatter.TryFormat(hashed, text, out length, 'D');
        destination.Advance(length);
        return written;
    }
}
