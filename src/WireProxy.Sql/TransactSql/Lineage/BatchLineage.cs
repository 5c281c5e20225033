using System.Collections.Immutable;

namespace WireProxy.Sql.TransactSql.Lineage;

/// <summary>A column of a result set.</summary>
/// <param name="Name">As COLMETADATA names it; null for none, or for one that is not known.</param>
/// <param name="Origin">The column whose plain value it is (of a view, the view's own column); null for an expression.</param>
public sealed record OutputColumn(string? Name, SourceSet Sources, SourceColumn? Origin)
{
    /// <summary>The table's column whose plain value it is, be it through views; null where that is not certain.</summary>
    public SourceColumn? Base { get; init; }
}

/// <summary>One result set that a batch may produce.</summary>
/// <param name="Columns">In order.</param>
/// <param name="IsKnown">False where the columns are not these: how many and which come is not known here; any of them may hold what
/// <see cref="All"/> says.</param>
/// <param name="All">Everything that any of its columns may hold.</param>
public sealed record ResultSetLineage(ImmutableArray<OutputColumn> Columns, bool IsKnown, SourceSet All);

/// <summary>Where values are put.</summary>
public enum WriteKind
{
    /// <summary>A column of a table that the catalog knows.</summary>
    Column,
    /// <summary>A column of a table that the statement makes, or that the catalog does not know.</summary>
    NewColumn,
    /// <summary>A temporary table, or a table variable: the session's own, and followed here.</summary>
    Session,
    /// <summary>A file, a backup, a message queue, another server.</summary>
    Outside,
    /// <summary>Something that the session keeps and that is not followed: CONTEXT_INFO, SESSION_CONTEXT.</summary>
    State,
    /// <summary>Anywhere: unknown code runs.</summary>
    Anywhere,
}

/// <summary>Values put somewhere.</summary>
/// <param name="Target">With <see cref="WriteKind.Column"/> the column, else default.</param>
/// <param name="Name">What is written to, for people.</param>
public sealed record ValueWrite(WriteKind Kind, SourceColumn Target, string Name, SourceSet Sources)
{
    /// <summary>The table's column whose plain value is put there; null where it is another value, or that is not certain.</summary>
    public SourceColumn? Plain { get; init; }
}

/// <summary>A temporary table, and what each of its columns holds. Given back by one batch and given to the next of the session.</summary>
/// <param name="IsOpen">It may have columns that are not listed; they hold what <paramref name="Rest"/> says.</param>
public sealed record TempTable(string Name, ImmutableArray<OutputColumn> Columns, bool IsOpen, SourceSet Rest)
{
    /// <summary>What holds where nobody knows which of the two does: a text can be read in two ways.</summary>
    public static ImmutableArray<TempTable> EitherOf(ImmutableArray<TempTable> one, ImmutableArray<TempTable> other) =>
    [
        .. one.Select(table => other.FirstOrDefault(o => NameText.Same(o.Name, table.Name)) is { } also ? table.Or(also) : table),
        .. other.Where(table => !one.Any(o => NameText.Same(o.Name, table.Name))),
    ];

    TempTable Or(TempTable other)
    {
        var rest = Rest.Union(other.Rest);
        if (Columns.Select(c => c.Name).SequenceEqual(other.Columns.Select(c => c.Name), StringComparer.OrdinalIgnoreCase))
            return this with { Columns = [.. Columns.Zip(other.Columns, Either)], IsOpen = IsOpen || other.IsOpen, Rest = rest };
        var all = rest.Union(SourceSet.UnionOf(Columns.Concat(other.Columns).Select(c => c.Sources)));
        return this with { Columns = [.. Columns.Select(c => c with { Sources = all, Origin = null })], IsOpen = true, Rest = all };
    }

    static OutputColumn Either(OutputColumn one, OutputColumn other) =>
        one with { Sources = one.Sources.Union(other.Sources), Origin = one.Origin == other.Origin ? one.Origin : null };
}

/// <summary>A temporary procedure, as one batch makes it and the next may call it.</summary>
/// <param name="Definitions">Every CREATE of that name and the QUOTED_IDENTIFIER that it was read with: which of them holds depends on what the server
/// refused or rolled back. Empty where there were too many.</param>
public sealed record TempProcedure(string Name, ImmutableArray<(string Text, bool QuotedIdentifier)> Definitions)
{
    /// <inheritdoc cref="TempTable.EitherOf"/>
    public static ImmutableArray<TempProcedure> EitherOf(ImmutableArray<TempProcedure> one, ImmutableArray<TempProcedure> other) =>
    [
        .. one.Select(made => other.FirstOrDefault(o => NameText.Same(o.Name, made.Name)) is not { } also ? made
            : made.Definitions.IsEmpty || also.Definitions.IsEmpty ? made with { Definitions = [] }
            : made with { Definitions = [.. made.Definitions.Union(also.Definitions)] }),
        .. other.Where(made => !one.Any(o => NameText.Same(o.Name, made.Name))),
    ];
}

