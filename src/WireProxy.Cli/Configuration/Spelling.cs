namespace WireProxy.Cli.Configuration;

/// <summary>Helps with words that are nearly right.</summary>
internal static class Spelling
{
    /// <summary>"did you mean 'x'? accepted: x, y, z", the first part only where a word is near.</summary>
    public static string Accepted(string word, IReadOnlyList<string> words)
    {
        var near = words.Select(candidate => (candidate, distance: Distance(word, candidate)))
            .Where(pair => pair.distance <= Math.Max(1, pair.candidate.Length / 3))
            .OrderBy(pair => pair.distance).Select(pair => pair.candidate).FirstOrDefault();
        var accepted = $"accepted: {string.Join(", ", words)}";
        return near is null ? accepted : $"did you mean '{near}'? {accepted}";
    }

    /// <summary>Edits (insert, delete, replace, swap of neighbours) from one word to the other, without regard to case.</summary>
    internal static int Distance(string left, string right)
    {
        var rows = new int[left.Length + 1, right.Length + 1];
        for (var i = 0; i <= left.Length; i++)
            rows[i, 0] = i;
        for (var j = 0; j <= right.Length; j++)
            rows[0, j] = j;
        for (var i = 1; i <= left.Length; i++)
        {
            for (var j = 1; j <= right.Length; j++)
            {
                var cost = Same(left[i - 1], right[j - 1]) ? 0 : 1;
                rows[i, j] = Math.Min(Math.Min(rows[i - 1, j] + 1, rows[i, j - 1] + 1), rows[i - 1, j - 1] + cost);
                if (i > 1 && j > 1 && Same(left[i - 1], right[j - 2]) && Same(left[i - 2], right[j - 1]))
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
            }
        }
        return rows[left.Length, right.Length];

        static bool Same(char a, char b) => char.ToLowerInvariant(a) == char.ToLowerInvariant(b);
    }
}
