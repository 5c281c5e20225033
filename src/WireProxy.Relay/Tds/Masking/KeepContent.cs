using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace WireProxy.Relay.Tds.Masking;

/// <summary>Keeps the first or last characters behind or before four stars. The stars are always four where the type has room for
/// them, so that neither the length nor the places of separators can be seen. A value that is not longer than what is kept
/// becomes stars wholly.</summary>
/// <remarks>A character is a Unicode scalar value. What cannot be told apart in characters keeps nothing.</remarks>
internal sealed class KeepContent(TextForm form, int count, bool fromEnd) : ContentMask
{
    private const int Stars = 4;

    private readonly bool _isSingleByte = form.Encoding.IsSingleByte;

    public override int Growth => form.IsPadded ? form.Room : Stars * form.Unit;

    public override int Put(ReadOnlySpan<byte> value, Span<byte> content)
    {
        var kept = Kept(form.Significant(value));
        int stars = Math.Min(Stars, (form.Room - kept.Length) / form.Unit);
        if (kept.IsEmpty || stars < 1)
            return form.Put("****"u8, content);
        int length = stars * form.Unit;
        form.PutCharacters("****"u8[..stars], fromEnd ? content : content[kept.Length..]);
        kept.CopyTo(fromEnd ? content[length..] : content);
        return form.Pad(content, length + kept.Length);
    }

    private ReadOnlySpan<byte> Kept(ReadOnlySpan<byte> value)
    {
        if (form.IsWide)
            return KeptOfWide(value);
        if (value.Length <= count)
            return [];
        if (_isSingleByte || Ascii.IsValid(value))
            return fromEnd ? value[^count..] : value[..count];
        return form.Encoding is UTF8Encoding ? KeptOfUtf8(value) : KeptOfDoubleBytes(value);
    }

    private ReadOnlySpan<byte> KeptOfWide(ReadOnlySpan<byte> value)
    {
        if (value.Length % sizeof(char) != 0)
            return [];
        int at = fromEnd ? value.Length : 0;
        for (int i = 0; i < count; i++)
        {
            var rest = fromEnd ? value[..at] : value[at..];
            int length = LengthOfScalar(rest);
            if (length == 0)
                return [];
            at += fromEnd ? -length : length;
        }
        return Outer(value, at);
    }

    /// <summary>Bytes of the first or last character of UTF-16; 0 where there is none, or half a surrogate pair.</summary>
    private int LengthOfScalar(ReadOnlySpan<byte> rest)
    {
        if (rest.IsEmpty)
            return 0;
        char first = (char)BinaryPrimitives.ReadUInt16LittleEndian(fromEnd ? rest[^sizeof(char)..] : rest);
        if (!char.IsSurrogate(first))
            return sizeof(char);
        if (rest.Length < 2 * sizeof(char))
            return 0;
        char second = (char)BinaryPrimitives.ReadUInt16LittleEndian(fromEnd ? rest[^(2 * sizeof(char))..] : rest[sizeof(char)..]);
        bool isPair = fromEnd ? char.IsSurrogatePair(second, first) : char.IsSurrogatePair(first, second);
        return isPair ? 2 * sizeof(char) : 0;
    }

    private ReadOnlySpan<byte> KeptOfUtf8(ReadOnlySpan<byte> value)
    {
        if (!Utf8.IsValid(value))
            return [];
        int at = fromEnd ? value.Length : 0;
        for (int i = 0; i < count; i++)
        {
            var rest = fromEnd ? value[..at] : value[at..];
            if (rest.IsEmpty)
                return [];
            _ = fromEnd ? Rune.DecodeLastFromUtf8(rest, out _, out int length) : Rune.DecodeFromUtf8(rest, out _, out length);
            at += fromEnd ? -length : length;
        }
        return Outer(value, at);
    }

    /// <summary>Code pages of one or two bytes a character can be read from their beginning alone. They have no characters outside
    /// of the basic plane.</summary>
    private ReadOnlySpan<byte> KeptOfDoubleBytes(ReadOnlySpan<byte> value)
    {
        char[] characters = ArrayPool<char>.Shared.Rent(form.Encoding.GetMaxCharCount(value.Length));
        var text = characters.AsSpan(0, form.Encoding.GetChars(value, characters));
        ReadOnlySpan<byte> kept = [];
        if (text.Length > count && !text.Contains('\uFFFD'))
        {
            int length = form.Encoding.GetByteCount(fromEnd ? text[^count..] : text[..count]);
            kept = length < value.Length ? Outer(value, fromEnd ? value.Length - length : length) : [];
        }
        ArrayPool<char>.Shared.Return(characters, clearArray: true);
        return kept;
    }

    /// <summary>What lies on the kept side, unless that is all.</summary>
    private ReadOnlySpan<byte> Outer(ReadOnlySpan<byte> value, int at) =>
        fromEnd ? at == 0 ? [] : value[at..] : at == value.Length ? [] : value[..at];
}
