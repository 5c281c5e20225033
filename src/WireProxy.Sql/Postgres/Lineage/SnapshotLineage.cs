using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text;
using WireProxy.Sql.Catalog;

namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>A catalog arranged for lineage, with what has been worked out of its views and functions. Shared by all sessions.</summary>
internal sealed class SnapshotLineage
{
    static readonly ConditionalWeakTable<CatalogSnapshot, SnapshotLineage> s_made = [];

    readonly FrozenDictionary<string, CatalogRoutine[]> _routines;
    readonly FrozenDictionary<string, CatalogOperator[]> _operators;
    readonly Dictionary<(string, string), uint> _types;
    readonly Dictionary<uint, CatalogRelation> _relationsOfTypes;
    readonly FrozenSet<uint> _plainDomains;
    readonly FrozenSet<string> _temporary;
    readonly Lazy<HashSet<string>> _runByServer;

    SnapshotLineage(CatalogSnapshot catalog)
    {
        Catalog = catalog;
        var definitions = catalog.Definitions;
        ReadPath = new(definitions.ReadPath);
        _routines = definitions.Routines.Values.GroupBy(r => r.Name).ToFrozenDictionary(
            g => g.Key, g => (CatalogRoutine[])[.. catalog.System.RoutinesNamed(g.Key), .. g.OrderBy(r => r.Id)]);
        _operators = definitions.Operators.GroupBy(o => o.Name).ToFrozenDictionary(g => g.Key, g => g.ToArray());
        _relationsOfTypes = catalog.Relations.Where(r => r.RowType != 0).ToDictionary(r => r.RowType, r => r);
        var types = new Dictionary<(string, string), uint>();
        foreach (var type in definitions.Types.Values)
            types[(type.Schema, type.Name)] = type.Id;
        foreach (var (type, relation) in _relationsOfTypes)
            types[(relation.Schema, relation.Name)] = type;
        _types = types;
        _plainDomains = definitions.Types.Values.Where(t => t.Checks.IsEmpty).Select(t => t.Id).ToFrozenSet();
        _temporary = catalog.Relations.Where(r => SearchPath.IsTemporary(r.Schema)).Select(r => r.Name).ToFrozenSet();
        _runByServer = new(() => ServerRun.NamesIn(this));
        Relations = new(this);
        Bodies = new(this);
    }

    public static SnapshotLineage Of(CatalogSnapshot catalog) => s_made.GetValue(catalog, static c => new(c));

    /// <summary>What a user has written, and not an extension in C.</summary>
    public bool IsUsers(CalledFunction function) =>
        function.Id >= CatalogRoutine.FirstUserId && Routine(function.Id) is not { Language: 'c' or 'i', Extension: not null };

    public CatalogSnapshot Catalog { get; }
    public CatalogDefinitions Definitions => Catalog.Definitions;
    /// <summary>The path under which the catalog's definitions were written out.</summary>
    public SearchPath ReadPath { get; }
    public RelationColumns Relations { get; }
    public Bodies Bodies { get; }

    /// <summary>What has been worked out of views and functions, by object and search path.</summary>
    public ConcurrentDictionary<(ulong Object, string Path), Summary> Summaries { get; } = new();

    /// <summary>Beyond this somebody makes up search paths.</summary>
    const int MaxSummaries = 100_000;

    public void Keep((ulong Object, string Path) key, Summary summary)
    {
        if (Summaries.Count >= MaxSummaries)
            Summaries.Clear();
        Summaries.TryAdd(key, summary);
    }

    public ConcurrentDictionary<SearchPath, LineageCache> Caches { get; } = new();

    /// <summary>Names of users' functions that autovacuum may run.</summary>
    public HashSet<string> RunByServer => _runByServer.Value;

    public bool HasCasts => !Definitions.Casts.IsEmpty;

    public CatalogRoutine? Routine(uint id) => Definitions.Routines.GetValueOrDefault(id) ?? Catalog.System.Routine(id);

    /// <summary>PostgreSQL's own function that one in the language internal runs, by its symbol; null where it is not certain which.</summary>
    public CatalogRoutine? BehindInternal(CatalogRoutine routine)
    {
        if (routine is not { Language: 'i', IsBuiltIn: false, Extension: null })
            return null;
        CatalogRoutine? found = null;
        foreach (var own in Catalog.System.RoutinesNamed(routine.Body))
        {
            // Of several the one that may do most: where one is volatile or has another's symbol, nobody knows which is meant.
            if (own.Language != 'i' || own.Kind != 'f' || (own.Body.Length > 0 && own.Body != routine.Body) || (found is not null && found.Volatility != own.Volatility))
                return null;
            found = own;
        }
        return found;
    }

