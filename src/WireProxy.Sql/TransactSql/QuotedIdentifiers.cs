using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace WireProxy.Sql.TransactSql;

/// <summary>SET QUOTED_IDENTIFIER takes effect while the server parses, from where it stands, whether it is ever executed or not (SET
/// QUOTED_IDENTIFIER (Transact-SQL), Remarks).</summary>
internal static class QuotedIdentifiers
{
    /// <summary>Whether a batch changes the setting and has double quotes, so that their meaning changes on the way.</summary>
    public static bool Changes(IList<TSqlParserToken> tokens, bool current)
    {
        var changes = false;
        var quotes = false;
        for (var i = 0; i < tokens.Count; i++)
        {
            var token = tokens[i];
            quotes |= token.TokenType is TSqlTokenType.AsciiStringOrQuotedIdentifier
                || (token.TokenType == TSqlTokenType.QuotedIdentifier && token.Text.StartsWith('"'));
            changes |= token.TokenType == TSqlTokenType.Identifier && Names(token.Text) && IsSet(tokens, i, current);
        }
        return changes && quotes;
    }

    /// <summary>Whether a batch may change the setting at all.</summary>
    public static bool AreNamed(IList<TSqlParserToken> tokens)
    {
        foreach (var token in tokens)
            if (token.TokenType == TSqlTokenType.Identifier && Names(token.Text))
                return true;
        return false;
    }

    /// <summary>What a SET statement makes of the setting; null where it is about something else.</summary>
    public static bool? Of(TSqlStatement statement) =>
        statement is PredicateSetStatement set && (set.Options & (SetOptions.QuotedIdentifier | SetOptions.AnsiDefaults)) != 0 ? set.IsOn : null;

    static bool Names(string word) =>
        word.Equals("QUOTED_IDENTIFIER", StringComparison.OrdinalIgnoreCase) || word.Equals("ANSI_DEFAULTS", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether the name stands in a SET statement that makes the setting other than it is.</summary>
    static bool IsSet(IList<TSqlParserToken> tokens, int at, bool current)
    {
        for (var i = at + 1; i < tokens.Count; i++)
        {
            switch (tokens[i].TokenType)
            {
                case TSqlTokenType.On: return !current;
                case TSqlTokenType.Off: return current;
                case TSqlTokenType.Comma or TSqlTokenType.Identifier: break; // SET QUOTED_IDENTIFIER, NOCOUNT ON
                case var type when TokenText.IsTrivia(type): break;
                default: return false;
            }
        }
        return false;
    }
}
