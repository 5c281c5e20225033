namespace WireProxy.Sql.Postgres;

/// <summary>An upper bound of the depth of a text's parse tree, from its tokens alone, before libpg_query builds and writes
/// the tree with native recursion, which nothing there limits.</summary>
/// <remarks>
/// A tree is as deep as tokens follow one another without a separator that makes siblings. So: brackets (and CASE ... END)
/// open a level; in a level a run of tokens counts one each plus the deepest level that it opens; a comma, a semicolon, AND,
/// OR, WHEN, THEN, ELSE end the run, because the grammar makes flat lists of what they separate. Set operations and JOIN nest
/// to the left across those separators and so count for the whole level; BETWEEN's AND separates nothing; ATOMIC nests
/// across semicolons and counts for the whole text. The bound may be too high, for long runs that are in truth flat, and never
/// too low for text that parses; a test compares it with real trees.
/// </remarks>
internal static class NestingBound
{
    struct Level
    {
        /// <summary>The token that closes it: a bracket's code, or END.</summary>
        public int Closer;
        /// <summary>Tokens since the last separator.</summary>
        public int Run;
        /// <summary>The deepest level that closed in this run.</summary>
        public int Child;
        /// <summary>The deepest run that ended.</summary>
        public int Deepest;
        /// <summary>What nests across separators.</summary>
        public int Lasting;
        public bool AwaitsBetweenAnd;

        public readonly int Bound => Lasting + Math.Max(Deepest, Run + Child);

        public void EndRun()
        {
            Deepest = Math.Max(Deepest, Run + Child);
            Run = Child = 0;
            AwaitsBetweenAnd = false;
        }
    }

    /// <summary>The bound in nodes. At <paramref name="enough"/> counting stops.</summary>
    public static int Of(TokenReader tokens, int enough)
    {
        var levels = new Stack<Level>();
        var level = new Level();
        var (open, atomic, deepest, previous) = (0, 0, 0, 0); // open: the sum of what the enclosing levels have so far.
        while (tokens.Next())
        {
            var kind = tokens.Kind;
            // After a dot or AS a keyword is a name (ColLabel).
            var isName = previous == '.' || previous == Token.As;
            previous = kind;
            level.Run++;
            if (kind is '(' or '[' || (kind == Token.Case && !isName))
            {
                level.Run++; // CASE and ( may stand for two nodes: CaseExpr and CaseWhen, SubLink and SelectStmt.
                open += level.Run + level.Lasting;
                levels.Push(level);
                level = new() { Closer = kind == '(' ? ')' : kind == '[' ? ']' : Token.End };
                if (open >= enough)
                    return enough;
            }
            else if (kind is ')' or ']' || (kind == Token.End && level.Closer == Token.End && !isName))
            {
                // A CASE that was a name has no END: the bracket around it closes both.
                while (levels.Count > 0)
                {
                    var (closer, bound) = (level.Closer, level.Bound);
                    level = levels.Pop();
                    open -= level.Run + level.Lasting;
                    level.Child = Math.Max(level.Child, bound);
                    if (closer == kind || kind == Token.End)
                        break;
                }
            }
            else if (kind == ',' || kind == Token.Or || (kind == Token.And && !level.AwaitsBetweenAnd)
                || (level.Closer == Token.End && !isName && (kind == Token.When || kind == Token.Then || kind == Token.Else)))
                level.EndRun();
            else if (kind == Token.And)
                level.AwaitsBetweenAnd = false;
            else if (kind == Token.Between)
                level.AwaitsBetweenAnd = true;
            else if (kind == Token.Union || kind == Token.Intersect || kind == Token.Except || kind == Token.Join)
                level.Lasting++;
            else if (kind == Token.Atomic)
                atomic += 4;
            else if (kind == ';')
            {
                level.EndRun();
                if (levels.Count == 0)
                {
                    deepest = Math.Max(deepest, level.Bound);
                    level = new();
                }
            }
            if (atomic + open + level.Bound >= enough)
                return enough;
        }
        while (levels.Count > 0)
        {
            var bound = level.Bound;
            level = levels.Pop();
            level.Child = Math.Max(level.Child, bound);
        }
        return Math.Min(enough, atomic + Math.Max(deepest, level.Bound));
    }
}
