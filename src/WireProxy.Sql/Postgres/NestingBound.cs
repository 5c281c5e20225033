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
internal sealed class NestingBound
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

    readonly Stack<Level> _levels = new();
    Level _level;
    int _open; // The sum of what the enclosing levels have so far.
    int _atomic;
    int _deepest;

    /// <summary>The bound in nodes. At <paramref name="enough"/> counting stops.</summary>
    public static int Of(TokenReader tokens, int enough)
    {
        var bound = new NestingBound();
        var previous = 0;
        while (tokens.Next())
        {
            // After a dot or AS a keyword is a name (ColLabel).
            bound.Take(tokens.Kind, isName: previous == '.' || previous == Token.As);
            previous = tokens.Kind;
            if (bound._atomic + bound._open + bound._level.Bound >= enough)
                return enough;
        }
        while (bound._levels.Count > 0)
            bound.Pop();
        return bound._atomic + Math.Max(bound._deepest, bound._level.Bound);
    }

    void Take(int kind, bool isName)
    {
        _level.Run++;
        if (kind is '(' or '[' || (kind == Token.Case && !isName))
            Push(kind == '(' ? ')' : kind == '[' ? ']' : Token.End);
        else if (kind is ')' or ']' || (kind == Token.End && _level.Closer == Token.End && !isName))
            Close(kind);
        else if (EndsRun(kind, isName))
            _level.EndRun();
        else if (kind == Token.And)
            _level.AwaitsBetweenAnd = false;
        else if (kind == Token.Between)
            _level.AwaitsBetweenAnd = true;
        else if (kind == Token.Union || kind == Token.Intersect || kind == Token.Except || kind == Token.Join)
            _level.Lasting++;
        else if (kind == Token.Atomic)
            _atomic += 4; // CreateFunctionStmt and two lists around what follows.
        else if (kind == ';')
            EndStatement();
    }

    bool EndsRun(int kind, bool isName) =>
        kind == ',' || kind == Token.Or || (kind == Token.And && !_level.AwaitsBetweenAnd)
        || (_level.Closer == Token.End && !isName && (kind == Token.When || kind == Token.Then || kind == Token.Else));

    void Push(int closer)
    {
        _level.Run++; // CASE and ( may stand for two nodes: CaseExpr and CaseWhen, SubLink and SelectStmt.
        _open += _level.Run + _level.Lasting;
        _levels.Push(_level);
        _level = new() { Closer = closer };
    }

    void Pop()
    {
        var bound = _level.Bound;
        _level = _levels.Pop();
        _open -= _level.Run + _level.Lasting;
        _level.Child = Math.Max(_level.Child, bound);
    }

    /// <summary>A CASE that was a name has no END: the bracket around it closes both.</summary>
    void Close(int kind)
    {
        while (_levels.Count > 0)
        {
            var closer = _level.Closer;
            Pop();
            if (closer == kind)
                return;
        }
    }

    void EndStatement()
    {
        _level.EndRun();
        if (_levels.Count > 0)
            return;
        _deepest = Math.Max(_deepest, _level.Bound);
        _level = new();
    }
}
