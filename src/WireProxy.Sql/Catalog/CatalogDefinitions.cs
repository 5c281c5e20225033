using System.Collections.Frozen;
using System.Collections.Immutable;

namespace WireProxy.Sql.Catalog;

/// <summary>A type (pg_type), arrays and row types of relations left out.</summary>
/// <param name="Kind">typtype: b, c, d, e, r, m, p.</param>
/// <param name="BaseId">Of a domain, the type that it is made of; else 0.</param>
public sealed record CatalogType(uint Id, string Schema, string Name, char Kind, uint BaseId)
{
    /// <summary>The fields of a composite type, in order.</summary>
    public ImmutableArray<CatalogColumn> Fields { get; init; } = [];
    /// <summary>The conditions of a domain, as SQL over VALUE.</summary>
    public ImmutableArray<string> Checks { get; init; } = [];
    /// <summary>The default of a domain, or null.</summary>
    public string? Default { get; init; }
}

/// <summary>A user's operator; <see cref="Function"/> runs when it is used.</summary>
public sealed record CatalogOperator(uint Id, string Schema, string Name, uint Function, uint Left, uint Right);

/// <summary>A user's cast that runs a function.</summary>
/// <param name="Context">castcontext: e (only explicit), a (also in assignment), i (anywhere).</param>
public sealed record CatalogCast(uint Id, uint Function, uint Source, uint Target, char Context);

/// <summary>A user's trigger on a relation.</summary>
/// <param name="Events">tgtype, bits as in src/include/catalog/pg_trigger.h: 4 INSERT, 8 DELETE, 16 UPDATE, 32 TRUNCATE.</param>
/// <param name="IsDeferrable">It may run at the end of the transaction.</param>
/// <param name="Definition">CREATE TRIGGER where it has a condition or names the rows that change (REFERENCING), else null.</param>
public sealed record CatalogTrigger(uint Relation, string Name, uint Function, int Events, bool IsEnabled, bool IsDeferrable, string? Definition)
{
    internal bool MayBePutOff => IsDeferrable && IsEnabled;
}

/// <summary>A rule other than that of a view.</summary>
/// <param name="Event">ev_type: 1 SELECT, 2 UPDATE, 3 INSERT, 4 DELETE.</param>
public sealed record CatalogRule(uint Relation, char Event, string Definition);

/// <summary>An index that is unique, or computes something; or a partition key that does.</summary>
/// <param name="Columns">Their numbers; 0 for an expression.</param>
public sealed record CatalogIndexing(uint Relation, ImmutableArray<short> Columns, string? Expressions, string? Predicate, bool IsUnique)
{
    internal bool IsPartitionKey => Columns.IsEmpty;
}

/// <summary>What a label stands on.</summary>
public enum LabelPlace
{
    /// <summary>A column, or with column 0 the relation itself.</summary>
    Relation,
    Schema,
    /// <summary>The database whose catalog it is.</summary>
    Database,
}

/// <summary>A SECURITY LABEL (provider anon or wireproxy), or a comment that speaks of wireproxy (provider null).</summary>
/// <param name="Column">attnum; 0 for the relation itself.</param>
public sealed record CatalogLabel(uint Relation, short Column, string? Provider, string Text)
{
    /// <summary>Of other places than relations <see cref="Relation"/> and <see cref="Column"/> are 0.</summary>
    public LabelPlace Place { get; init; }
    /// <summary>The schema's name, with <see cref="LabelPlace.Schema"/>.</summary>
    public string? Schema { get; init; }
}

/// <summary>A foreign key, and what it does to the rows that refer when those that they refer to are deleted or updated.</summary>
/// <param name="OnDelete">confdeltype: c deletes, n and d update; the others change nothing. So does confupdtype.</param>
/// <param name="ReferringColumns">Their values follow those of <paramref name="Columns"/>, in the same order.</param>
public sealed record CatalogCascade(uint Relation, uint Referring, char OnDelete, char OnUpdate, ImmutableArray<short> ReferringColumns, ImmutableArray<short> Columns);

