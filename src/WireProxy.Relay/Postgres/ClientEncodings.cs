using System.Text;
using System.Text.Unicode;

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

    private static bool IsUtf8(string encoding) =>
        encoding.Equals("UTF8", StringComparison.OrdinalIgnoreCase) || encoding.Equals("UNICODE", StringComparison.OrdinalIgnoreCase);
}
