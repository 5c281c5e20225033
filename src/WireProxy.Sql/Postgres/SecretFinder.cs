using System.Collections.Immutable;

namespace WireProxy.Sql.Postgres;

/// <summary>Finds the literals that marks are about, as the lexer cuts them.</summary>
internal static class SecretFinder
{
    /// <param name="offset">Where the statement begins.</param>
    /// <param name="end">Where it ends.</param>
    public static void Find(IReadOnlyList<SecretMark> marks, int offset, int end, TextScan scan, List<SecretSpan> spans)
    {
        if (marks.Any(m => m.Place == SecretPlace.AllLiterals))
        {
            for (var at = Literal(scan, offset, end); at >= 0; at = Literal(scan, scan.List[at].End, end))
                spans.Add(Span(scan, at));
            return;
        }
        foreach (var mark in marks)
        {
            var from = Math.Max(mark.Location, offset);
            var at = Literal(scan, from, end);
            if (at < 0 || (mark.Place == SecretPlace.LiteralAt && scan.List[at].Start != from))
                spans.Add(new(offset, end - offset)); // Not found where it must be: hide the statement.
            else
                spans.Add(Span(scan, at));
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

    /// <summary>The first literal between two offsets; -1 where there is none.</summary>
    static int Literal(TextScan scan, int from, int end)
    {
        var list = scan.List;
        for (var i = scan.IndexAt(from); i < list.Count && list[i].Start < end; i++)
            if (list[i].Kind == Token.Literal || list[i].Kind == Token.UnicodeLiteral)
                return i;
        return -1;
    }

    static SecretSpan Span(TextScan scan, int at) => new(scan.List[at].Start, scan.List[at].End - scan.List[at].Start);
}