    public CatalogRoutine[] RoutinesNamed(string name) => _routines.GetValueOrDefault(name) ?? Catalog.System.RoutinesNamed(name);

    public CatalogOperator[] OperatorsNamed(string name) => _operators.Count == 0 ? [] : _operators.GetValueOrDefault(name, []);

    public bool HasUserFunction(string name) => _routines.ContainsKey(name);

    public uint TypeNamed(string schema, string name) => _types.GetValueOrDefault((schema, name));

    /// <summary>Whether some session has a temporary relation of that name.</summary>
    public bool IsTemporaryName(string name) => _temporary.Contains(name);

    /// <summary>No relation that the session could mean has that name, so that a new one hides none.</summary>
    public bool IsFree(string name, SearchPath path)
    {
        foreach (var relation in Catalog.RelationsNamed(name))
            if (!path.HasTemporary || !SearchPath.IsTemporary(relation.Schema) || path.Schemas.Contains(relation.Schema))
                return false;
        return true;
    }

    public uint RowTypeOf(uint relation) => Catalog.Relation(relation)?.RowType ?? 0;

    /// <summary>The columns of a composite type or of a relation's row type; null for any other.</summary>
    public ImmutableArray<CatalogColumn>? FieldsOf(uint type)
    {
        if (type < CatalogRoutine.FirstUserId)
            return null;
        if (_relationsOfTypes.TryGetValue(type, out var relation))
            return relation.AllColumns;
        if (Definitions.Types.TryGetValue(type, out var composite))
            return composite.Kind == 'c' ? composite.Fields : composite.Kind == 'd' && composite.BaseId != type ? FieldsOf(composite.BaseId) : null;
        return null;
    }

    /// <summary>The type of a column where it is built in or has fields; else 0.</summary>
    public uint UserType(CatalogColumn column) =>
        column.TypeId < CatalogRoutine.FirstUserId || FieldsOf(column.TypeId) is not null ? column.TypeId : 0;

    /// <summary>The users' casts to a type; to one that is not known, all.</summary>
    public IEnumerable<CatalogCast> CastsTo(uint type)
    {
        foreach (var cast in Definitions.Casts)
            if (type == 0 || cast.Target == type)
                yield return cast;
    }

    /// <summary>The default of a domain, or of the domain that it is made of; null for none.</summary>
    public string? DefaultOf(uint type)
    {
        for (var depth = 0; depth < 32 && Definitions.Types.TryGetValue(type, out var domain) && domain.Kind == 'd'; depth++, type = domain.BaseId)
            if (domain.Default is { } expression)
                return expression;
        return null;
    }

    /// <summary>The domain, or one that it is made of, has conditions or a default.</summary>
    public bool IsChecked(uint domain)
    {
        for (var depth = 0; domain != 0; depth++)
        {
            if (depth == 32 || !Definitions.Types.TryGetValue(domain, out var found) || !found.Checks.IsEmpty || found.Default is not null)
                return domain >= CatalogRoutine.FirstUserId;
            domain = found.Kind == 'd' && found.BaseId != domain ? found.BaseId : 0;
        }
        return false;
    }

    /// <summary>Runs what a domain's conditions run on a value.</summary>
    public void CheckDomain(uint type, SourceSet value, Analysis a)
    {
        if (type == 0 || _plainDomains.Contains(type) || !Definitions.Types.TryGetValue(type, out var domain) || domain.Kind != 'd')
            return;
        foreach (var check in domain.Checks)
        {
            var inside = a.Inside(ReadPath, null);
            using var parsed = ParsedText.Of(Encoding.UTF8.GetBytes("SELECT " + check));
            var scope = new Scope(null, null);
            scope.Entries.Add(new() { Columns = [new("value", new Value(value))] });
            foreach (var raw in parsed.Statements)
                foreach (var target in raw.Child(Tree.RawStmt).Items(Tree.SelectTargets))
                    inside.Expressions.Of(target.Child(Tree.TargetValue), scope);
            if (parsed.IsBroken)
                inside.Effects.UnknownCode("a check of the domain " + domain.Name);
            a.Effects.Merge(inside.Effects, null);
        }
        if (domain.BaseId != type)
            CheckDomain(domain.BaseId, value, a);
    }
}
