using System.Buffers.Binary;
using System.Text;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Masking;

namespace WireProxy.Relay.Postgres.Masking;

/// <summary>Keeps the first or last characters behind or before four stars. The stars are always four, so that neither the length
/// nor the places of separators can be seen. A value that is not longer than what is kept becomes stars wholly.</summary>
/// <remarks>A character is a Unicode scalar value. Bytes that are not UTF-8 come from a client_encoding whose characters cannot be
/// told apart here: then nothing is kept.</remarks>
internal sealed class KeepCell(int count, bool fromEnd, bool isPadded) : CellMask
{
    private const int StarBytes = 4;
    private const uint Stars = 0x2A2A2A2A;

    public override bool TryWrite(ReadOnlySpan<byte> value, WireWriter destination)
    {
        ReadOnlySpan<byte> kept = Kept(value);
        WriteContent(kept, destination.GetSpan(StarBytes + kept.Length));
        destination.Advance(StarBytes + kept.Length);
        return true;
    }

    public override int TryPut(ReadOnlySpan<byte> value, Span<byte> cell)
    {
        ReadOnlySpan<byte> kept = Kept(value);
        // Two stores are enough for the usual mask; what they leave behind the cell is zeros, and is overwritten by what comes next.
        if (fromEnd && !isPadded && kept.Length is > 0 and <= sizeof(ulong) && value.Length >= sizeof(ulong) && cell.Length >= 2 * sizeof(ulong))
        {
            BinaryPrimitives.WriteUInt64BigEndian(cell, ((ulong)(uint)(StarBytes + kept.Length) << 32) | Stars);
            ulong last = BinaryPrimitives.ReadUInt64LittleEndian(value[^sizeof(ulong)..]);
            BinaryPrimitives.WriteUInt64LittleEndian(cell[sizeof(ulong)..], last >> (8 * (sizeof(ulong) - kept.Length)));
        }
        else if (cell.Length >= sizeof(int) + StarBytes + kept.Length)
        {
            BinaryPrimitives.WriteInt32BigEndian(cell, StarBytes + kept.Length);
            WriteContent(kept, cell[sizeof(int)..]);
        }
        else
        {
            return 0;
        }
        return sizeof(int) + StarBytes + kept.Length;
    }

    private void WriteContent(ReadOnlySpan<byte> kept, Span<byte> destination)
    {
        "****"u8.CopyTo(fromEnd ? destination : destination[kept.Length..]);
        kept.CopyTo(fromEnd ? destination[StarBytes..] : destination);
    }

    private ReadOnlySpan<byte> Kept(ReadOnlySpan<byte> value)
    {
        if (isPadded)
            value = value.TrimEnd((byte)' ');
        if (value.Length <= count)
            return [];
        if (IsAscii(value))
            return fromEnd ? value[^count..] : value[..count];
        return KeptScalars(value);
    }

    /// <summary>Most values have 8 to 16 bytes, for which two words are all that must be looked at.</summary>
    private static bool IsAscii(ReadOnlySpan<byte> value)
    {
        const ulong NotAscii = 0x8080_8080_8080_8080;
        return value.Length is >= sizeof(ulong) and <= 2 * sizeof(ulong)
            ? ((BinaryPrimitives.ReadUInt64LittleEndian(value) | BinaryPrimitives.ReadUInt64LittleEndian(value[^sizeof(ulong)..])) & NotAscii) == 0
            : Ascii.IsValid(value);
    }

    private ReadOnlySpan<byte> KeptScalars(ReadOnlySpan<byte> value)
    {
        if (!System.Text.Unicode.Utf8.IsValid(value))
            return [];
        ReadOnlySpan<byte> rest = value;
        for (int i = 0; i < count; i++)
        {
            if (rest.IsEmpty)
                return [];
            _ = fromEnd ? Rune.DecodeLastFromUtf8(rest, out _, out int length) : Rune.DecodeFromUtf8(rest, out _, out length);
            rest = fromEnd ? rest[..^length] : rest[length..];
        }
        return rest.IsEmpty ? [] : fromEnd ? value[rest.Length..] : value[..^rest.Length];
    }
}

/// <summary>A postal code's first three digits. Where fewer than 20,000 people live under these three, they become 000, as the Safe
/// Harbor method asks (45 CFR 164.514(b)(2)(i)(B)); anything that does not begin with five digits is redacted.</summary>
internal sealed class Zip3Cell : CellMask
{
    private const int ZipLength = 5;

    public override bool TryWrite(ReadOnlySpan<byte> value, WireWriter destination)
    {
        if (value.Length < ZipLength || value[..ZipLength].ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            destination.WriteBytes("****"u8);
            return true;
        }
        destination.WriteBytes(SmallZipAreas.Shown(value));
        destination.WriteBytes("**"u8);
        return true;
    }
}

/// <summary>The year of characters that begin with a date of ISO 8601, such as 1987-03-04; anything else is redacted.</summary>
internal sealed class YearOfCharactersCell : CellMask
{
    private const int YearLength = 4;
    private const int DateLength = 10;

    public override bool TryWrite(ReadOnlySpan<byte> value, WireWriter destination)
    {
        destination.WriteBytes(BeginsWithDate(value) ? value[..YearLength] : "****"u8);
        return true;
    }

    private static bool BeginsWithDate(ReadOnlySpan<byte> value)
    {
        if (value.Length < DateLength)
            return false;
        for (int i = 0; i < DateLength; i++)
            if (i is 4 or 7 ? value[i] != '-' : !char.IsAsciiDigit((char)value[i]))
                return false;
        return value.Length == DateLength || value[DateLength] is (byte)'T' or (byte)' ';
    }
}

/// <summary>A bit string of the same length with all bits zero: bit(n) has that length by its type. varbit becomes empty.</summary>
internal sealed class BitCell(bool binary) : CellMask
{
    public override bool TryWrite(ReadOnlySpan<byte> value, WireWriter destination)
    {
        if (!binary)
        {
            Span<byte> zeros = destination.GetSpan(value.Length)[..value.Length];
            zeros.Fill((byte)'0');
            destination.Advance(value.Length);
            return true;
        }
        // Bits as a 32-bit number, then the bits in whole bytes (bit_send).
        if (value.Length < sizeof(int))
            return false;
        int bits = BinaryPrimitives.ReadInt32BigEndian(value);
        int length = value.Length - sizeof(int);
        if (bits < 0 || ((long)bits + 7) / 8 != length)
            return false;
        destination.WriteInt32(bits);
        destination.GetSpan(length)[..length].Clear();
        destination.Advance(length);
        return true;
    }
}