/// <summary>Where the values of one statement come from and go to, with all that it runs: procedures, triggers, literal texts.</summary>
public sealed record StatementLineage
{
    /// <summary>Where it stands, in UTF-16 code units.</summary>
    public int Offset { get; init; }
    public int Length { get; init; }
    /// <summary>The result sets that it may produce, in order.</summary>
    public ImmutableArray<ResultSetLineage> ResultSets { get; init; } = [];
    /// <summary>False where some of <see cref="ResultSets"/> may not come, or come more than once, or others may come.</summary>
    public bool SequenceKnown { get; init; } = true;
    /// <summary>Every column used anywhere.</summary>
    public SourceSet Touched { get; init; } = SourceSet.Empty;
    /// <summary>What an error's text may quote: a value that does not convert or fit, the key of a row that is there already. So all that is
    /// touched, and every column of a table that is changed or altered.</summary>
    public SourceSet Errors { get; init; } = SourceSet.Empty;
    /// <summary>Those that decide which rows come or what runs: WHERE, JOIN, GROUP BY, HAVING, ORDER BY, IF, WHILE.</summary>
    public SourceSet Predicates { get; init; } = SourceSet.Empty;
    /// <summary>What it puts into messages itself: PRINT, RAISERROR, THROW.</summary>
    public SourceSet Messages { get; init; } = SourceSet.Empty;
    /// <summary>What it returns as a status or value: RETURN.</summary>
    public SourceSet Returned { get; init; } = SourceSet.Empty;
    public ImmutableArray<ValueWrite> Writes { get; init; } = [];
    /// <summary>Relations looked into, be it only for how many rows they have.</summary>
    public ImmutableArray<uint> Relations { get; init; } = [];
    /// <summary>Why something is everything, in words for people; no text of the client's but names.</summary>
    public ImmutableArray<string> Reasons { get; init; } = [];
}

/// <summary>Where the values of a batch come from and go to. Immutable; holds for one catalog, default schema and set of temporary
/// tables.</summary>
public sealed record BatchLineage
{
    /// <summary>One for each statement; those of BEGIN ... END for themselves. A single unknown one for a text that does not parse.</summary>
    public required ImmutableArray<StatementLineage> Statements { get; init; }
    /// <summary>The result sets that the batch may produce, in order.</summary>
    public required ImmutableArray<ResultSetLineage> ResultSets { get; init; }
    /// <summary>False where the sequence cannot be known (IF, WHILE, TRY, GOTO, procedures with any of these): any result set may then be
    /// any of them, so that what decides is <see cref="Union"/>.</summary>
    public required bool SequenceKnown { get; init; }
    /// <summary>What any column of any result set may hold.</summary>
    public required SourceSet Union { get; init; }
    /// <summary>As of the statements, all together.</summary>
    public required SourceSet Touched { get; init; }
    public required SourceSet Errors { get; init; }
    public required SourceSet Messages { get; init; }
    /// <summary>What each variable may hold at the end, by its name with @: an OUTPUT parameter of the batch among them.</summary>
    public required ImmutableDictionary<string, SourceSet> Variables { get; init; }
    /// <summary>The session's temporary tables after it. What was dropped stays: a rollback may bring it back.</summary>
    public required ImmutableArray<TempTable> TempTables { get; init; }
    /// <summary>The session's temporary procedures after it, those that were dropped among them.</summary>
    public ImmutableArray<TempProcedure> TempProcedures { get; init; } = [];
    /// <summary>What the batch may leave turned on: the session's result sets are then not those of its statements.</summary>
    public ShapeSettings TurnsOn { get; init; }
    /// <summary>What the batch turns off for certain, before it turns anything on: nothing else stands in it. FMTONLY, under which no row comes, also where other
    /// statements stand around.</summary>
    public ShapeSettings TurnsOff { get; init; }
    /// <summary>What follows may mean something else than the catalog says: DDL, USE, EXECUTE AS, unknown code.</summary>
    public required bool ChangesMeaning { get; init; }
}
