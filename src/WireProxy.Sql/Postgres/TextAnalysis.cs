using System.Collections.Immutable;
using System.Text;

namespace WireProxy.Sql.Postgres;

/// <summary>One pass over one text: parse, walk each statement, then the bodies and secrets that the walk found.</summary>
internal static unsafe class TextAnalysis
{
    /// <param name="text">NUL-terminated UTF-8.</param>
    public static AnalyzedText Run(byte* text, int length, Nesting nesting)
    {
        var parsed = LibPgQuery.Parse(text);
        try
        {
            if (parsed.Error is not null)
                return PostgresAnalyzer.Refused(new(text, length), parsed.Error->ToProblem());
            return Statements(new(ProtoSchema.Type("ParseResult"), parsed.Bytes), text, length, nesting);
        }
        catch (InvalidDataException e)
        {
            return PostgresAnalyzer.Refused(new(text, length), e.Message);
        }
        finally
        {
            LibPgQuery.FreeParse(parsed);
        }
    }

    /// <summary>The value of the literal in <c>SELECT 'literal'</c>; null where the text is anything else.</summary>
    public static byte[]? Literal(ReadOnlySpan<byte> select)
    {
        byte[] text = [.. select, 0];
        fixed (byte* pointer = text)
        {
            var parsed = LibPgQuery.Parse(pointer);
            try
            {
                if (parsed.Error is not null)
                    return null;
                foreach (var raw in new TreeNode(ProtoSchema.Type("ParseResult"), parsed.Bytes).Items(Tree.ParseStmts))
                    foreach (var target in raw.Child(Tree.RawStmt).Items(Tree.SelectTargets))
                        if (target.Child(Tree.TargetValue) is { IsAbsent: false } value && value.Is(Tree.Const) && value.Has(Tree.ConstString))
                            return value.Child(Tree.ConstString).Utf8(Tree.StringValue).ToArray();
                return null;
            }
            finally
            {
                LibPgQuery.FreeParse(parsed);
            }
        }
    }

    static AnalyzedText Statements(TreeNode tree, byte* text, int length, Nesting nesting)
    {
        var version = tree.Number(Tree.ParseVersion) / 10_000;
        if (version != LibPgQuery.Major)
            throw new InvalidDataException($"The installed libpg_query is of PostgreSQL {version}; this build needs {LibPgQuery.Major}.");
        var statements = ImmutableArray.CreateBuilder<StatementFacts>();
        var secrets = new List<SecretSpan>();
        TextScan? scan = null;
        try
        {
            foreach (var raw in tree.Items(Tree.ParseStmts))
            {
                var walker = new TreeWalker();
                walker.Statement(raw.Child(Tree.RawStmt));
                var (offset, size) = ((int)raw.Number(Tree.RawLocation), (int)raw.Number(Tree.RawLength));
                var (facts, findings) = (walker.Facts, walker.Findings);
                foreach (var body in findings.Bodies)
                    BodyAnalysis.Fold(body, facts, findings, nesting);
                if (findings.Secrets.Count > 0)
                    SecretFinder.Find(findings.Secrets, offset, size == 0 ? length : offset + size, scan ??= new(text, length), secrets);
                if (facts.Copy is { Relation: null } copy)
                    facts.Copy = copy with { InnerQuery = InnerQuery(text, offset, scan ??= new(text, length)) };
                statements.Add(facts.Build(offset, size));
            }
        }
        finally
        {
            scan?.Dispose();
        }
        return new(statements.ToImmutable(), null, SecretFinder.Merge(secrets));
    }

    /// <summary>The text between the first parenthesis of COPY (query) and the one that closes it.</summary>
    static string? InnerQuery(byte* text, int offset, TextScan scan)
    {
        var (depth, start) = (0, 0);
        for (var i = scan.IndexAt(offset); i < scan.List.Count; i++)
        {
            var token = scan.List[i];
            if (token.Kind == '(' && depth++ == 0)
                start = token.End;
            else if (token.Kind == ')' && --depth == 0)
                return Encoding.UTF8.GetString(text + start, token.Start - start);
        }
        return null;
    }
}
