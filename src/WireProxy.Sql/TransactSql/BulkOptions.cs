using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace WireProxy.Sql.TransactSql;

/// <summary>INSERT BULK is what drivers say before a bulk load. Its KEEP_NULLS (SqlBulkCopy, tedious) ScriptDom knows as BULK INSERT writes
/// it alone: KEEPNULLS.</summary>
internal static class BulkOptions
{
    public static void Translate(IList<TSqlParserToken> tokens)
    {
        if (Next(tokens, 0) is not ({ TokenType: TSqlTokenType.Insert }, var insert) || Next(tokens, insert + 1) is not ({ TokenType: TSqlTokenType.Bulk }, var at))
            return;
        while (at < tokens.Count && tokens[at].TokenType != TSqlTokenType.With)
            at++;
        for (var depth = 0; at < tokens.Count; at++)
        {
            var token = tokens[at];
            depth += token.TokenType switch { TSqlTokenType.LeftParenthesis => 1, TSqlTokenType.RightParenthesis => -1, _ => 0 };
            if (token.TokenType == TSqlTokenType.RightParenthesis && depth == 0)
                return;
            if (depth == 1 && token.TokenType == TSqlTokenType.Identifier && token.Text.Equals("KEEP_NULLS", StringComparison.OrdinalIgnoreCase))
                token.Text = "KEEPNULLS";
        }
    }

    static (TSqlParserToken?, int At) Next(IList<TSqlParserToken> tokens, int at)
    {
        while (at < tokens.Count && tokens[at].TokenType is TSqlTokenType.WhiteSpace or TSqlTokenType.SingleLineComment or TSqlTokenType.MultilineComment)
            at++;
        return (at < tokens.Count ? tokens[at] : null, at);
    }
}
