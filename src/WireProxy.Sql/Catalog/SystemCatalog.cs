using System.Collections.Frozen;

namespace WireProxy.Sql.Catalog;

/// <summary>What PostgreSQL itself brought into a database: objects below <see cref="CatalogRoutine.FirstUserId"/>. Immutable, and shared by the
/// snapshots of a database as long as nobody changes any of it, which <see cref="Signature"/> tells.</summary>
public sealed class SystemCatalog
{
    readonly FrozenDictionary<uint, CatalogFunction> _functions;
    readonly FrozenDictionary<uint, CatalogRoutine> _routines;
    readonly FrozenDictionary<string, CatalogRoutine[]> _routinesByName;
    readonly FrozenDictionary<string, string[]> _schemasByFunction;

    internal SystemCatalog(string signature, IReadOnlyCollection<CatalogRelation> relations, IReadOnlyCollection<CatalogFunction> functions,
        IReadOnlyCollection<CatalogRoutine> routines, IReadOnlyCollection<CatalogType> types)
    {
        Signature = signature;
        Relations = relations;
        Types = types;
        _functions = functions.ToFrozenDictionary(f => f.Id);
        _routines = routines.ToFrozenDictionary(r => r.Id);
        _routinesByName = routines.GroupBy(r => r.Name).ToFrozenDictionary(g => g.Key, g => g.OrderBy(r => r.Id).ToArray());
        _schemasByFunction = functions.Where(f => !f.IsUserDefined).GroupBy(f => f.Name)
            .ToFrozenDictionary(g => g.Key, g => g.Select(f => f.Schema).Distinct().ToArray());
        Moved = [.. functions.Where(f => f.IsUserDefined)];
    }

    /// <summary>Of a database that is not PostgreSQL's, or in tests.</summary>
    internal static SystemCatalog Empty { get; } = new("", [], [], [], []);

    /// <summary>Another one where a function, relation, column, view or type has been replaced since.</summary>
    internal string Signature { get; }

    internal IReadOnlyCollection<CatalogRelation> Relations { get; }

    internal IReadOnlyCollection<CatalogType> Types { get; }

    internal IReadOnlyCollection<CatalogFunction> Functions => _functions.Values;

    internal IReadOnlyCollection<CatalogRoutine> Routines => _routines.Values;

    /// <summary>Functions that somebody has put into another schema.</summary>
    internal IReadOnlyCollection<CatalogFunction> Moved { get; }

    /// <summary>Whether PostgreSQL brought a function of that name, where it still stands.</summary>
    public bool HasFunction(string name) => _schemasByFunction.ContainsKey(name);

    /// <summary>The schemas that hold such a function: pg_catalog, information_schema, both or none.</summary>
    public IReadOnlyList<string> SchemasOfFunction(string name) => _schemasByFunction.GetValueOrDefault(name, []);

    internal CatalogFunction? Function(uint id) => _functions.GetValueOrDefault(id);

    internal CatalogRoutine? Routine(uint id) => _routines.GetValueOrDefault(id);

    internal CatalogRoutine[] RoutinesNamed(string name) => _routinesByName.GetValueOrDefault(name, []);
}
