using System.Globalization;

namespace WireProxy.Policy;

/// <summary>Reads security labels and the tags of comments.</summary>
/// <remarks>
/// Provider <c>wireproxy</c>: <c>PROTECTED</c>, <c>PROTECTED: keep_last=4</c> or a mask alone, and <c>NOT PROTECTED</c>. A comment holds the same
/// behind the word wireproxy: <c>[wireproxy: redact]</c> anywhere, or <c>wireproxy: redact</c> as a line's beginning. Provider <c>anon</c>
/// (PostgreSQL Anonymizer): see <see cref="AnonLabel"/>. Letter case does not matter, but in a constant.
/// </remarks>
public static class LabelText
{
    private const string Name = "wireproxy";
    private static readonly char[] _separators = [' ', '\t', '\r', '\n', ':', '=', '{', '}', '(', ')', '"', '\'', ','];

    /// <summary>What a label or comment says; null where it says nothing of protection.</summary>
    /// <param name="provider">anon or wireproxy; null for a comment.</param>
    /// <param name="isColumn">It stands on a column. A comment on one that speaks of wireproxy in words that are no tag protects it; one on a table, a
    /// schema or a database does not: there "behind wireproxy since May" is a plain remark.</param>
    public static LabelMark? Read(string? provider, string text, bool isColumn)
    {
        ArgumentNullException.ThrowIfNull(text);
        return provider switch
        {
            null => OfComment(text, isColumn),
            "anon" => AnonLabel.Read(text, isColumn),
            Name => OfWords(text),
            _ => null,
        };
    }

    private static LabelMark? OfComment(string text, bool isColumn)
    {
        LabelMark? found = null;
        for (int at = 0; (at = text.IndexOf(Name, at, StringComparison.OrdinalIgnoreCase)) >= 0; at += Name.Length)
        {
            bool isTag = IsTag(text, at, out bool inBrackets);
            if (!isTag && !isColumn)
                continue;
            int end = text.IndexOfAny(inBrackets ? [']'] : ['\n'], at);
            LabelMark mark = isTag ? OfWords(text[(at + Name.Length)..(end < 0 ? text.Length : end)])
                : LabelMark.Unclear("the comment speaks of wireproxy and is no tag such as [wireproxy: redact]");
            // One that protects counts more than one that does not.
            if (found is not { Protects: true })
                found = mark;
        }
        return found;
    }

    /// <summary>In brackets, or at a line's beginning with a colon behind it.</summary>
    private static bool IsTag(string text, int at, out bool inBrackets)
    {
        string before = text[..at].TrimEnd(' ', '\t');
        string after = text[(at + Name.Length)..].TrimStart(' ', '\t');
        inBrackets = before.EndsWith('[');
        return inBrackets ? after.Length == 0 || after[0] is ':' or '=' or ']' : (before.Length == 0 || before[^1] is '\n') && after.StartsWith(':');
    }

    private static LabelMark OfWords(string text)
    {
        string[] words = text.ToLowerInvariant().Split(_separators, StringSplitOptions.RemoveEmptyEntries);
        if (words is ["not", "protected"] or ["unprotected"])
            return LabelMark.Exempt;
        if (words is ["protected" or "protect" or "mask" or "masked", ..])
            words = words[1..];
        Mask? mask = words switch
        {
            [] or ["redact"] => Mask.Redact,
            ["null"] => Mask.Null,
            ["hash"] => Mask.Hash,
            ["year"] => Mask.Year,
            ["zip3"] => Mask.Zip3,
            ["keep_last", var count] when Count(count) is { } n => new Mask.KeepLast(n),
            ["keep_first", var count] when Count(count) is { } n => new Mask.KeepFirst(n),
            ["constant", ..] => Constant(text),
            _ => null,
        };
        return mask is not null ? LabelMark.Of(mask)
            : LabelMark.Unclear("its mask is none of redact, null, hash, year, zip3, keep_last=N, keep_first=N and constant=VALUE");
    }

    private static Mask? Constant(string text)
    {
        string value = text[(text.IndexOf("constant", StringComparison.OrdinalIgnoreCase) + "constant".Length)..].Trim().TrimStart(':', '=').Trim().TrimEnd('}').Trim();
        if (value.Length > 1 && value[0] is '\'' or '"' && value[^1] == value[0])
            value = value[1..^1];
        return value.Length > 0 && !value.Contains('\0', StringComparison.Ordinal) ? new Mask.Constant(value) : null;
    }

    /// <summary>As a policy file takes it: 1 to 1,000,000.</summary>
    internal static int? Count(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count is >= 1 and <= 1_000_000 ? count : null;
}
