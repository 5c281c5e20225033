using System.Globalization;

namespace WireProxy.Policy;

/// <summary>Reads the masking rules of PostgreSQL Anonymizer (postgresql-anonymizer.readthedocs.io, "Declare Masking Rules" and "Masking
/// Functions"), provider <c>anon</c>, and finds the mask here that shows no more than they do.</summary>
/// <remarks>
/// <c>MASKED WITH VALUE</c> NULL, a number or a quoted text: that constant. <c>MASKED WITH FUNCTION</c>: anon.hash, anon.digest and
/// anon.pseudo_...: a hash; anon.partial with nothing kept in front or behind: what it keeps on the other side; pg_catalog.left and right: the same;
/// date_trunc('year', ...): the year; every other function (random values, fakes, noise, ...) and every other expression: redacted.
/// <c>NOT MASKED</c> says nothing here: it takes back anon's own default, not this gateway's labels.
/// </remarks>
internal static class AnonLabel
{
    public static LabelMark? Read(string text, bool isColumn)
    {
        string rule = text.Trim();
        if (Rest(rule, "NOT", "MASKED") is not null)
            return null;
        if (Rest(rule, "MASKED", "WITH", "VALUE") is { } value)
            return Literal(value) is { } literal ? LabelMark.Of(literal) : LabelMark.Unclear("its value is computed");
        if (Rest(rule, "MASKED", "WITH", "FUNCTION") is { } call)
            return OfCall(call);
        // On a column everything else is a rule that is newer than this; on a table it is another kind of rule (TABLESAMPLE, TRUSTED).
        return isColumn || Rest(rule, "MASKED") is not null ? LabelMark.Unclear("it is no masking rule that is known here") : null;
    }

    /// <summary>What follows these words; null where it begins otherwise.</summary>
    private static string? Rest(string text, params string[] words)
    {
        foreach (string word in words)
        {
            if (!text.StartsWith(word, StringComparison.OrdinalIgnoreCase) || (text.Length > word.Length && !char.IsWhiteSpace(text[word.Length])))
                return null;
            text = text[word.Length..].TrimStart();
        }
        return text;
    }

    private static LabelMark OfCall(string call)
    {
        int open = call.IndexOf('(', StringComparison.Ordinal);
        if (open < 0 || !call.EndsWith(')') || Arguments(call[(open + 1)..^1]) is not { } arguments)
            return LabelMark.Unclear("its function is not understood");
        string[] parts = call[..open].Trim().ToLowerInvariant().Split('.');
        (string schema, string name) = parts is [var one, var two] ? (one, two) : ("", parts[^1]);
        Mask? mask = (schema, name) switch
        {
            ("anon", "hash" or "digest") => Mask.Hash,
            ("anon", _) when name.StartsWith("pseudo_", StringComparison.Ordinal) => Mask.Hash,
            ("anon", "partial") => Partial(arguments),
            ("pg_catalog" or "anon", "left") => arguments is [_, var count] && LabelText.Count(count) is { } n ? new Mask.KeepFirst(n) : null,
            ("pg_catalog" or "anon", "right") => arguments is [_, var count] && LabelText.Count(count) is { } n ? new Mask.KeepLast(n) : null,
            ("pg_catalog" or "anon", "date_trunc") => arguments is [var unit, _] && Literal(unit) is Mask.Constant { Value: "year" } ? Mask.Year : null,
            _ => null,
        };
        // Random and made-up values keep nothing of the original, and neither does what takes their place.
        bool keepsNothing = schema == "anon" && (name.StartsWith("random_", StringComparison.Ordinal) || name.StartsWith("fake_", StringComparison.Ordinal)
            || name.StartsWith("dummy_", StringComparison.Ordinal) || name == "lorem_ipsum");
        return mask is not null ? LabelMark.Of(mask) : keepsNothing ? LabelMark.Of(Mask.Redact) : LabelMark.Unclear("its function has no counterpart here");
    }

    /// <summary>anon.partial(value, prefix, padding, suffix): so many characters are kept in front, and so many behind.</summary>
    private static Mask? Partial(List<string> arguments) => arguments is not [_, var prefix, _, var suffix] ? null
        : prefix == "0" && LabelText.Count(suffix) is { } last ? new Mask.KeepLast(last)
        : suffix == "0" && LabelText.Count(prefix) is { } first ? new Mask.KeepFirst(first) : null;

    /// <summary>Null, a number or a quoted text; null for everything else.</summary>
    private static Mask? Literal(string text)
    {
        string value = text.Trim();
        if (value.Equals("NULL", StringComparison.OrdinalIgnoreCase))
            return Mask.Null;
        if (decimal.TryParse(value, NumberStyles.Number, CultureInfo.InvariantCulture, out _))
            return new Mask.Constant(value);
        int tag = value.Length > 1 && value[0] == '$' ? value.IndexOf('$', 1) + 1 : 0;
        if (tag > 0 && value.Length >= 2 * tag && value.EndsWith(value[..tag], StringComparison.Ordinal))
            return new Mask.Constant(value[tag..^tag]);
        if (value.Length < 2 || value[0] != '\'' || value[^1] != '\'')
            return null;
        string inner = value[1..^1].Replace("''", "\u0001", StringComparison.Ordinal);
        return inner.Contains('\'', StringComparison.Ordinal) ? null : new Mask.Constant(inner.Replace('\u0001', '\''));
    }

    /// <summary>The arguments, cut at commas outside quotations and parentheses; null where these do not close.</summary>
    private static List<string>? Arguments(string text)
    {
        List<string> found = [];
        (int start, int depth) = (0, 0);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] is '\'' or '$')
            {
                string quote = text[i] == '\'' ? "'" : text.IndexOf('$', i + 1) is > 0 and var end ? text[i..(end + 1)] : "$";
                int close = text.IndexOf(quote, i + quote.Length, StringComparison.Ordinal);
                if (close < 0)
                    return null;
                i = close + quote.Length - 1;
            }
            depth += text[i] switch { '(' or '[' => 1, ')' or ']' => -1, _ => 0 };
            if (text[i] == ',' && depth == 0)
            {
                found.Add(text[start..i].Trim());
                start = i + 1;
            }
        }
        found.Add(text[start..].Trim());
        return depth == 0 ? found : null;
    }
}
