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
        for (int start = 0; start < text.Length; start++)
        {
            int end = start;
            bool isOrdered = true;
            for (int last = 0; end < text.Length && UnicodeTables.Instance.ClassOf(text[end]) is > 0 and var own; end++)
            {
                isOrdered &= last <= own;
                last = own;
            }
            if (!isOrdered) SortMarks(text[start..end]);
            start = end;
        }
    }

    /// <summary>Stable, by counting: whoever sends a password decides how many marks it has.</summary>
    private static void SortMarks(Span<int> marks)
    {
        const int Classes = 256;
        Span<int> places = stackalloc int[Classes + 1];
        places.Clear();
        foreach (int mark in marks)
            places[UnicodeTables.Instance.ClassOf(mark) + 1]++;
        for (int i = 1; i <= Classes; i++)
            places[i] += places[i - 1];
        int[] sorted = new int[marks.Length];
        foreach (int mark in marks)
            sorted[places[UnicodeTables.Instance.ClassOf(mark)]++] = mark;
        sorted.CopyTo(marks);
        Array.Clear(sorted);
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
