using System.Collections.Immutable;
using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace WireProxy.Sql.TransactSql;

/// <summary>What tokens alone tell.</summary>
internal static class TokenText
{
    static readonly string[] s_secretWords = ["password", "pwd", "passphrase", "secret", "passcode", "apikey", "key_source", "identity_value", "provstr"];
    // The procedures and functions whose arguments are credentials by position.
    static readonly string[] s_secretCalls =
    [
        "sp_addlogin", "sp_password", "sp_addapprole", "sp_approlepassword", "sp_setapprole", "sp_addlinkedsrvlogin", "sp_addlinkedserver",
        "encryptbypassphrase", "decryptbypassphrase", "pwdencrypt", "pwdcompare", "sp_adduser", "sp_control_dbmasterkey_password",
        "sp_addremotelogin", "sp_attach_schedule", "decryptbykeyautocert", "decryptbycert", "signbycert", "signbyasymkey", "decryptbyasymkey",
    ];

    public static bool IsTrivia(TSqlTokenType type) =>
        type is TSqlTokenType.WhiteSpace or TSqlTokenType.SingleLineComment or TSqlTokenType.MultilineComment;

    public static bool IsLiteral(TSqlTokenType type) =>
        type is TSqlTokenType.AsciiStringLiteral or TSqlTokenType.UnicodeStringLiteral or TSqlTokenType.HexLiteral
            or TSqlTokenType.AsciiStringOrQuotedIdentifier;

    /// <summary>True where text that is not understood may hold a credential: it says one of the words.</summary>
    public static bool MentionsSecret(ReadOnlySpan<char> text)
    {
        foreach (var word in s_secretWords)
            if (text.Contains(word, StringComparison.OrdinalIgnoreCase))
                return true;
        return false;
    }

    /// <summary>The literals that hold credentials, in UTF-16 code units: what follows a name such as PASSWORD or @rmtpassword, what
    /// itself speaks of one (a connection string, dynamic SQL), and every argument of the calls that take one by position. Found in the
    /// tokens and not in the tree, so that no statement's grammar can be forgotten.</summary>
    public static ImmutableArray<SecretSpan> Secrets(IList<TSqlParserToken> tokens)
    {
        var spans = ImmutableArray.CreateBuilder<SecretSpan>();
        var (named, calling) = (false, false);
        foreach (var token in tokens)
        {
            var type = token.TokenType;
            if (IsTrivia(type) || token.Text is null)
                continue;
            if (IsLiteral(type))
            {
                if (named || calling || MentionsSecret(token.Text))
                    spans.Add(new(token.Offset, token.Text.Length));
                named = false;
            }
            else if (type == TSqlTokenType.QuotedIdentifier && token.Text[0] == '"' && (named || calling))
                spans.Add(new(token.Offset, token.Text.Length));
            else if (type is TSqlTokenType.Semicolon)
                (named, calling) = (false, false);
            else if (type is TSqlTokenType.Identifier or TSqlTokenType.Variable or TSqlTokenType.QuotedIdentifier)
            {
                named = MentionsSecret(token.Text);
                calling |= Array.Exists(s_secretCalls, call => token.Text.Trim('[', ']', '"').Equals(call, StringComparison.OrdinalIgnoreCase));
            }
            else if (type is not (TSqlTokenType.EqualsSign or TSqlTokenType.LeftParenthesis or TSqlTokenType.National or TSqlTokenType.By
                or TSqlTokenType.Comma or TSqlTokenType.Plus))
                (named, calling) = (false, calling && !BeginsStatement(type));
        }
        return spans.ToImmutable();
    }

    static bool BeginsStatement(TSqlTokenType type) =>
        type is TSqlTokenType.Select or TSqlTokenType.Insert or TSqlTokenType.Update or TSqlTokenType.Delete or TSqlTokenType.Exec
            or TSqlTokenType.Execute or TSqlTokenType.Create or TSqlTokenType.Alter or TSqlTokenType.Drop or TSqlTokenType.If;
}
