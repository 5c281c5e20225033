using System.Collections.Immutable;

namespace WireProxy.Sql.Postgres;

/// <summary>Finds the literals that marks are about, as the lexer cuts them.</summary>
internal static class SecretFinder
{
    /// <param name="offset">Where the statement begins.</param>
    /// <param name="length">Its length in bytes; 0 for all that follows.</param>
    public static void Find(IReadOnlyList<SecretMark> marks, int offset, int length, int textLength, TextScan scan,
        List<SecretSpan> spans)
    {
        var end = length == 0 ? textLength : offset + length;
        foreach (var mark in marks)
        {
            var before = spans.Count;
            var from = Math.Max(mark.Location, offset);
            var tokens = scan.Tokens;
            while (tokens.Next() && tokens.Start < end)
            {
                if (tokens.Start < from || (tokens.Kind != Token.Literal && tokens.Kind != Token.UnicodeLiteral))
                    continue;
                if (mark.Place != SecretPlace.LiteralAt || tokens.Start == from)
                    spans.Add(new(tokens.Start, tokens.End - tokens.Start));
                if (mark.Place != SecretPlace.AllLiterals)
                    break;
            }
            if (spans.Count == before && mark.Place != SecretPlace.AllLiterals)
                spans.Add(new(offset, end - offset)); // Not found where it must be: hide the statement.
        }
    }

    /// <summary>Sorted, without overlaps.</summary>
    public static ImmutableArray<SecretSpan> Merge(List<SecretSpan> spans)
    {
        if (spans.Count == 0)
            return [];
        spans.Sort((a, b) => a.Offset.CompareTo(b.Offset));
        var merged = ImmutableArray.CreateBuilder<SecretSpan>();
        foreach (var span in spans)
        {
            var last = merged.Count > 0 ? merged[^1] : default;
            if (merged.Count > 0 && span.Offset < last.Offset + last.Length)
                merged[^1] = new(last.Offset, Math.Max(last.Offset + last.Length, span.Offset + span.Length) - last.Offset);
            else
                merged.Add(span);
        }
        return merged.ToImmutable();
    }
}
