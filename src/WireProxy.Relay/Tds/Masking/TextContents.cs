using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using WireProxy.Relay.Masking;

namespace WireProxy.Relay.Tds.Masking;

/// <summary>A postal code's first three digits; anything that does not begin with five digits is redacted.</summary>
internal sealed class Zip3Content(TextForm form) : ContentMask
{
    private const int ZipLength = 5;

    public override int Growth => form.Bound(ZipLength * form.Unit);

    public override int Put(ReadOnlySpan<byte> value, Span<byte> content)
    {
        Span<byte> zip = stackalloc byte[ZipLength];
        if (!form.TryReadAscii(value, zip) || zip.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            return form.Put("****"u8, content);
        SmallZipAreas.Shown(zip).CopyTo(zip);
        zip[3..].Fill((byte)'*');
        return form.Put(zip, content);
    }
}

/// <summary>The year of characters that begin with a date of ISO 8601, such as 1987-03-04; anything else is redacted.</summary>
internal sealed class YearOfTextContent(TextForm form) : ContentMask
{
    private const int YearLength = 4;
    private const int DateLength = 10;

    public override int Growth => form.Bound(YearLength * form.Unit);

    public override int Put(ReadOnlySpan<byte> value, Span<byte> content)
    {
        Span<byte> date = stackalloc byte[DateLength + 1];
        bool isDate = form.TryReadAscii(form.Significant(value), date[..DateLength]) && IsDate(date[..DateLength])
            && (form.Significant(value).Length == DateLength * form.Unit
                || (form.TryReadAscii(value, date) && date[DateLength] is (byte)'T' or (byte)' '));
        return form.Put(isDate ? date[..YearLength] : "****"u8, content);
    }

    private static bool IsDate(ReadOnlySpan<byte> value)
    {
        for (int i = 0; i < DateLength; i++)
            if (i is 4 or 7 ? value[i] != '-' : !char.IsAsciiDigit((char)value[i]))
                return false;
        return true;
    }
}

/// <summary>Characters become the first 16 bytes of the hash of their UTF-8 as hexadecimal digits, as many of the 32 as the type has
/// room for, so that varchar and nvarchar, in whichever collation, give the same hash.</summary>
internal sealed class HashedTextContent(TextForm form) : ContentMask
{
    /// <summary>With fewer digits than these too many values would look equal: a type that is so short becomes NULL.</summary>
    public const int FewestDigits = 8;

    private const int HashBytes = 16;

    public override int Growth => form.Bound(2 * HashBytes * form.Unit);

    public override int Put(ReadOnlySpan<byte> value, Span<byte> content)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Span<byte> digits = stackalloc byte[2 * HashBytes];
        Compute(form.Significant(value), hash);
        Convert.TryToHexStringLower(hash[..HashBytes], digits, out _);
        return form.Put(digits, content);
    }

    private void Compute(ReadOnlySpan<byte> value, Span<byte> hash)
    {
        if (!form.IsWide && (form.Encoding is UTF8Encoding || Ascii.IsValid(value)))
        {
            KeyedHash.Compute(value, hash);
            return;
        }
        char[] characters = ArrayPool<char>.Shared.Rent(form.Encoding.GetMaxCharCount(value.Length));
        var text = characters.AsSpan(0, form.Encoding.GetChars(value, characters));
        byte[] bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        KeyedHash.Compute(bytes.AsSpan(0, Encoding.UTF8.GetBytes(text, bytes)), hash);
        ArrayPool<char>.Shared.Return(characters, clearArray: true);
        ArrayPool<byte>.Shared.Return(bytes, clearArray: true);
    }
}

/// <summary>A uniqueidentifier becomes another one.</summary>
internal sealed class HashedGuidContent : ContentMask
{
    private const int GuidLength = 16;

    public override int Growth => GuidLength;

    public override int Put(ReadOnlySpan<byte> value, Span<byte> content)
    {
        var hashed = value.Length == GuidLength ? KeyedHash.Of(new Guid(value)) : Guid.Empty;
        hashed.TryWriteBytes(content);
        return GuidLength;
    }
}
