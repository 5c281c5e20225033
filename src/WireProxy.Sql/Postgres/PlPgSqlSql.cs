namespace WireProxy.Sql.Postgres;

/// <summary>Collects the SQL of a PL/pgSQL body as texts that the SQL grammar reads. They are analysed when the body has been read
/// and its recursion is over.</summary>
internal sealed class PlPgSqlSql(PlPgSqlCursor cursor)
{
    readonly PlPgSqlCursor _c = cursor;

    /// <summary>Texts, and whether they are statements of their own (which are inner commands) or expressions (which are not).</summary>
    public List<(byte[] Text, bool IsStatement)> Texts { get; } = [];

    public bool HasUnknown { get; private set; }

    public void Unknown() => HasUnknown = true;

    /// <summary>An expression, which PL/pgSQL runs as SELECT expression; it may go on with FROM and WHERE.</summary>
    public void Expression(PlPgSqlRange range)
    {
        if (range.IsEmpty)
            throw new PlPgSqlUnknownException();
        // A variable, a number or a literal alone touches nothing.
        if (range.To - range.From > 1)
            Texts.Add(([.. "SELECT "u8, .. _c.Text(range)], false));
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
        Texts.Add(([.. _c.Text(range), .. " "u8, .. _c.Text(rest)], true));
    }

    /// <summary>The expression of an EXECUTE: its value is run. A literal alone is known; anything else is not.</summary>
    public void Dynamic(PlPgSqlRange range)
    {
        Expression(range);
        if (range.To - range.From == 1 && _c.KindAt(range.From) == Token.Literal)
            Dynamics.Add([.. "SELECT "u8, .. _c.Text(range)]);
        else
            HasUnknown = true;
    }

    /// <summary>Literals that are run, each as <c>SELECT 'literal'</c>.</summary>
    public List<byte[]> Dynamics { get; } = [];
}
