using System.Collections.Immutable;
using WireProxy.Sql.Catalog;

namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>What comes back from a statement.</summary>
public enum ResultShape
{
    /// <summary>No rows.</summary>
    None,
    /// <summary>Rows of the columns that are listed.</summary>
    Columns,
    /// <summary>Rows of the prepared statement (EXECUTE) or cursor (FETCH) that the statement names.</summary>
    OfName,
    /// <summary>Rows whose columns are not known here: any of them may hold anything.</summary>
    Unknown,
}

/// <summary>How a column is used in a statement; several may hold.</summary>
[Flags]
public enum ColumnUses
{
    None = 0,
    /// <summary>It is named, or a star takes it in.</summary>
    Named = 1,
    /// <summary>Its values come back.</summary>
    Output = 2,
    /// <summary>Which rows come back, or in what order or groups, depends on it: WHERE, JOIN, GROUP BY, HAVING, ORDER BY, DISTINCT, LIMIT.</summary>
    Predicate = 4,
    /// <summary>Its values are put somewhere.</summary>
    Copied = 8,
    /// <summary>It is written to.</summary>
    Written = 16,
    /// <summary>Its values may stand in a text that the server runs or sends: RAISE, or an error that quotes the row which fails.</summary>
    Text = 32,
}

/// <summary>A column of a result.</summary>
/// <param name="Name">As RowDescription names it; null where that is not known.</param>
/// <param name="Origin">The column whose plain value it is, as RowDescription states it (of a view, the view's own column); null for an
/// expression.</param>
public sealed record OutputColumn(string? Name, SourceSet Sources, SourceColumn? Origin);

/// <summary>A column that a statement uses.</summary>
public readonly record struct ColumnUse(SourceColumn Column, ColumnUses Uses);

/// <summary>Where values are put.</summary>
public enum WriteKind
{
    /// <summary>A column of a relation.</summary>
    Column,
    /// <summary>A column of a relation that the statement makes: CREATE TABLE AS, SELECT INTO.</summary>
    NewColumn,
    /// <summary>A column of a materialized view that the statement makes. Its definition stays in the catalog, so that its lineage is known
    /// from then on.</summary>
    NewView,
    /// <summary>Rows that a materialized view keeps while what it was filled through becomes something else, or loses the table that they came from.
    /// Target: what stands for them from then on, where anything does.</summary>
    KeptRows,
    /// <summary>A file or program of the server.</summary>
    File,
    /// <summary>Something of the server or the session that keeps what a function is given: a setting, a large object, a notification, a
    /// sequence, the write-ahead log, another server.</summary>
    State,
    /// <summary>The text of SQL that is run: what is in it may become a name, a literal of the catalog, an error.</summary>
    Statement,
    /// <summary>Anywhere: unknown code runs.</summary>
    Anywhere,
}

/// <summary>Values put somewhere.</summary>
/// <param name="Target">With <see cref="WriteKind.Column"/>, and some <see cref="WriteKind.KeptRows"/>, the column; an attribute of 0 stands for any of the relation's. Else default.</param>
/// <param name="Name">What is written to, for people: a column, function or file kind.</param>
public sealed record ValueWrite(WriteKind Kind, SourceColumn Target, string Name, SourceSet Sources)
{
    /// <summary>The column whose plain value is written; null for an expression, or where that is not certain.</summary>
    public SourceColumn? Plain { get; init; }
}

/// <summary>A COMMENT or SECURITY LABEL.</summary>
/// <param name="Relation">With <see cref="LabelPlace.Relation"/> the relation; 0 where the catalog does not know it.</param>
/// <param name="Column">0 for the relation itself.</param>
/// <param name="Schema">With <see cref="LabelPlace.Schema"/> its name.</param>
/// <param name="Provider">Of a SECURITY LABEL that names one, its provider.</param>
/// <param name="Text">Null takes it away.</param>
public sealed record LabelChange(LabelPlace Place, uint Relation, short Column, string? Schema, bool IsComment, string? Provider, string? Text)
{
    /// <summary>False where it is not certain what it stands on.</summary>
    public bool IsKnown { get; init; } = true;
}

/// <summary>What a name is of that nothing bears.</summary>
public enum MissingKind
{
    Relation,
    Column,
    Function,
}

/// <summary>A name for which the server would say that there is no such thing.</summary>
/// <param name="Name">As the statement writes it, with its schema or relation where it has one.</param>
public sealed record MissingName(MissingKind Kind, string Name);

/// <summary>A function that runs, named by the statement or not (a trigger, a user's operator or cast).</summary>
public readonly record struct CalledFunction(uint Id, string Schema, string Name);

/// <summary>Where the values of one statement come from and go to. Immutable; holds for one catalog and search path.</summary>
public sealed record StatementLineage
{
    /// <summary>In the origin of a column: a table that the text itself has made, of which the catalog knows nothing.</summary>
    public const uint NewRelation = uint.MaxValue;

    /// <summary>In the origin of a column: one that the text itself has added to a relation.</summary>
    public const short NewColumn = short.MaxValue;

    /// <summary>Of a statement that is not understood: anything may come back, be used and be written.</summary>
    internal static StatementLineage Unknown(string reason) => new()
    {
        Shape = ResultShape.Unknown,
        ReachesEverything = true,
        Writes = [new(WriteKind.Anywhere, default, reason, SourceSet.Everything)],
        Messages = SourceSet.Everything,
        Reasons = [reason],
        ChangesMeaning = true,
        ChangesCatalog = true,
        ChangesInside = true,
        RunsUnseen = true,
        ChangesNames = true,
    };

