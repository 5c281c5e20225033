namespace WireProxy.Policy;

/// <summary>One part of a dotted name as a policy writes it.</summary>
/// <remarks>Without quotes <c>*</c> stands for any run of characters and letter case is ignored: PostgreSQL folds such a name
/// to lower case, and a table that somebody made as "Patients" is better protected than missed. Within double quotes
/// everything is literal, <c>*</c> too, and <c>""</c> is one quote.</remarks>
internal sealed record NamePattern
{
    private readonly string _text;
    private readonly bool _exact;

    private NamePattern(string text, bool exact)
    {
        _text = text;
        _exact = exact;
    }

    /// <summary>Matches every name.</summary>
    public bool IsAny => !_exact && _text == "*";

    /// <summary>Matches one name only, in whatever letter case.</summary>
    public bool IsOneName => _exact || !_text.Contains('*', StringComparison.Ordinal);

    /// <summary>Reads one part, quoted or not; text that is not legal is taken literally.</summary>
    public static NamePattern FromSource(string source) =>
        source.Length >= 2 && source[0] == '"' && source[^1] == '"'
            ? new NamePattern(source[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal), exact: true)
            : new NamePattern(source.ToLowerInvariant(), exact: false);

    public bool Matches(string name) => _exact
        ? string.Equals(name, _text, StringComparison.Ordinal)
        : MatchesGlob(_text, name);

    /// <summary>True where every name that <paramref name="other"/> matches is matched by this one; false where that is not plain.</summary>
    public bool Covers(NamePattern other) => IsAny || Equals(other) || (IsOneName && other._exact && Matches(other._text));

    /// <summary>Splits <c>a."b.c".*</c> into its parts as written, or says what is wrong.</summary>
    public static bool TrySplit(string source, out List<string> parts, out string problem)
    {
        parts = [];
        int at = 0;
        while (true)
        {
            int start = at;
            if (!TryEndOfPart(source, ref at, out problem))
                return false;
            if (at == start)
            {
                problem = $"'{source}' has an empty part";
                return false;
            }
            parts.Add(source[start..at]);
            if (at == source.Length)
                return true;
            at++;
        }
    }

    /// <summary>Moves to the dot that ends this part, or to the end.</summary>
    private static bool TryEndOfPart(string source, ref int at, out string problem)
    {
        problem = "";
        if (at < source.Length && source[at] == '"')
            return TryEndOfQuoted(source, ref at, out problem);
        for (; at < source.Length && source[at] != '.'; at++)
            if (source[at] is '"' or ' ' or '\t' or '\n' or '\r' or '(' or ')' or ',' or ';' or '[' or ']')
            {
                problem = $"'{source}' holds '{source[at]}' outside double quotes";
                return false;
            }
        return true;
    }

    private static bool TryEndOfQuoted(string source, ref int at, out string problem)
    {
        problem = "";
        int opened = at;
        for (at++; at < source.Length; at++)
        {
            if (source[at] != '"')
                continue;
            if (at + 1 < source.Length && source[at + 1] == '"')
            {
                at++;
                continue;
            }
            at++;
            if (at - opened == 2)
                problem = $"'{source}' has an empty part";
            else if (at < source.Length && source[at] != '.')
                problem = $"'{source}' goes on after a closing quote; a part is quoted as a whole";
            return problem.Length == 0;
        }
        problem = $"'{source}' has an opening quote without its end";
        return false;
    }

    /// <summary>Matches <c>*</c> by remembering the last star, in time proportional to the two lengths' product at worst.</summary>
    private static bool MatchesGlob(string pattern, string name)
    {
        int p = 0, n = 0, star = -1, resume = 0;
        while (n < name.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                resume = n;
            }
            else if (p < pattern.Length && char.ToLowerInvariant(name[n]) == pattern[p])
            {
                p++;
                n++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                n = ++resume;
            }
            else
            {
                return false;
            }
        }
        while (p < pattern.Length && pattern[p] == '*')
            p++;
        return p == pattern.Length;
    }
}
