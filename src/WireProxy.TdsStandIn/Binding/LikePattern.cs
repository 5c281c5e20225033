namespace WireProxy.TdsStandIn.Binding;

/// <summary>LIKE and PATINDEX: % any text, _ one character, [a-c] one of these, [^a-c] none of these.</summary>
internal static class LikePattern
{
    public static bool Matches(ReadOnlySpan<char> text, ReadOnlySpan<char> pattern, char? escape = null)
    {
        while (!pattern.IsEmpty)
        {
            char sign = pattern[0];
            if (sign == '%' && sign != escape)
            {
                pattern = pattern[1..];
                if (pattern.IsEmpty)
                    return true;
                for (int i = 0; i <= text.Length; i++)
                    if (Matches(text[i..], pattern, escape))
                        return true;
                return false;
            }
            if (text.IsEmpty)
                return false;
            if (!MatchesOne(text[0], ref pattern, escape))
                return false;
            text = text[1..];
        }
        // Blanks at the text's end do not count.
        return text.Trim(' ').IsEmpty;
    }

    /// <summary>Takes one item off the pattern.</summary>
    private static bool MatchesOne(char character, ref ReadOnlySpan<char> pattern, char? escape)
    {
        char sign = pattern[0];
        if (sign == escape && pattern.Length > 1)
        {
            bool literal = Same(character, pattern[1]);
            pattern = pattern[2..];
            return literal;
        }
        int end = sign == '[' ? pattern[1..].IndexOf(']') + 1 : 0;
        if (end > 1)
        {
            var set = pattern[1..end];
            pattern = pattern[(end + 1)..];
            return set[0] == '^' ? !IsIn(character, set[1..]) : IsIn(character, set);
        }
        pattern = pattern[1..];
        return sign == '_' || Same(character, sign);
    }

    private static bool IsIn(char character, ReadOnlySpan<char> set)
    {
        for (int i = 0; i < set.Length; i++)
        {
            if (i + 2 < set.Length && set[i + 1] == '-')
            {
                char folded = char.ToUpperInvariant(character);
                if (folded >= char.ToUpperInvariant(set[i]) && folded <= char.ToUpperInvariant(set[i + 2]))
                    return true;
                i += 2;
            }
            else if (Same(character, set[i]))
            {
                return true;
            }
        }
        return false;
    }

    private static bool Same(char a, char b) => char.ToUpperInvariant(a) == char.ToUpperInvariant(b);
}
