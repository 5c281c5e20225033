using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace WireProxy.Sql.TransactSql;

/// <summary>Upper bounds of how deep a text's parse and its tree go, from its tokens alone, before ScriptDom recurses over them.</summary>
/// <remarks>
/// <see cref="Depth"/> counts brackets, CASE ... END and BEGIN ... END that are open at once: each costs the parser some 5 to 8 KB of
/// stack. <see cref="Chain"/> counts what nests without a bracket (operators, NOT, IF, ELSE, JOIN, UNION ...): under 4 KB each where
/// the grammar recurses, and less where only the tree is deep. A comma or semicolon ends the operators of its bracket; JOIN, set
/// operations and ELSE go on across those.
/// </remarks>
internal readonly record struct NestingBound(int Depth, int Chain)
{
    struct Level
    {
        public TSqlTokenType Closer;
        public int Run;
        public int Lasting;
    }

    public static NestingBound Of(IList<TSqlParserToken> tokens)
    {
        var levels = new Stack<Level>();
        var level = new Level();
        var (depth, chain, outer) = (0, 0, 0);
        for (var i = 0; i < tokens.Count; i++)
        {
            switch (tokens[i].TokenType)
            {
                case TSqlTokenType.LeftParenthesis: Push(TSqlTokenType.RightParenthesis); break;
                case TSqlTokenType.LeftCurly or TSqlTokenType.OdbcInitiator: Push(TSqlTokenType.RightCurly); break;
                case TSqlTokenType.Case: Push(TSqlTokenType.End); break;
                case TSqlTokenType.Begin when OpensBlock(tokens, i): Push(TSqlTokenType.End); break;
                case TSqlTokenType.RightParenthesis or TSqlTokenType.RightCurly: Pop(tokens[i].TokenType); break;
                case TSqlTokenType.End when !IsWord(tokens, Next(tokens, i), "conversation"): Pop(TSqlTokenType.End); break;
                case TSqlTokenType.Comma or TSqlTokenType.Semicolon: level.Run = 0; break;
                case TSqlTokenType.Union or TSqlTokenType.Except or TSqlTokenType.Intersect or TSqlTokenType.Join or TSqlTokenType.Cross
                    or TSqlTokenType.Outer or TSqlTokenType.Pivot or TSqlTokenType.Unpivot or TSqlTokenType.Else or TSqlTokenType.If
                    or TSqlTokenType.While:
                    level.Lasting++;
                    break;
                case TSqlTokenType.Not or TSqlTokenType.And or TSqlTokenType.Or or TSqlTokenType.Plus or TSqlTokenType.Minus
                    or TSqlTokenType.Tilde or TSqlTokenType.Star or TSqlTokenType.Divide or TSqlTokenType.PercentSign
                    or TSqlTokenType.Ampersand or TSqlTokenType.VerticalLine or TSqlTokenType.Circumflex or TSqlTokenType.Dot
                    or TSqlTokenType.DoubleColon or TSqlTokenType.Collate:
                    level.Run++;
                    break;
                case TSqlTokenType.Identifier when IsWord(tokens, i, "at") || IsWord(tokens, i, "apply"):
                    level.Run++;
                    break;
            }
            chain = Math.Max(chain, outer + level.Run + level.Lasting);
            depth = Math.Max(depth, levels.Count);
        }
        return new(depth, chain);

        void Push(TSqlTokenType closer)
        {
            outer += level.Run + level.Lasting;
            levels.Push(level);
            level = new() { Closer = closer };
        }

        void Pop(TSqlTokenType closer)
        {
            if (level.Closer != closer)
                return; // The parser will say that it does not match, without looking deeper.
            level = levels.Pop();
            outer -= level.Run + level.Lasting;
        }
    }

    /// <summary>BEGIN TRANSACTION, DIALOG and CONVERSATION have no END.</summary>
    static bool OpensBlock(IList<TSqlParserToken> tokens, int at)
    {
        var next = Next(tokens, at);
        return next < tokens.Count && tokens[next].TokenType is not (TSqlTokenType.Tran or TSqlTokenType.Transaction or TSqlTokenType.Distributed)
            && !IsWord(tokens, next, "dialog") && !IsWord(tokens, next, "conversation");
    }

    static int Next(IList<TSqlParserToken> tokens, int at)
    {
        do
            at++;
        while (at < tokens.Count && TokenText.IsTrivia(tokens[at].TokenType));
        return at;
    }

    static bool IsWord(IList<TSqlParserToken> tokens, int at, string word) =>
        at < tokens.Count && tokens[at].TokenType == TSqlTokenType.Identifier
        && tokens[at].Text.Equals(word, StringComparison.OrdinalIgnoreCase);
}
