using System.Runtime.CompilerServices;
using WireProxy.Sql;
using WireProxy.Sql.Catalog;

namespace WireProxy.Policy;

/// <summary>A catalog snapshot arranged for the questions of a policy: who has this name, who shares rows with whom, who reads
/// whom. Made once for a snapshot and shared by all sessions; immutable after that.</summary>
internal sealed class CatalogIndex
{
    private static readonly ConditionalWeakTable<CatalogSnapshot, CatalogIndex> _made = [];

    private readonly Dictionary<uint, CatalogNode> _byId = [];
    private readonly Dictionary<string, List<CatalogNode>> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<string>> _functionSchemas = new(StringComparer.Ordinal);

    private CatalogIndex(CatalogSnapshot snapshot)
    {
        Snapshot = snapshot;
        foreach (CatalogRelation relation in snapshot.Relations)
        {
            CatalogNode node = new(relation);
            _byId.TryAdd(relation.Id, node);
            Add(_byName, relation.Name, node);
        }
        foreach (CatalogFunction function in snapshot.AddedFunctions)
        {
            if (!_functionSchemas.TryGetValue(function.Name, out List<string>? schemas))
                _functionSchemas.Add(function.Name, schemas = [.. snapshot.System.SchemasOfFunction(function.Name)]);
            if (!schemas.Contains(function.Schema))
                schemas.Add(function.Schema);
        }
        Link();
    }

    public CatalogSnapshot Snapshot { get; }

    public static CatalogIndex Of(CatalogSnapshot snapshot) => _made.GetValue(snapshot, static s => new CatalogIndex(s));

    public IEnumerable<CatalogNode> Relations => _byId.Values;

    public CatalogNode? Find(uint relationId) => _byId.GetValueOrDefault(relationId);

    /// <summary>The relations that this name may mean; with a null schema those of every schema.</summary>
    public IReadOnlyList<CatalogNode> Named(string? schema, string name)
    {
        if (!_byName.TryGetValue(name, out List<CatalogNode>? nodes))
            return [];
        return schema is null ? nodes : nodes.FindAll(node => node.Schema == schema);
    }

    /// <summary>The schemas that hold a function of this name.</summary>
    public IReadOnlyList<string> SchemasOfFunction(string name) =>
        _functionSchemas.TryGetValue(name, out List<string>? schemas) ? schemas : Snapshot.System.SchemasOfFunction(name);

    /// <summary>True where the name can only be a function that PostgreSQL brings. One that somebody put into pg_catalog is none.</summary>
    public bool IsBuiltInFunction(string? schema, string name) =>
        Snapshot.System.HasFunction(name)
        && (schema is null ? !Snapshot.IsUserFunction(null, name) : schema is "pg_catalog" or "information_schema");

    /// <summary>True where this reference may be no column but a call: <c>row.name</c> is <c>name(row)</c> where the row has no column of that
    /// name and somebody made such a function (PostgreSQL 38.5.3).</summary>
    public bool MayBeCall(ColumnReference column, StatementFacts facts) =>
        Snapshot.IsUserFunction(null, column.Name)
        && (facts.Relations.IsEmpty || facts.Relations.Any(relation =>
            Named(relation.Schema, relation.Name) is var nodes && (nodes.Count == 0 || nodes.Any(node => !node.HasColumn(column.Name)))));

    /// <summary>Links neighbours first and then what is farther away, so that each list is complete whatever the order of the catalog.</summary>
    private void Link()
    {
        Dictionary<CatalogNode, List<CatalogNode>> parents = [], children = [], read = [];
        foreach (CatalogNode node in _byId.Values)
        {
            foreach (uint id in node.Relation.Parents)
                if (_byId.TryGetValue(id, out CatalogNode? parent))
                {
                    Add(parents, node, parent);
                    Add(children, parent, node);
                }
            foreach (uint id in node.Relation.Reads)
                if (_byId.TryGetValue(id, out CatalogNode? source))
                    Add(read, node, source);
                else
                    node.ReadsUnknown = true;
        }
        foreach (CatalogNode node in parents.Keys)
            node.Ancestors = Reachable(node, parents);
        foreach (CatalogNode node in children.Keys)
            node.Descendants = Reachable(node, children);
        foreach (CatalogNode node in read.Keys)
        {
            // A view that reads a parent reads the children's rows with it.
            HashSet<CatalogNode> all = [];
            foreach (CatalogNode source in Reachable(node, read))
            {
                all.Add(source);
                all.UnionWith(source.Descendants);
                node.ReadsUnknown |= source.ReadsUnknown;
            }
            node.Read = [.. all];
        }
    }

    /// <summary>Breadth first, each once, without the start; a cycle does no harm.</summary>
    private static List<CatalogNode> Reachable(CatalogNode start, Dictionary<CatalogNode, List<CatalogNode>> edges)
    {
        List<CatalogNode> found = [];
        HashSet<CatalogNode> seen = [start];
        for (int next = -1; next < found.Count; next++)
        {
            CatalogNode from = next < 0 ? start : found[next];
            foreach (CatalogNode to in edges.GetValueOrDefault(from) ?? [])
                if (seen.Add(to))
                    found.Add(to);
        }
        return found;
    }

    private static void Add<TKey, TValue>(Dictionary<TKey, List<TValue>> lists, TKey key, TValue value)
        where TKey : notnull
    {
        if (!lists.TryGetValue(key, out List<TValue>? list))
            lists.Add(key, list = []);
        list.Add(value);
    }
}
