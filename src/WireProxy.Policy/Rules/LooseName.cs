using System.Globalization;
using System.Text;

namespace WireProxy.Policy;

/// <summary>
/// Whether a server with some collation may take one name for another. SQL Server compares logins by its own collation, which as a rule ignores
/// letter case, width, spaces at the end and characters without a weight, and may ignore accents. Nobody but the server knows which, so that every
/// doubt says yes.
/// </summary>
internal static class LooseName
{
    private const int FullWidth = 0xFEE0;

    /// <summary>A letter that is not ASCII may be written with up to two that are (ö: o, oe).</summary>
    private const int Longest = 2;

    /// <param name="written">By the client; empty: it may be anybody.</param>
    public static bool MayBe(string written, string name)
    {
        if (written.Length == 0)
            return true;
        (string one, string other) = (Fold(written), Fold(name));
        return Ascii.IsValid(one) && Ascii.IsValid(other) ? one == other : MayMatch(one, other);
    }

    /// <summary>Without what carries no weight, in capitals.</summary>
    private static string Fold(string name)
    {
        var folded = new StringBuilder(name.Length);
        foreach (char c in name)
        {
            if (char.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.NonSpacingMark
                or UnicodeCategory.EnclosingMark or UnicodeCategory.SpacingCombiningMark)
                continue;
            char narrow = c is >= '\uFF01' and <= '\uFF5E' ? (char)(c - FullWidth) : char.IsWhiteSpace(c) ? ' ' : c;
            folded.Append(char.ToUpperInvariant(narrow));
        }
        return folded.ToString().TrimEnd(' ');
    }

    /// <summary>By dynamic programming over the beginnings of both; each letter outside of ASCII stands for anything of up to <see cref="Longest"/>.</summary>
    private static bool MayMatch(string one, string other)
    {
        bool[,] reached = new bool[one.Length + 1, other.Length + 1];
        reached[0, 0] = true;
        for (int i = 0; i <= one.Length; i++)
            for (int j = 0; j <= other.Length; j++)
                if (reached[i, j])
                    Advance(reached, one, other, i, j);
        return reached[one.Length, other.Length];
    }

    private static void Advance(bool[,] reached, string one, string other, int i, int j)
    {
        if (i < one.Length && j < other.Length && one[i] == other[j])
            reached[i + 1, j + 1] = true;
        if (i < one.Length && !char.IsAscii(one[i]))
            for (int length = 0; length <= Longest && j + length <= other.Length; length++)
                reached[i + 1, j + length] = true;
        if (j < other.Length && !char.IsAscii(other[j]))
            for (int length = 0; length <= Longest && i + length <= one.Length; length++)
                reached[i + length, j + 1] = true;
    }
}
