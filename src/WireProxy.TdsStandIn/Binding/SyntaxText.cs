using System.Text;
using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace WireProxy.TdsStandIn.Binding;

/// <summary>Texts and names of the syntax tree.</summary>
internal static class SyntaxText
{
    /// <summary>The text as it was written.</summary>
    public static string Original(TSqlFragment fragment)
    {
        var text = new StringBuilder();
        for (int i = fragment.FirstTokenIndex; i <= fragment.LastTokenIndex; i++)
            text.Append(fragment.ScriptTokenStream[i].Text);
        return text.ToString();
    }

    /// <summary>The text without blanks and comments and in capitals, to tell whether two expressions are the same.</summary>
    public static string Normal(TSqlFragment fragment)
    {
        var text = new StringBuilder();
        for (int i = fragment.FirstTokenIndex; i <= fragment.LastTokenIndex; i++)
        {
            var token = fragment.ScriptTokenStream[i];
            if (token.TokenType is TSqlTokenType.WhiteSpace or TSqlTokenType.SingleLineComment or TSqlTokenType.MultilineComment)
                continue;
            bool literal = token.TokenType is TSqlTokenType.AsciiStringLiteral or TSqlTokenType.UnicodeStringLiteral;
            text.Append(literal ? token.Text : token.Text.Trim('[', ']', '"').ToUpperInvariant()).Append('\u0001');
        }
        return text.ToString();
    }

    public static IReadOnlyList<string> Parts(MultiPartIdentifier name) => [.. name.Identifiers.Select(part => part.Value)];

    public static IReadOnlyList<string> Parts(ColumnReferenceExpression column) => column.MultiPartIdentifier is null ? [] : Parts(column.MultiPartIdentifier);

    public static string Joined(MultiPartIdentifier name) => string.Join('.', name.Identifiers.Select(part => part.Value));
}
