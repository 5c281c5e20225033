namespace WireProxy.Sql.Postgres;

/// <summary>Finds the bodies of DO, CREATE FUNCTION and CREATE PROCEDURE.</summary>
internal static class BodyReader
{
    /// <summary>DO: the literal is the body; without LANGUAGE it is PL/pgSQL.</summary>
    public static void Do(TreeNode node, FactsBuilder facts, Findings findings)
    {
        var (language, location, found) = ("plpgsql", 0, false);
        var body = default(ReadOnlySpan<byte>);
        foreach (var option in node.Items(Tree.DoArgs))
        {
            var value = option.Child(Tree.DefArg);
            if (option.Utf8(Tree.DefName).SequenceEqual("language"u8))
                language = NameReader.Text(value);
            else if (option.Utf8(Tree.DefName).SequenceEqual("as"u8))
            {
                body = value.Utf8(Tree.StringValue);
                (location, found) = ((int)option.Number(Tree.DefLocation), true);
            }
        }
        if (found)
            findings.Body(language, body, location);
        else
            facts.HasUnknownSql = true;
    }

    /// <summary>CREATE FUNCTION: AS 'body', or AS 'file', 'symbol' for C. A BEGIN ATOMIC body is part of the tree.</summary>
    public static void Function(TreeNode node, FactsBuilder facts, Findings findings)
    {
        string? language = null;
        var body = default(ReadOnlySpan<byte>);
        var (location, parts) = (0, 0);
        foreach (var option in node.Items(Tree.CreateFunctionOptions))
        {
            var value = option.Child(Tree.DefArg);
            if (option.Utf8(Tree.DefName).SequenceEqual("language"u8))
                language = NameReader.Text(value);
            else if (option.Utf8(Tree.DefName).SequenceEqual("as"u8))
            {
                location = (int)option.Number(Tree.DefLocation);
                foreach (var part in value.Items(Tree.ListItems))
                {
                    body = part.Utf8(Tree.StringValue);
                    parts++;
                }
            }
        }
        if (parts == 1)
            findings.Body(language ?? "unknown", body, location);
        else if (parts > 1)
            facts.HasUnknownSql = true;
    }
}