    public ResultShape Shape { get; init; }
    /// <summary>It is unknown because an earlier statement of the same text may change what its names mean, and for no other reason.</summary>
    public bool IsStale { get; init; }
    /// <summary>Of one that <see cref="IsStale"/>: what it was by the catalog that does not show the changes.</summary>
    public StatementLineage? Before { get; init; }
    /// <summary>Stale because of one that may make something else mean another thing, not only add something; and it puts values somewhere, or runs code.</summary>
    public bool MayCarry { get; init; }
    /// <summary>It may make something known already mean or do something else.</summary>
    public bool Turns { get; init; }
    /// <summary>With <see cref="ResultShape.Columns"/> the result's columns, in order. Of PREPARE, DECLARE CURSOR, CREATE VIEW and CREATE TABLE AS,
    /// which return none, those of the query that they keep.</summary>
    public ImmutableArray<OutputColumn> Columns { get; init; } = [];
    /// <summary>The prepared statement or cursor that <see cref="ResultShape.OfName"/> is about, or that runs though its rows do not come (MOVE,
    /// EXPLAIN).</summary>
    public string? OfName { get; init; }
    /// <summary>EXECUTE: where the values of its arguments come from; they become the parameters of the prepared statement.</summary>
    public ImmutableArray<SourceSet> Arguments { get; init; } = [];
    /// <summary>CREATE TABLE AS EXECUTE: the table that is filled with what stands under <see cref="OfName"/>. Until that is known,
    /// <see cref="Writes"/> says that it is filled with everything.</summary>
    public string? Fills { get; init; }
    /// <summary>Columns used anywhere, in views, functions and triggers too.</summary>
    public ImmutableArray<ColumnUse> Touched { get; init; } = [];
    /// <summary>Relations looked into, be it only for how many rows they have.</summary>
    public ImmutableArray<uint> Relations { get; init; } = [];
    public ImmutableArray<CalledFunction> Functions { get; init; } = [];
    public ImmutableArray<ValueWrite> Writes { get; init; } = [];
    /// <summary>What functions may put into notices and errors by themselves (RAISE, ASSERT).</summary>
    public SourceSet Messages { get; init; } = SourceSet.Empty;
    /// <summary>Whether which rows come back may depend on anything at all.</summary>
    public bool ReachesEverything { get; init; }
    /// <summary>Why something is unknown or everything, in words for people; no text of the client's but names.</summary>
    public ImmutableArray<string> Reasons { get; init; } = [];
    /// <summary>The statement may change what a later statement of the same text means: DDL, SET search_path, unknown code.</summary>
    public bool ChangesMeaning { get; init; }
    /// <summary>What the statement names and nothing bears that it could mean; null where there is none.</summary>
    public MissingName? Missing { get; init; }
    /// <summary>DDL runs, be it inside a function or a trigger.</summary>
    public bool ChangesCatalog { get; init; }
    /// <summary>DDL runs inside a function or a trigger, so that the statement does not tell what is changed.</summary>
    public bool ChangesInside { get; init; }
    /// <summary>A trigger that is deferrable may run at the end of the transaction.</summary>
    public bool RunsLater { get; init; }
    /// <summary>It declares a cursor that outlives its transaction.</summary>
    public bool IsHeld { get; init; }
    /// <summary>A program of the server runs, which may do anything to all of its databases.</summary>
    public bool RunsProgram { get; init; }
    /// <summary>Code may run of which nothing is said here: what DDL sets off, above all.</summary>
    public bool RunsUnseen { get; init; }
    /// <summary>A function or trigger may put a prepared statement or a cursor under a name, or take one away.</summary>
    public bool ChangesNames { get; init; }
    /// <summary>What it does to labels and comments, inside functions too.</summary>
    public ImmutableArray<LabelChange> Labels { get; init; } = [];
    /// <summary>What gets another name or schema, inside functions too.</summary>
    public ImmutableArray<Renaming> Renamings { get; init; } = [];

    /// <summary>How a column is used; <see cref="ColumnUses.None"/> where it is not.</summary>
    public ColumnUses UsesOf(SourceColumn column)
    {
        foreach (var use in Touched)
            if (use.Column == column)
                return use.Uses;
        return ColumnUses.None;
    }

    /// <summary>What is put where, once it is known what stands under the name.</summary>
    /// <param name="columns">What it gives, with the arguments in place of its parameters; default where that is not known.</param>
    public ImmutableArray<ValueWrite> WritesWith(ImmutableArray<OutputColumn> columns) => Fills is null || columns.IsDefault ? Writes
        : [.. Writes.Where(w => w.Kind is not WriteKind.NewColumn), .. columns.Where(c => !c.Sources.IsEmpty).Select(c => new ValueWrite(WriteKind.NewColumn, default, $"{Fills}.{c.Name}", c.Sources))];

    /// <summary>The columns of a prepared statement with an EXECUTE's arguments in place of its parameters.</summary>
    public ImmutableArray<OutputColumn> ColumnsWith(ImmutableArray<SourceSet> arguments) =>
        [.. Columns.Select(c => c with { Sources = c.Sources.Substitute(arguments) })];
}

/// <summary>The lineage of one query text.</summary>
/// <param name="Statements">One for each statement of the text, in order; a single unknown one for a text that does not parse.</param>
public sealed record TextLineage(ImmutableArray<StatementLineage> Statements);
