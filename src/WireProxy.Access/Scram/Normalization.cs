namespace WireProxy.Access;

/// <summary>Normalization form KC (Unicode Standard Annex 15). Without ICU .NET returns text as it is.</summary>
internal static class Normalization
{
    // Hangul syllables are composed by arithmetic (The Unicode Standard, section 3.12).
    private const int SyllableBase = 0xAC00;
    private const int LeadBase = 0x1100;
    private const int VowelBase = 0x1161;
    private const int TrailBase = 0x11A7;
    private const int Leads = 19;
    private const int Vowels = 21;
    private const int Trails = 28;
    private const int Syllables = Leads * Vowels * Trails;

    /// <param name="text">Code points.</param>
    public static int[] Nfkc(ReadOnlySpan<int> text)
    {
        var decomposed = new List<int>(2 * text.Length);
        foreach (int code in text)
            Decompose(code, decomposed);
        int[] ordered = [.. decomposed];
        decomposed.Clear();
        Order(ordered);
        int length = Compose(ordered);
        int[] composed = ordered[..length];
        Array.Clear(ordered);
        return composed;
    }

    private static void Decompose(int code, List<int> into)
    {
        int syllable = code - SyllableBase;
        if (syllable is >= 0 and < Syllables)
        {
            into.Add(LeadBase + syllable / (Vowels * Trails));
            into.Add(VowelBase + syllable % (Vowels * Trails) / Trails);
            if (syllable % Trails != 0) into.Add(TrailBase + syllable % Trails);
        }
        else if (UnicodeTables.Instance.Decompositions.TryGetValue(code, out int[]? parts)) into.AddRange(parts);
        else into.Add(code);
    }

    /// <summary>The canonical ordering algorithm: marks of a run by their combining class, those of one class as they stand.</summary>
    private static void Order(Span<int> text)
    {
        for (int i = 1; i < text.Length; i++)
        {
            int own = UnicodeTables.Instance.ClassOf(text[i]);
            for (int at = i; own != 0 && at > 0 && UnicodeTables.Instance.ClassOf(text[at - 1]) > own; at--)
                (text[at - 1], text[at]) = (text[at], text[at - 1]);
        }
    }

    /// <summary>The canonical composition algorithm, in place.</summary>
    /// <returns>The new length.</returns>
    private static int Compose(Span<int> text)
    {
        int length = 0;
        int starter = -1;
        int lastClass = -1;
        for (int i = 0; i < text.Length; i++)
        {
            int own = UnicodeTables.Instance.ClassOf(text[i]);
            // Blocked by a mark between of the same or a higher class, or by another starter.
            if (starter >= 0 && lastClass < own && Pair(text[starter], text[i]) is { } pair)
            {
                text[starter] = pair;
                continue;
            }
            if (own == 0) (starter, lastClass) = (length, -1);
            else lastClass = own;
            text[length++] = text[i];
        }
        return length;
    }

    private static int? Pair(int first, int second)
    {
        if (first - LeadBase is >= 0 and < Leads && second - VowelBase is >= 0 and < Vowels)
            return SyllableBase + ((first - LeadBase) * Vowels + (second - VowelBase)) * Trails;
        if (first - SyllableBase is >= 0 and < Syllables && (first - SyllableBase) % Trails == 0 && second - TrailBase is > 0 and < Trails)
            return first + (second - TrailBase);
        return UnicodeTables.Instance.Compositions.TryGetValue((first, second), out int composed) ? composed : null;
    }
}
