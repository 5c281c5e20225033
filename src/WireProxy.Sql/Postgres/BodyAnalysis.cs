namespace WireProxy.Sql.Postgres;

/// <summary>Analyses the bodies that a walk found and folds what they reach into the statement's facts.</summary>
internal static class BodyAnalysis
{
    public static void Fold(Body body, FactsBuilder facts, Findings findings, Nesting nesting)
    {
        if (SecretNames.Mentions(body.Text))
            findings.Secret(SecretPlace.NextLiteral, body.Location);
        if (nesting.IsTooDeep)
        {
            facts.HasUnknownSql = true;
            return;
        }
        switch (body.Language)
        {
            case "sql" or "text":
                Sql(body, facts, findings, nesting);
                break;
            default:
                facts.HasUnknownSql = true;
                break;
        }
    }

    static void Sql(Body body, FactsBuilder facts, Findings findings, Nesting nesting)
    {
        var inner = nesting.Analyze(body.Text);
        facts.HasUnknownSql |= inner.Problem is not null;
        foreach (var statement in inner.Statements)
            facts.Fold(statement);
        if (!inner.Secrets.IsEmpty)
            findings.Secret(SecretPlace.NextLiteral, body.Location);
    }
}
