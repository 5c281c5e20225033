using System.Collections.Frozen;
using System.Collections.Immutable;

namespace WireProxy.Sql.Catalog;

/// <summary>A view, procedure, function or trigger of SQL Server (sys.objects, sys.sql_modules).</summary>
/// <param name="Kind">sys.objects.type: V, P, FN, IF, TF, TR; FS, FT, PC, TA, AF, X for code of an assembly or library.</param>
/// <param name="Definition">Its CREATE statement; null where it is encrypted or not T-SQL.</param>
/// <param name="Parent">Of a trigger, the table or view; else 0.</param>
public sealed record SqlServerModule(uint Id, string Schema, string Name, string Kind, string? Definition, uint Parent)
{
    /// <summary>What double quotes mean in its definition.</summary>
    public bool QuotedIdentifier { get; init; } = true;
}

/// <summary>A synonym and what it stands for, as CREATE SYNONYM names it.</summary>
public sealed record SqlServerSynonym(string Schema, string Name, string Target);

/// <summary>How a column is classified (sys.sensitivity_classifications).</summary>
/// <param name="Label">The sensitivity label, such as Confidential; null for none.</param>
/// <param name="InformationType">Such as National ID; null for none.</param>
/// <param name="Rank">0 none, 10 low, 20 medium, 30 high, 40 critical; null where it is not said.</param>
public sealed record SqlServerClassification(string? Label, string? InformationType, int? Rank);

/// <summary>What SQL Server's catalog says beyond relations and columns. Names are compared without regard to case, as most databases'
/// collations do; where two differ in case alone, the one that is written the same wins.</summary>
public sealed class SqlServerObjects
{
    readonly FrozenDictionary<uint, SqlServerModule> _modules;
    readonly ILookup<string, SqlServerModule> _modulesByName;
    readonly ILookup<string, CatalogRelation> _relations;
    readonly ILookup<string, SqlServerSynonym> _synonyms;
    readonly ILookup<string, CatalogRelation> _types;
    readonly FrozenDictionary<uint, ImmutableArray<SqlServerModule>> _triggers;
    readonly FrozenDictionary<(uint, short), string> _computed;
    readonly FrozenSet<(uint, short)> _notInserted;
    readonly FrozenSet<(uint, short)> _hidden;
    readonly FrozenSet<uint> _columnSets;
    readonly FrozenDictionary<uint, uint> _historyOf;

    internal SqlServerObjects(IReadOnlyCollection<CatalogRelation> relations, IReadOnlyCollection<CatalogRelation> tableTypes,
        IReadOnlyCollection<SqlServerModule> modules, IReadOnlyCollection<SqlServerSynonym> synonyms,
        IReadOnlyDictionary<(uint, short), string> computed, IReadOnlyCollection<(uint Relation, short Column, char Flag)> flags,
        IReadOnlyDictionary<uint, uint> historyOf)
    {
        _modules = modules.ToFrozenDictionary(m => m.Id);
        _modulesByName = modules.ToLookup(m => m.Name, StringComparer.OrdinalIgnoreCase);
        _relations = relations.ToLookup(r => r.Name, StringComparer.OrdinalIgnoreCase);
        _types = tableTypes.ToLookup(t => t.Name, StringComparer.OrdinalIgnoreCase);
        _synonyms = synonyms.ToLookup(s => s.Name, StringComparer.OrdinalIgnoreCase);
        _triggers = modules.Where(m => m.Parent != 0).GroupBy(m => m.Parent).ToFrozenDictionary(g => g.Key, g => g.ToImmutableArray());
        _computed = computed.ToFrozenDictionary();
        _notInserted = flags.Select(f => (f.Relation, f.Column)).ToFrozenSet();
        _hidden = flags.Where(f => f.Flag == 'h').Select(f => (f.Relation, f.Column)).ToFrozenSet();
        _columnSets = flags.Where(f => f.Flag == 's').Select(f => f.Relation).ToFrozenSet();
        _historyOf = historyOf.ToFrozenDictionary();
    }

    /// <summary>Columns that are classified, by (object_id, column_id).</summary>
    public FrozenDictionary<(uint Relation, short Column), SqlServerClassification> Classifications { get; internal init; } =
        FrozenDictionary<(uint, short), SqlServerClassification>.Empty;

    public SqlServerModule? Module(uint id) => _modules.GetValueOrDefault(id);

    /// <summary>The view, procedure or function of that name; a null schema finds it where only one schema has one.</summary>
    public SqlServerModule? Module(string? schema, string name) => Pick(_modulesByName[name], schema, name, m => m.Schema, m => m.Name);

    public CatalogRelation? Relation(string? schema, string name) => Pick(_relations[name], schema, name, r => r.Schema, r => r.Name);

    public SqlServerSynonym? Synonym(string? schema, string name) => Pick(_synonyms[name], schema, name, s => s.Schema, s => s.Name);

    /// <summary>A table type, as a relation of its columns.</summary>
    public CatalogRelation? TableType(string? schema, string name) => Pick(_types[name], schema, name, t => t.Schema, t => t.Name);

    /// <summary>The triggers on a table or view.</summary>
    public ImmutableArray<SqlServerModule> Triggers(uint relation) => _triggers.TryGetValue(relation, out var found) ? found : [];

    /// <summary>The expression of a computed column; null for any other.</summary>
    public string? Computed(uint relation, short column) => _computed.GetValueOrDefault((relation, column));

    /// <summary>Whether an INSERT without a column list leaves the column out: identity, computed, rowversion, hidden.</summary>
    public bool IsNotInserted(uint relation, short column) => _notInserted.Contains((relation, column));

    /// <summary>Whether a star leaves the column out (HIDDEN).</summary>
    public bool IsHidden(uint relation, short column) => _hidden.Contains((relation, column));

    /// <summary>Whether a star takes in a column set, which stands for other columns.</summary>
    public bool HasColumnSet(uint relation) => _columnSets.Contains(relation);

    /// <summary>The table whose old rows a history table keeps; 0 where it is none.</summary>
    public uint HistoryOf(uint relation) => _historyOf.GetValueOrDefault(relation);

    static T? Pick<T>(IEnumerable<T> candidates, string? schema, string name, Func<T, string> schemaOf, Func<T, string> nameOf) where T : class
    {
        var found = candidates.Where(c => schema is null || string.Equals(schemaOf(c), schema, StringComparison.OrdinalIgnoreCase)).ToList();
        return found.Count switch
        {
            0 => null,
            1 => found[0],
            _ => found.SingleOrDefault(c => nameOf(c) == name && (schema is null || schemaOf(c) == schema)),
        };
    }
}