/// <summary>What is published to replication.</summary>
public sealed record CatalogPublication(uint Id, string Name, bool AllTables, ImmutableArray<uint> Relations);

/// <summary>What relations, functions and types are made of, as the server's catalog says it. Immutable.</summary>
public sealed class CatalogDefinitions
{
    internal CatalogDefinitions()
    {
    }

    /// <summary>The schemas that the reader's search path showed, in order: names in definitions that have no schema are found there.</summary>
    public ImmutableArray<string> ReadPath { get; internal init; } = [];
    /// <summary>The definition of each view and materialized view, by its OID.</summary>
    public IReadOnlyDictionary<uint, string> Views { get; internal init; } = FrozenDictionary<uint, string>.Empty;
    /// <summary>The expression of each generated column.</summary>
    public IReadOnlyDictionary<(uint Relation, short Column), string> Generated { get; internal init; } = FrozenDictionary<(uint, short), string>.Empty;
    /// <summary>The expression of each default.</summary>
    public IReadOnlyDictionary<(uint Relation, short Column), string> Defaults { get; internal init; } = FrozenDictionary<(uint, short), string>.Empty;
    /// <summary>Those that PostgreSQL did not bring.</summary>
    public IReadOnlyDictionary<uint, CatalogRoutine> Routines { get; internal init; } = FrozenDictionary<uint, CatalogRoutine>.Empty;
    public IReadOnlyDictionary<uint, CatalogType> Types { get; internal init; } = FrozenDictionary<uint, CatalogType>.Empty;
    public ImmutableArray<CatalogOperator> Operators { get; internal init; } = [];
    public ImmutableArray<CatalogCast> Casts { get; internal init; } = [];
    public IReadOnlyDictionary<uint, ImmutableArray<CatalogTrigger>> Triggers { get; internal init; } = FrozenDictionary<uint, ImmutableArray<CatalogTrigger>>.Empty;
    /// <summary>Some of them may be put off to the end of the transaction.</summary>
    public bool HasDeferrable { get; internal init; }
    public IReadOnlyDictionary<uint, ImmutableArray<CatalogRule>> Rules { get; internal init; } = FrozenDictionary<uint, ImmutableArray<CatalogRule>>.Empty;
    public IReadOnlyDictionary<uint, ImmutableArray<CatalogIndexing>> Indexes { get; internal init; } = FrozenDictionary<uint, ImmutableArray<CatalogIndexing>>.Empty;
    /// <summary>The conditions of CHECK constraints, by relation.</summary>
    public IReadOnlyDictionary<uint, ImmutableArray<string>> Checks { get; internal init; } = FrozenDictionary<uint, ImmutableArray<string>>.Empty;
    /// <summary>CREATE STATISTICS of those that compute expressions, by relation.</summary>
    public IReadOnlyDictionary<uint, ImmutableArray<string>> Statistics { get; internal init; } = FrozenDictionary<uint, ImmutableArray<string>>.Empty;
    /// <summary>The conditions of row security policies, by relation.</summary>
    public IReadOnlyDictionary<uint, ImmutableArray<string>> Policies { get; internal init; } = FrozenDictionary<uint, ImmutableArray<string>>.Empty;
    public ImmutableArray<CatalogCascade> Cascades { get; internal init; } = [];
    /// <summary>Users' functions, not in C, that operator classes and range types run when rows are compared.</summary>
    public ImmutableArray<uint> Comparisons { get; internal init; } = [];
    /// <summary>The functions of enabled event triggers: DDL runs them.</summary>
    public ImmutableArray<uint> EventTriggers { get; internal init; } = [];
    /// <summary>The column that a sequence belongs to.</summary>
    public IReadOnlyDictionary<uint, (uint Relation, short Column)> SequenceOwners { get; internal init; } = FrozenDictionary<uint, (uint, short)>.Empty;
    public ImmutableArray<CatalogLabel> Labels { get; internal init; } = [];
    public ImmutableArray<CatalogPublication> Publications { get; internal init; } = [];
    /// <summary>Installed extensions and their schemas.</summary>
    public ImmutableArray<(string Name, string Schema)> Extensions { get; internal init; } = [];
}
