using WireProxy.Sql.Postgres.Lineage;

namespace WireProxy.Sql.Postgres;

/// <summary>What a text says while standard_conforming_strings is off: then a backslash escapes in plain strings, too (4.1.2.2). A body that is stored
/// in the catalog is read by the setting of whoever runs it.</summary>
internal static class EscapedStrings
{
    /// <summary>The same text for a parser to which the setting is on: strings that hold backslashes are written as E'...'. Null where both read it
    /// alike.</summary>
    public static byte[]? Of(ReadOnlySpan<byte> text) => Rewritten(text) is { } rewritten && IsRead(rewritten) ? rewritten : null;

    /// <summary>What does not parse so, the server does not run so.</summary>
    static bool IsRead(byte[] text)
    {
        using var parsed = ParsedText.Of(text);
        return !parsed.IsBroken;
    }

    /// <inheritdoc cref="Of"/>
    /// <remarks>Of a body in PL/pgSQL, which the parser of SQL does not read.</remarks>
    public static byte[]? Rewritten(ReadOnlySpan<byte> text)
    {
        if (!text.Contains((byte)'\\'))
            return null;
        var output = new List<byte>(text.Length + 16);
        var (at, isOther) = (0, false);
        while (at < text.Length)
        {
            var end = text[at] switch
            {
                (byte)'\'' => String(text, at, output, ref isOther),
                (byte)'"' => Until(text, at + 1, "\""u8),
                (byte)'$' when at == 0 || !IsWord(text[at - 1]) => DollarQuoted(text, at),
                (byte)'-' when text[at..].StartsWith("--"u8) => Until(text, at, "\n"u8),
                (byte)'/' when text[at..].StartsWith("/*"u8) => Comment(text, at),
                _ => at + 1,
            };
            if (text[at] != '\'')
                output.AddRange(text[at..end]);
            at = end;
        }
        return isOther ? [.. output] : null;
    }

    static bool IsWord(byte c) => c is (byte)'_' or (byte)'$' or >= 0x80 || char.IsAsciiLetterOrDigit((char)c);

    static int Until(ReadOnlySpan<byte> text, int from, ReadOnlySpan<byte> what) =>
        text[from..].IndexOf(what) is >= 0 and var found ? from + found + what.Length : text.Length;

    static int Comment(ReadOnlySpan<byte> text, int at)
    {
        var depth = 0;
        do
        {
            var rest = text[at..];
            depth += rest.StartsWith("/*"u8) ? 1 : rest.StartsWith("*/"u8) ? -1 : 0;
            at += rest.StartsWith("/*"u8) || rest.StartsWith("*/"u8) ? 2 : 1;
        }
        while (depth > 0 && at < text.Length);
        return at;
    }

    static int DollarQuoted(ReadOnlySpan<byte> text, int at)
    {
        var tag = at + 1;
        while (tag < text.Length && IsWord(text[tag]) && text[tag] != '$' && !(tag == at + 1 && char.IsAsciiDigit((char)text[tag])))
            tag++;
        return tag < text.Length && text[tag] == '$' ? Until(text, tag + 1, text[at..(tag + 1)]) : at + 1;
    }

    /// <summary>Writes the string that begins here.</summary>
    /// <returns>Where it ends.</returns>
    static int String(ReadOnlySpan<byte> text, int at, List<byte> output, ref bool isOther)
    {
        var prefix = at > 0 && (at == 1 || !IsWord(text[at - 2])) ? (byte)(text[at - 1] | 0x20) : (byte)0;
        if (prefix is (byte)'b' or (byte)'x' || (at > 1 && text[at - 1] == '&' && (text[at - 2] | 0x20) == 'u'))
        {
            var closed = Until(text, at + 1, "'"u8);
            output.AddRange(text[at..closed]);
            return closed;
        }
        if (prefix == 'n')
            output.RemoveAt(output.Count - 1);
        if (prefix != 'e')
            output.AddRange(" E"u8);
        var end = at + 1;
        while (end < text.Length)
        {
            if (text[end] == '\\')
            {
                isOther |= prefix != 'e';
                end += 2;
            }
            else if (text[end] != '\'')
                end++;
            else if (end + 1 < text.Length && text[end + 1] == '\'')
                end += 2;
            else if (Continued(text, end + 1) is > 0 and var next)
                end = next;
            else
                break;
        }
        end = Math.Min(end + 1, text.Length);
        output.AddRange(text[at..end]);
        return end;
    }

    /// <summary>Where a string goes on that is closed here: behind the quote that follows a new line. 0 where it does not.</summary>
    static int Continued(ReadOnlySpan<byte> text, int at)
    {
        var hasLine = false;
        for (; at < text.Length; at++)
        {
            if (text[at] is (byte)'\n' or (byte)'\r')
                hasLine = true;
            else if (text[at..].StartsWith("--"u8))
                at = Until(text, at, "\n"u8) - 2;
            else if (text[at] is not ((byte)' ' or (byte)'\t' or (byte)'\f' or (byte)'\v'))
                return hasLine && text[at] == '\'' ? at + 1 : 0;
        }
        return 0;
    }
}
