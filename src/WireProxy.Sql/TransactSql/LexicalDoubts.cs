using System.Globalization;
using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace WireProxy.Sql.TransactSql;

/// <summary>Characters of which it is not certain that every server cuts the text at them as ScriptDom does. Were one of them the end of a
/// comment for one and not for the other, the two would read different statements.</summary>
internal static class LexicalDoubts
{
    /// <summary>Where the first stands; -1 where there is none. In strings, quoted names and comments between /* and */ all are allowed.</summary>
    public static int Find(string text, IList<TSqlParserToken> tokens)
    {
        var zero = text.IndexOf('\0', StringComparison.Ordinal);
        if (zero >= 0)
            return zero;
        foreach (var token in tokens)
        {
            if (token.Text is not { Length: > 0 } part)
                continue;
            var at = token.TokenType switch
            {
                TSqlTokenType.WhiteSpace => IndexOf(part, static c => c is not (' ' or '\t' or '\r' or '\n')),
                TSqlTokenType.SingleLineComment => InComment(text, token.Offset, part),
                TSqlTokenType.QuotedIdentifier or TSqlTokenType.AsciiStringLiteral or TSqlTokenType.UnicodeStringLiteral
                    or TSqlTokenType.AsciiStringOrQuotedIdentifier or TSqlTokenType.MultilineComment => -1,
                _ => IndexOf(part, static c => c > '~' && IsNoLetter(c)),
            };
            if (at >= 0)
                return token.Offset + at;
        }
        return -1;
    }

    /// <summary>To ScriptDom a carriage return alone ends the comment.</summary>
    static int InComment(string text, int offset, string comment)
    {
        var end = offset + comment.Length;
        var endsDoubtfully = end < text.Length && text[end] == '\r' && (end + 1 == text.Length || text[end + 1] != '\n');
        return endsDoubtfully ? comment.Length
            : IndexOf(comment, static c => c is (< ' ' and not '\t') or '\u0085' or '\u2028' or '\u2029');
    }

    /// <summary>Blanks, invisible characters and such in a name without quotes.</summary>
    static bool IsNoLetter(char c) => CharUnicodeInfo.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned
        or UnicodeCategory.PrivateUse;

    static int IndexOf(string text, Func<char, bool> isDoubtful)
    {
        for (var i = 0; i < text.Length; i++)
            if (isDoubtful(text[i]))
                return i;
        return -1;
    }
}
