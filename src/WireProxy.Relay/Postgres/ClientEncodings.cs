using System.Collections.Immutable;
using System.Text;
using System.Text.Unicode;
using WireProxy.Sql;

namespace WireProxy.Relay.Postgres;

/// <summary>How statement text is read in the session's client_encoding.</summary>
internal static class ClientEncodings
{
    /// <summary>Client-only encodings whose multi-byte characters contain ASCII bytes, so that quotes and backslashes may be
    /// part of a letter (PostgreSQL documentation, table 24.3): text in them is not judged.</summary>
    private static readonly HashSet<string> Unsafe = new(StringComparer.OrdinalIgnoreCase)
    {
        "BIG5", "GB18030", "GBK", "JOHAB", "SHIFT_JIS_2004", "SJIS", "UHC",
    };

    public static bool IsUnsafe(string encoding) => Unsafe.Contains(encoding);

    /// <summary>The text as UTF-8 for the parser, or null where it can be used as it is. Outside UTF-8 every byte above ASCII becomes one
    /// letter: that is what it is to PostgreSQL's lexer, whatever the letter.</summary>
    public static byte[]? ToUtf8(ReadOnlySpan<byte> text, string encoding)
    {
        if (Ascii.IsValid(text) || (IsUtf8(encoding) && Utf8.IsValid(text)))
            return null;
        return IsUtf8(encoding) ? null : Encoding.UTF8.GetBytes(Encoding.Latin1.GetString(text));
    }

    /// <summary>The same spans in the text as the client sent it, where <see cref="ToUtf8"/> has made it longer.</summary>
    public static ImmutableArray<SecretSpan> InOriginal(ReadOnlySpan<byte> text, string encoding, ImmutableArray<SecretSpan> spans)
    {
        if (spans.IsEmpty || IsUtf8(encoding) || Ascii.IsValid(text))
            return spans;
        var starts = new int[Encoding.UTF8.GetByteCount(Encoding.Latin1.GetString(text)) + 1];
        int at = 0;
        for (int i = 0; i < text.Length; i++)
        {
            starts[at++] = i;
            if (text[i] >= 0x80)
                starts[at++] = i;
        }
        starts[at] = text.Length;
        return [.. spans.Select(span =>
        {
            int from = starts[Math.Clamp(span.Offset, 0, at)];
            return new SecretSpan(from, starts[Math.Clamp(span.Offset + span.Length, 0, at)] - from);
        })];
    }

    private static bool IsUtf8(string encoding) =>
        encoding.Equals("UTF8", StringComparison.OrdinalIgnoreCase) || encoding.Equals("UNICODE", StringComparison.OrdinalIgnoreCase);
}
