using System.Collections.Immutable;

namespace WireProxy.Sql;

/// <summary>The class of a statement, as pgaudit names them.</summary>
public enum StatementClass
{
    Read,
    Write,
    Ddl,
    Role,
    Function,
    Misc,
}

/// <summary>A relation as the statement names it; the schema is null where the statement leaves it to the search path.</summary>
/// <param name="IsRead">Rows of it are looked at. Neither read nor written: only named, as by LOCK or ANALYZE.</param>
/// <param name="IsWritten">Rows of it are changed, or it is made, altered or dropped.</param>
/// <param name="Unbounded">Read with no condition on it and no LIMIT or TOP around it: a bulk read. Changes count too: UPDATE and DELETE
/// without WHERE, TRUNCATE. A condition is one that names a column; the exact rule stands at the dialect's Bounds.</param>
public sealed record RelationReference(string? Database, string? Schema, string Name, bool IsRead, bool IsWritten, bool Unbounded);

/// <summary>A column as the statement names it. <see cref="Relation"/> is what stands before the dot: a table, an alias or null.
/// <see cref="Name"/> is <c>*</c> for a star.</summary>
public sealed record ColumnReference(string? Schema, string? Relation, string Name);

/// <summary>A function or procedure as the statement names it, called or otherwise; an operator that is not built in counts as one,
/// under its symbol.</summary>
public sealed record FunctionReference(string? Schema, string Name);

/// <summary>What a statement of the SQL cursor or prepared-statement kind does to a name that later statements use.</summary>
public enum NameEffect
{
    None,
    Prepare,
    Execute,
    Deallocate,
    DeclareCursor,
    FetchCursor,
    CloseCursor,
}

/// <summary>A COPY ... TO STDOUT or FROM STDIN, as the relay needs it.</summary>
/// <param name="Relation">The table, or null for COPY (query).</param>
/// <param name="Columns">The column list as written; empty for all.</param>
/// <param name="InnerQuery">The text between the parentheses of COPY (query), else null.</param>
/// <param name="Format"><c>text</c>, <c>csv</c> or <c>binary</c>.</param>
/// <param name="Delimiter">The one-byte delimiter in force.</param>
/// <param name="Quote">CSV's quote.</param>
/// <param name="Escape">CSV's escape.</param>
/// <param name="Null">The text that stands for NULL.</param>
/// <param name="Header">The first row names the columns.</param>
public sealed record CopyFacts(
    bool ToClient, bool FromClient, RelationReference? Relation, ImmutableArray<string> Columns, string? InnerQuery,
    string Format, byte Delimiter, byte Quote, byte Escape, string Null, bool Header)
{
    /// <summary>The encoding that the ENCODING option names; null where the session's own applies.</summary>
    public string? Encoding { get; init; }
}

/// <summary>A run of the statement's text that holds a credential and never enters a record. Offsets are UTF-8 bytes.</summary>
public readonly record struct SecretSpan(int Offset, int Length);

/// <summary>What one SQL statement does and touches, dialect-neutral. Nested statements (CTEs, DO bodies, PREPAREd text,
/// EXPLAINed statements) are folded in, so that each list names everything reached anywhere below.</summary>
public sealed record StatementFacts
{
    /// <summary>The command's tag in upper case as a rule names it: SELECT, DROP DATABASE, TRUNCATE, ALTER TABLE, COPY, DO ...</summary>
    public required string Command { get; init; }
    /// <summary>Tags of statements inside this one (the DELETE of a data-modifying CTE, the DROP TABLE in a DO block), not of its
    /// subqueries. COPY PROGRAM and COPY FILE mark a COPY that leaves the protocol.</summary>
    public ImmutableArray<string> InnerCommands { get; init; } = [];
    /// <summary>Every class that applies: a SELECT that holds a DELETE is Read and Write.</summary>
    public required ImmutableArray<StatementClass> Classes { get; init; }
    public ImmutableArray<RelationReference> Relations { get; init; } = [];
    public ImmutableArray<ColumnReference> Columns { get; init; } = [];
    public ImmutableArray<FunctionReference> Functions { get; init; } = [];
    /// <summary>Other names that the statement gives to relations. A bare <see cref="ColumnReference"/> of such a name, or of a relation's
    /// own, is the whole row.</summary>
    public ImmutableArray<string> Aliases { get; init; } = [];
    /// <summary>True where text is run that cannot be known here: EXECUTE of an expression in PL/pgSQL, a DO in another language.</summary>
    public bool HasUnknownSql { get; init; }
    /// <summary>True where an operator is used, or a type that the grammar does not bring: what somebody has made under such a name may run.</summary>
    public bool UsesOperatorsOrTypes { get; init; }
    /// <summary>True where the statement may change the catalog: DDL (temporary tables too), SELECT INTO, CALL, DISCARD ALL, unknown SQL. Not
    /// for a query that calls functions: whether a user's function runs DDL is for the reader of the catalog to suspect, which knows the
    /// user's functions.</summary>
    public bool ChangesCatalog { get; init; }
    /// <summary>Whom the changes concern that <see cref="ChangesCatalog"/> speaks of, as far as the statement writes them out; null where it does not (a
    /// procedure makes them), or there are none.</summary>
    public CatalogChange? Change { get; init; }
    /// <summary>Statements that wait at the server for this one's locks; null where it takes none that others wait for.</summary>
    public NameClaim? Hold { get; init; }
    public NameEffect NameEffect { get; init; }
    /// <summary>The cursor or prepared statement that <see cref="NameEffect"/> is about; null with Deallocate or CloseCursor means ALL.</summary>
    public string? AffectedName { get; init; }
    public CopyFacts? Copy { get; init; }
    /// <summary>T-SQL: what the statement makes of the session's QUOTED_IDENTIFIER; null where it leaves it alone.</summary>
    public bool? QuotedIdentifier { get; init; }
    /// <summary>Where this statement stands in the query text, in UTF-8 bytes; length 0 means to the end.</summary>
    public int Offset { get; init; }
    public int Length { get; init; }
}

/// <summary>The parser's own message for text that does not parse. Position counts characters from 1; 0 means none. The message
/// quotes the text, as the server's does: it is for the client and for no log.</summary>
public sealed record ParseProblem(string Message, int Position)
{
    /// <summary>The major version of the server that says just this of the text, as a syntax error (42601) without a hint; 0 where none is known to.</summary>
    public int SaidBy { get; init; }
}

/// <summary>The statements of one query text, or why it does not parse. Immutable and cacheable.</summary>
public sealed record AnalyzedText(
    ImmutableArray<StatementFacts> Statements, ParseProblem? Problem, ImmutableArray<SecretSpan> Secrets);
