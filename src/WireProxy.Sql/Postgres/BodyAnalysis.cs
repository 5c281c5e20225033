using System.Runtime.InteropServices;

namespace WireProxy.Sql.Postgres;

/// <summary>Analyses the bodies that a walk found and folds what they reach into the statement's facts.</summary>
internal static class BodyAnalysis
{
    public static void Fold(Body body, FactsBuilder facts, Findings findings, Nesting nesting)
    {
        var hasSecret = SecretNames.Mentions(body.Text);
        if (nesting.IsTooDeep)
            facts.HasUnknownSql = true;
        else if (body.Language is "sql" or "text")
            hasSecret |= Sql(body.Text, facts, nesting);
        else if (body.Language is "plpgsql")
            hasSecret |= PlPgSql(body.Text, facts, nesting);
        else
            facts.HasUnknownSql = true;
        if (hasSecret)
            findings.Secret(SecretPlace.NextLiteral, body.Location);
    }

    /// <returns>Whether the text holds a credential.</returns>
    static bool Sql(byte[] text, FactsBuilder facts, Nesting nesting)
    {
        var inner = nesting.Analyze(text);
        facts.HasUnknownSql |= inner.Problem is not null;
        foreach (var statement in inner.Statements)
            facts.Fold(statement);
        return !inner.Secrets.IsEmpty;
    }

    static bool PlPgSql(byte[] text, FactsBuilder facts, Nesting nesting)
    {
        if (Read(text) is not { } sql)
        {
            facts.HasUnknownSql = true;
            return false;
        }
        facts.HasUnknownSql |= sql.HasUnknown;
        var hasSecret = false;
        foreach (var (fragment, isStatement) in sql.Texts)
        {
            if (nesting.IsTooDeep)
            {
                facts.HasUnknownSql = true;
                break;
            }
            if (isStatement)
                hasSecret |= Sql(fragment, facts, nesting);
            else
            {
                var inner = nesting.Analyze(fragment);
                facts.HasUnknownSql |= inner.Problem is not null;
                foreach (var statement in inner.Statements)
                    facts.FoldExpression(statement);
                hasSecret |= !inner.Secrets.IsEmpty;
            }
        }
        foreach (var select in sql.Dynamics)
        {
            if (!nesting.IsTooDeep && TextAnalysis.Literal(select) is { } literal)
                hasSecret |= Sql(literal, facts, nesting);
            else
                facts.HasUnknownSql = true;
        }
        return hasSecret;
    }

    /// <summary>The SQL of a body; null where the lexer fails on it. Reading it may be cut short, which is marked as unknown.</summary>
    internal static unsafe PlPgSqlSql? Read(byte[] text)
    {
        var copy = (byte*)NativeMemory.Alloc((nuint)text.Length + 1);
        try
        {
            text.CopyTo(new Span<byte>(copy, text.Length));
            copy[text.Length] = 0;
            using var scan = new TextScan(copy, text.Length);
            if (!scan.IsWhole)
                return null;
            var cursor = new PlPgSqlCursor(text, scan.List);
            var sql = new PlPgSqlSql(cursor);
            try
            {
                new PlPgSqlReader(cursor, sql).Body();
            }
            catch (PlPgSqlUnknownException)
            {
                sql.Unknown();
            }
            return sql;
        }
        finally
        {
            NativeMemory.Free(copy);
        }
    }
}
