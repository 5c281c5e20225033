using System.Collections.Frozen;
using System.Collections.Immutable;

namespace WireProxy.Sql.Catalog;

/// <summary>What one database's catalog said at one moment. Immutable; names are compared as the server stores them.</summary>
public sealed class CatalogSnapshot
{
    readonly Dictionary<uint, CatalogRelation> _byId;
    readonly Dictionary<(string Schema, string Name), CatalogRelation> _byFullName;
    readonly Dictionary<string, ImmutableArray<CatalogRelation>> _byName;
    readonly Dictionary<uint, CatalogFunction> _functions;
    readonly FrozenSet<(string Schema, string Name)> _userFunctions;
    readonly FrozenSet<string> _userFunctionNames;
    readonly FrozenSet<string> _scriptNames;
    readonly FrozenSet<string> _addedSystemNames;

    /// <param name="relations">Its own and the system's.</param>
    /// <param name="functions">Without the system's.</param>
    internal CatalogSnapshot(long version, string database, int serverVersion, IReadOnlyCollection<CatalogRelation> relations,
        IReadOnlyCollection<CatalogFunction> functions, SystemCatalog system)
    {
        System = system;
        Version = version;
        Database = database;
        ServerVersion = serverVersion;
        _byId = relations.ToDictionary(r => r.Id);
        _byFullName = relations.ToDictionary(r => (r.Schema, r.Name));
        _byName = relations.GroupBy(r => r.Name).ToDictionary(g => g.Key, g => g.ToImmutableArray());
        _functions = functions.ToDictionary(f => f.Id);
        var user = functions.Where(f => f.IsUserDefined).Concat(system.Moved).ToList();
        _userFunctions = user.Select(f => (f.Schema, f.Name)).ToFrozenSet();
        _userFunctionNames = user.Select(f => f.Name).ToFrozenSet();
        _scriptNames = user.Where(f => !f.IsNative).Select(f => f.Name).ToFrozenSet();
        _addedSystemNames = functions.Where(f => !f.IsUserDefined).Select(f => f.Name).ToFrozenSet();
    }

    /// <summary>From when it is, so that the next one may be read as what has changed since; null where that cannot be told.</summary>
    internal CatalogMarks? Marks { get; init; }

    /// <summary>Without those that PostgreSQL brought.</summary>
    internal IReadOnlyCollection<CatalogFunction> OwnFunctions => _functions.Values;

    /// <summary>Given by whoever reads the catalog: higher is newer.</summary>
    public long Version { get; }

    public string Database { get; }

    /// <summary>What relations, functions and types are made of.</summary>
    public CatalogDefinitions Definitions { get; internal init; } = new();

    /// <summary>server_version_num, such as 150004.</summary>
    public int ServerVersion { get; }

    /// <summary>What else SQL Server's catalog says; null for PostgreSQL's.</summary>
    public SqlServerObjects? SqlServer { get; internal init; }

    public IReadOnlyCollection<CatalogRelation> Relations => _byId.Values;

    /// <summary>What PostgreSQL itself brought, shared with other snapshots.</summary>
    public SystemCatalog System { get; }

    /// <summary>The functions that PostgreSQL did not bring, or that do not stand where it put them.</summary>
    public IEnumerable<CatalogFunction> AddedFunctions => _functions.Values.Concat(System.Moved);

    /// <summary>PostgreSQL's own functions and the users'.</summary>
    public IEnumerable<CatalogFunction> Functions => System.Functions.Concat(_functions.Values);

    /// <summary>The relation of that OID, or null.</summary>
    public CatalogRelation? Relation(uint id) => _byId.GetValueOrDefault(id);

    public CatalogRelation? Relation(string schema, string name) => _byFullName.GetValueOrDefault((schema, name));

    /// <summary>The relations of that name in all schemas, temporary ones too.</summary>
    public ImmutableArray<CatalogRelation> RelationsNamed(string name) => _byName.TryGetValue(name, out var found) ? found : [];

    /// <summary>Any function of that OID, PostgreSQL's own too (a FunctionCall message names functions so); null where there is none.</summary>
    public CatalogFunction? Function(uint id) => _functions.GetValueOrDefault(id) ?? System.Function(id);

    /// <summary>Whether a function of that name exists outside pg_catalog and information_schema. A null schema means any.</summary>
    public bool IsUserFunction(string? schema, string name) =>
        schema is null ? _userFunctionNames.Contains(name) : _userFunctions.Contains((schema, name));

    /// <summary>Whether a call of that name can only be of a function that is native or PostgreSQL's own, in whatever schema.</summary>
    public bool IsNativeFunction(string name) =>
        (IsSystemName(name) || _userFunctionNames.Contains(name)) && !_scriptNames.Contains(name);

    /// <summary>Whether an unqualified call of that name can only be one of PostgreSQL's own functions: there is one, and no user has made another.</summary>
    public bool IsSystemFunction(string name) => IsSystemName(name) && !_userFunctionNames.Contains(name);

    bool IsSystemName(string name) => System.HasFunction(name) || _addedSystemNames.Contains(name);
}
