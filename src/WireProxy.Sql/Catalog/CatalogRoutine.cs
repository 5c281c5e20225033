using System.Collections.Immutable;

namespace WireProxy.Sql.Catalog;

/// <summary>What a function, procedure or aggregate is and does (pg_proc, pg_aggregate). The body of PostgreSQL's own is not read.</summary>
public sealed class CatalogRoutine
{
    /// <summary>Objects from here on were made after the database was (FirstNormalObjectId, src/include/access/transam.h).</summary>
    public const uint FirstUserId = 16384;

    public required uint Id { get; init; }
    public required string Schema { get; init; }
    public required string Name { get; init; }
    /// <summary>i internal, c C, s SQL, p PL/pgSQL, x any other.</summary>
    public required char Language { get; init; }
    /// <summary>prokind: f function, p procedure, a aggregate, w window function.</summary>
    public required char Kind { get; init; }
    /// <summary>provolatile: i, s or v.</summary>
    public required char Volatility { get; init; }
    public required bool ReturnsSet { get; init; }
    public required bool IsSecurityDefiner { get; init; }
    /// <summary>How many arguments it takes; a VARIADIC one counts once.</summary>
    public required int ArgumentCount { get; init; }
    /// <summary>How many of them, at the end, have defaults.</summary>
    public required int DefaultCount { get; init; }
    public required bool IsVariadic { get; init; }
    public required uint ReturnType { get; init; }
    /// <summary>Types of the arguments that it takes; empty for PostgreSQL's own.</summary>
    public ImmutableArray<uint> ArgumentTypes { get; init; } = [];
    /// <summary>proargmodes, one letter an argument: i, o, b, v, t; empty where all are IN.</summary>
    public string Modes { get; init; } = "";
    /// <summary>proargnames; an empty string for one without a name. Of PostgreSQL's own, only where there are OUT arguments.</summary>
    public ImmutableArray<string> Names { get; init; } = [];
    /// <summary>proallargtypes, where there are OUT arguments.</summary>
    public ImmutableArray<uint> AllTypes { get; init; } = [];
    /// <summary>SQL or PL/pgSQL text; CREATE FUNCTION whole for a body of BEGIN ATOMIC or RETURN; the symbol of one in C. Of PostgreSQL's own,
    /// where it is in SQL or shows another's symbol that may read.</summary>
    public string Body { get; init; } = "";
    /// <summary>The extension that brought it, or null.</summary>
    public string? Extension { get; init; }
    /// <summary>The expressions of its defaults, separated by commas, or null.</summary>
    public string? Defaults { get; init; }
    /// <summary>SET clauses, each as name=value.</summary>
    public ImmutableArray<string> Settings { get; init; } = [];
    /// <summary>The functions that an aggregate runs.</summary>
    public ImmutableArray<uint> Runs { get; init; } = [];

    /// <summary>Made with the database, and so what its name says; one that somebody put into pg_catalog is not.</summary>
    public bool IsBuiltIn => Id < FirstUserId;
}
