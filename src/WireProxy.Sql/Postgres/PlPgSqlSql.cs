namespace WireProxy.Sql.Postgres;

/// <summary>What a text of a PL/pgSQL body is for.</summary>
internal enum PlPgSqlRole
{
    /// <summary>Its value goes into variables, or is dropped.</summary>
    Value,
    /// <summary>It decides what runs.</summary>
    Condition,
    /// <summary>Its value stands in a notice or error.</summary>
    Message,
    /// <summary>Its rows come back.</summary>
    ReturnQuery,
    /// <summary>Its value is run as SQL.</summary>
    Text,
    /// <summary>It is assigned to; subscripts in it are computed.</summary>
    Target,
}

/// <summary>Collects the SQL of a PL/pgSQL body as texts that the SQL grammar reads. They are analysed when the body has been read
/// and its recursion is over.</summary>
internal sealed class PlPgSqlSql(PlPgSqlCursor cursor)
{
    readonly PlPgSqlCursor _c = cursor;

    /// <summary>Texts, and whether they are statements of their own (which are inner commands) or expressions (which are not).</summary>
    public List<(byte[] Text, bool IsStatement)> Texts { get; } = [];

    /// <summary>What each of <see cref="Texts"/> is for.</summary>
    public List<PlPgSqlRole> Roles { get; } = [];

    /// <summary>What the next text is for; the reader sets it.</summary>
    public PlPgSqlRole Role { get; set; }

    /// <summary>Variables that are assigned to, and which of <see cref="Texts"/> holds the value: -1 for another variable or a constant, -2 for a
    /// query's row.</summary>
    public List<(string Name, string? Field, int Value)> Targets { get; } = [];

    /// <summary>The names of variables that the body declares.</summary>
    public HashSet<string> Variables { get; } = [];

    public void Declared(int token)
    {
        Variables.Add(Name(token));
        _declared.Add(Name(token));
    }

    readonly HashSet<string> _cursors = [];
    readonly HashSet<string> _assigned = [];
    readonly List<string> _fetched = [];

    /// <summary>Rows come from a cursor whose query need not stand in this body.</summary>
    public bool FetchesUnknown => _fetched.Exists(name => !_cursors.Contains(name) || _assigned.Contains(name));

    /// <summary>A variable that begins without a value: as a cursor it is of a query of this body, unless it is given another's name.</summary>
    public void DeclaredEmpty(int token) => _cursors.Add(Name(token));

    /// <summary>All words in the range may be given values.</summary>
    public void Assigned(PlPgSqlRange range)
    {
        for (var i = range.From; i < range.To; i++)
            _assigned.Add(Name(i));
    }

    public void Fetched(int token) => _fetched.Add(Name(token));

    /// <summary>CASE with an operand compares it by an equality operator, whichever the path finds (pl_gram.y, make_case).</summary>
    public bool ComparesCases { get; set; }

    /// <summary>Whether errors are caught: their texts, which quote values, are then in variables.</summary>
    public bool Catches { get; set; }

    /// <summary>Whether RETURN names something other than NEW, OLD or NULL.</summary>
    public bool ReturnsOwn { get; private set; }

    public bool HasUnknown { get; private set; }

    /// <summary>Whether cursors are opened or closed, under names that the session may use, too.</summary>
    public bool HandlesCursors { get; set; }

    public void Unknown() => HasUnknown = true;

    /// <summary>An expression, which PL/pgSQL runs as SELECT expression; it may go on with FROM and WHERE.</summary>
    public void Expression(PlPgSqlRange range)
    {
        if (range.IsEmpty)
            throw new PlPgSqlUnknownException();
        // A variable, a number or a literal alone touches nothing.
        if (range.To - range.From > 1)
            Add([.. "SELECT "u8, .. _c.Text(range)], false);
    }

    void Add(byte[] text, bool isStatement)
    {
        Texts.Add((text, isStatement));
        Roles.Add(Role);
    }

    /// <summary>A variable, or a field of one, that the text at <paramref name="value"/> is assigned to.</summary>
    public void Target(PlPgSqlRange range, int value)
    {
        if (range.IsEmpty)
            return;
        Assigned(range);
        var name = Name(range.From);
        Variables.Add(name);
        var isField = range.To - range.From == 3 && _c.IsAt(range.From + 1, "."u8);
        Targets.Add((name, isField ? Name(range.From + 2) : null, value));
    }

    public void Returned(PlPgSqlRange range) => ReturnsOwn |= range.To - range.From != 1
        || !(_c.IsAt(range.From, "new"u8) || _c.IsAt(range.From, "old"u8) || _c.IsAt(range.From, "null"u8));

    string Name(int token)
    {
        var text = System.Text.Encoding.UTF8.GetString(_c.Text(new(token, token + 1)));
        return text.Length > 1 && text[0] == '"' ? text[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal) : text.ToLowerInvariant();
    }

    public void OptionalExpression(PlPgSqlRange range)
    {
        if (!range.IsEmpty)
            Expression(range);
    }

    public void Statement(PlPgSqlRange range, PlPgSqlRange rest = default)
    {
        if (range.IsEmpty)
            throw new PlPgSqlUnknownException();
        Add([.. _c.Text(range), .. " "u8, .. _c.Text(rest)], true);
    }

    /// <summary>The expression of an EXECUTE: its value is run.</summary>
    public void Dynamic(PlPgSqlRange range)
    {
        var role = Role;
        Role = PlPgSqlRole.Text;
        Expression(range);
        Role = role;
        Dynamics.Add([.. "SELECT "u8, .. _c.Text(range)]);
    }

    /// <summary>Names that something in the body declares or gives a value to.</summary>
    public IReadOnlySet<string> Changing => _changing ??= new HashSet<string>(_assigned.Concat(_declared));

    IReadOnlySet<string>? _changing;
    readonly HashSet<string> _declared = [];

    /// <summary>Texts that are run, each as <c>SELECT expression</c>.</summary>
    public List<byte[]> Dynamics { get; } = [];
}
