using WireProxy.Sql.Catalog;

namespace WireProxy.Policy;

/// <summary>Works out which columns of a catalog are masked for one subject, and how.</summary>
/// <remarks>
/// 1. A column that a <c>protect</c> rule names has that rule's mask, the first rule's where several do; it keeps it under another name.
/// 2. Rows are shared along inheritance and partitioning: a child's column takes the mask of its parents' column of that name,
///    nearest first, and a parent's the mask of its children's.
/// 3. A generated column of a table with masked columns may be made of them and is redacted.
/// 4. What a view's column is made of is not known yet, so a view or materialized view that reads, at any distance, a relation
///    with a masked column has all its columns redacted; a mask that names the view's own column is kept.
/// 5. Value-carrying columns of system relations (<see cref="SystemRelations"/>) are redacted; all columns, where the catalog
///    does not list them.
/// A grant takes away what it names: a column's own mask, what the column would inherit from its parents, and the redaction of
/// a view's or a generated column. It does not open a child's rows by naming the parent.
/// </remarks>
internal sealed class ProtectionBuilder(PolicyDefinition policy, CatalogIndex catalog, GrantedColumns grants, ProtectedIdentities? known)
{
    private readonly string _database = catalog.Snapshot.Database;
    private readonly Dictionary<CatalogNode, Dictionary<string, Mask>> _own = [];
    private readonly Dictionary<uint, RelationProtection> _built = [];

    /// <summary>The policy names columns that are there.</summary>
    public bool FoundColumns => _own.Count > 0;

    public Dictionary<uint, RelationProtection> Build()
    {
        known?.Keep(catalog.Snapshot);
        foreach (CatalogNode node in catalog.Relations)
            if (node.HasKnownColumns && FindOwn(node) is { Count: > 0 } masks)
                _own.Add(node, masks);
        // Only relations with a mask of their own, their families and the system's need a closer look ...
        foreach (CatalogNode node in _own.Keys.SelectMany(node => node.Family.Prepend(node)).Distinct())
            AddTable(node);
        foreach (CatalogNode node in catalog.Relations)
            if (SystemRelations.MayCarryValues(node.Schema, node.Name) || (node.IsSystem && !node.HasKnownColumns))
                AddSystem(node);
        // ... and then the views, which need all of these.
        HashSet<CatalogNode> masked = [.. catalog.Relations.Where(node => _built.ContainsKey(node.Id))];
        foreach (CatalogNode view in catalog.Relations)
            if (!view.IsSystem && (view.ReadsUnknown || view.Read.Any(masked.Contains)))
                Add(view, view.ColumnNames.Select(column => (column, OfView(view, column))));
        return _built;
    }

    private void AddTable(CatalogNode node)
    {
        List<(string Column, Mask? Mask)> columns = [.. node.ColumnNames.Select(column => (column, Effective(node, column)))];
        if (columns.Any(column => column.Mask is not null))
            foreach (CatalogColumn column in node.Relation.Columns)
                if (column.IsGenerated && !grants.Contains(node, column.Name))
                    columns.Add((column.Name, Mask.Redact));
        Add(node, columns);
    }

    private void AddSystem(CatalogNode node)
    {
        if (node.HasKnownColumns)
        {
            Add(node, node.ColumnNames.Where(column => SystemRelations.CarriesValues(node.Schema, node.Name, column))
                .Select(column => (column, (Mask?)Mask.Redact)));
            return;
        }
        Mask? named = policy.Protect.FirstOrDefault(rule => rule.Columns.Any(pattern =>
            pattern.NamesOneSchema && pattern.MatchesTable(_database, node.Schema, node.Name)))?.Mask;
        Mask? whole = SystemRelations.MayCarryValues(node.Schema, node.Name) ? Mask.Redact : named;
        if (whole is not null)
            _built[node.Id] = new RelationProtection(node, [], whole);
    }

    private void Add(CatalogNode node, IEnumerable<(string Column, Mask? Mask)> columns)
    {
        Dictionary<string, Mask> masks = [];
        foreach ((string column, Mask? mask) in columns)
            if (mask is not null)
                masks.TryAdd(column, mask);
        if (masks.Count > 0)
            _built[node.Id] = new RelationProtection(node, masks, null);
    }

    private Dictionary<string, Mask>? FindOwn(CatalogNode node)
    {
        Dictionary<string, Mask>? masks = null;
        foreach (ProtectRule rule in policy.Protect)
            foreach (ColumnPattern pattern in rule.Columns)
            {
                // "*.*.name" means the tables of the database, not the columns that the system itself calls so.
                if ((node.IsSystem && !pattern.NamesOneSchema) || !pattern.MatchesTable(_database, node.Schema, node.Name))
                    continue;
                foreach (string column in node.ColumnNames)
                    if (pattern.MatchesColumn(column))
                        (masks ??= []).TryAdd(column, rule.Mask);
            }
        if (known is null || node.IsSystem)
            return masks;
        foreach (CatalogColumn column in node.Relation.Columns)
        {
            Mask? named = masks?.GetValueOrDefault(column.Name);
            known.See(node.Id, column.Number, named);
            if (named is null && known.Find(node.Id, column.Number) is { } earlier)
                (masks ??= []).Add(column.Name, earlier);
        }
        return masks;
    }

    private Mask? Own(CatalogNode node, string column) =>
        _own.TryGetValue(node, out Dictionary<string, Mask>? masks) && masks.TryGetValue(column, out Mask? mask)
        && !grants.Contains(node, column) ? mask : null;

    private Mask? OwnOrInherited(CatalogNode node, string column)
    {
        if (Own(node, column) is { } mask)
            return mask;
        return grants.Contains(node, column) ? null : First(node.Ancestors, ancestor => Own(ancestor, column));
    }

    private Mask? Effective(CatalogNode node, string column) =>
        OwnOrInherited(node, column) ?? First(node.Descendants, descendant => OwnOrInherited(descendant, column));

    private Mask? OfView(CatalogNode view, string column) =>
        grants.Contains(view, column) ? null : Own(view, column) ?? Mask.Redact;

    private static Mask? First(IReadOnlyList<CatalogNode> nodes, Func<CatalogNode, Mask?> find)
    {
        foreach (CatalogNode node in nodes)
            if (find(node) is { } mask)
                return mask;
        return null;
    }
}
