using System.Collections.Immutable;
using WireProxy.Sql.Catalog;
using WireProxy.Sql.Postgres.Lineage;

namespace WireProxy.Policy;

/// <summary>Works out which columns of a catalog are masked for one subject, and how.</summary>
/// <remarks>
/// 1. A column that a <c>protect</c> rule names has that rule's mask, the first rule's where several do. One that a label or a comment tag protects
///    (<see cref="LabelIndex"/>) has that one's mask. Either keeps it under another name.
/// 2. Rows are shared along inheritance and partitioning: a child's column takes the mask of its parents' column of that name,
///    nearest first, and a parent's the mask of its children's. A child that leaves its parent keeps the mask.
/// 3. A generated column of a table with masked columns may be made of them and is redacted.
/// 4. A view's columns are masked by what they are made of, a materialized one's also by what they were made of (<see cref="ViewMasks"/>). A materialized
///    one that calls functions of users, or filters, groups or sorts by protected columns, has all its columns redacted. A mask that names the view's own
///    column is kept.
/// 5. Value-carrying columns of system relations (<see cref="SystemRelations"/>) are redacted; all columns, where the catalog
///    does not list them.
/// A grant takes away what it names: a column's own mask, what the column would inherit from its parents, and the redaction of
/// a view's or a generated column. It does not open a child's rows by naming the parent.
/// </remarks>
internal sealed class ProtectionBuilder(PolicyDefinition policy, CatalogIndex catalog, GrantedColumns grants, ProtectedIdentities? known)
{
    private readonly string _database = catalog.Snapshot.Database;
    private readonly LabelIndex? _labels = policy.Labels == LabelMode.Protect ? LabelIndex.Of(catalog.Snapshot) : null;
    private readonly Dictionary<CatalogNode, Dictionary<string, OwnMask>> _own = [];
    private readonly Dictionary<uint, RelationProtection> _built = [];

    /// <summary>The policy, or a label, names columns that are there.</summary>
    public bool FoundColumns => _own.Count > 0;

    /// <summary>Some of them are not open to the subject.</summary>
    public bool HidesColumns => _own.Any(node => node.Value.Keys.Any(column => !grants.Contains(node.Key, column)));

    /// <summary>The masks that columns have of their own, grants left aside.</summary>
    public IReadOnlyDictionary<CatalogNode, Dictionary<string, OwnMask>> Own => _own;

    public void FindColumns()
    {
        known?.Keep(catalog.Snapshot);
        foreach (CatalogNode node in catalog.Relations)
            if (node.HasKnownColumns && FindOwn(node) is { Count: > 0 } masks)
                _own.Add(node, masks);
    }

    /// <summary>Remembers, whoever asks, from which protected columns materialized views are filled: the rows stay when a child leaves its parent.</summary>
    public void RememberFilled(ViewMasks views)
    {
        if (known is null || _own.Count == 0)
            return;
        foreach (CatalogNode view in catalog.Relations)
        {
            if (view.Relation.Kind != 'm' || !views.IsExact(view))
                continue;
            ImmutableArray<OutputColumn> columns = PostgresLineage.ColumnsOf(view.Id, catalog.Snapshot);
            for (int i = 0; i < columns.Length; i++)
            {
                var column = new SourceColumn(view.Id, view.Relation.AllColumns[i].Number);
                SourceSet sources = columns[i].Sources;
                if (!sources.IsEverything)
                    sources = SourceSet.OfAll(sources.Columns.Where(source => source != column && IsOwn(source)));
                if (!sources.IsEmpty)
                    known.Fill(column, sources);
            }
        }
    }

    /// <summary>Some of its values are protected, grants left aside.</summary>
    public bool IsOwn(SourceColumn source)
    {
        if (catalog.Find(source.Relation) is not { } node || node.IsSystem || node.Relation.Column(source.Attribute) is not { } column)
            return true;
        IEnumerable<CatalogNode> family = node.Family.Prepend(node);
        return family.Any(one => _own.TryGetValue(one, out Dictionary<string, OwnMask>? masks) && (column.IsGenerated || masks.ContainsKey(column.Name)));
    }

    public Dictionary<uint, RelationProtection> Build(ViewMasks views)
    {
        // Only relations with a mask of their own, their families and the system's need a closer look ...
        foreach (CatalogNode node in _own.Keys.SelectMany(node => node.Family.Prepend(node)).Distinct())
        {
            AddTable(node);
            RememberInherited(node);
        }
        foreach (CatalogNode node in catalog.Relations)
            if (SystemRelations.MayCarryValues(node.Schema, node.Name) || (node.IsSystem && !node.HasKnownColumns))
                AddSystem(node);
        // ... and then the views, which need all of these.
        HashSet<CatalogNode> masked = [.. catalog.Relations.Where(node => _built.ContainsKey(node.Id))];
        foreach (CatalogNode view in catalog.Relations)
            if (!view.IsSystem && (view.ReadsUnknown || view.Read.Any(masked.Contains)))
                _built[view.Id] = new RelationProtection(view, views.IsExact(view)
                    ? () => Masks(view.ColumnNames.Select(column => (column, grants.Contains(view, column) ? null : OwnMaskOf(view, column) ?? views.MaskOf(view, column))))
                    : () => Masks(view.ColumnNames.Select(column => (column, OfView(view, column)))));
        return _built;
    }

    /// <summary>All columns that have a mask of their own or through their family, in the order of their names, whoever may see them.</summary>
    public IEnumerable<ProtectedColumn> List()
    {
        foreach (CatalogNode node in _own.Keys.SelectMany(node => node.Family.Prepend(node)).Distinct().OrderBy(node => (node.Schema, node.Name)))
            foreach (CatalogColumn column in node.Relation.Columns)
            {
                CatalogNode? from = new[] { node }.Concat(node.Family).FirstOrDefault(one => _own.GetValueOrDefault(one)?.ContainsKey(column.Name) == true);
                if (from is null)
                    continue;
                OwnMask own = _own[from][column.Name];
                yield return new ProtectedColumn(node.Id, column.Number, node.Schema, node.Name, column.Name, own.Mask,
                    from == node ? own.By : $"{own.By} of {from.Schema}.{from.Name}, which shares rows with it", grants.Contains(node, column.Name), own.Problem);
            }
    }

    /// <summary>The column has a mask of its own, from when it was first seen or from a label.</summary>
    public bool Keeps(uint relation, short column) => known is null || known.Find(relation, column) is not null
        || (catalog.Find(relation) is { } node && node.Relation.Column(column) is { } found && _own.GetValueOrDefault(node)?.GetValueOrDefault(found.Name) is { IsNamed: false });

    private void AddTable(CatalogNode node)
    {
        List<(string Column, Mask? Mask)> columns = [.. node.ColumnNames.Select(column => (column, Effective(node, column)))];
        if (columns.Any(column => column.Mask is not null))
            foreach (CatalogColumn column in node.Relation.Columns)
                if (column.IsGenerated && !grants.Contains(node, column.Name))
                    columns.Add((column.Name, Mask.Redact));
        Add(node, columns);
    }

    /// <summary>For everybody, whoever has been granted what; and as with renaming, of columns that were protected when they were first seen.</summary>
    private void RememberInherited(CatalogNode node)
    {
        if (known is null)
            return;
        foreach (CatalogColumn column in node.Relation.Columns)
            if (First(node.Ancestors, ancestor => ancestor.Relation.Columns.FirstOrDefault(one => one.Name == column.Name) is { } parents
                ? known.Find(ancestor.Id, parents.Number) : null) is { } mask)
                known.Inherit(node.Id, column.Number, mask);
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
            _built[node.Id] = new RelationProtection(node, whole);
    }

    private void Add(CatalogNode node, IEnumerable<(string Column, Mask? Mask)> columns)
    {
        Dictionary<string, Mask> masks = Masks(columns);
        if (masks.Count > 0)
            _built[node.Id] = new RelationProtection(node, () => masks);
    }

    private static Dictionary<string, Mask> Masks(IEnumerable<(string Column, Mask? Mask)> columns)
    {
        Dictionary<string, Mask> masks = [];
        foreach ((string column, Mask? mask) in columns)
            if (mask is not null)
                masks.TryAdd(column, mask);
        return masks;
    }

    private Dictionary<string, OwnMask>? FindOwn(CatalogNode node)
    {
        Dictionary<string, OwnMask>? masks = null;
        foreach (ProtectRule rule in policy.Protect)
        {
            foreach (ColumnPattern pattern in rule.Columns)
            {
                // "*.*.name" means the tables of the database, not the columns that the system itself calls so.
                if ((node.IsSystem && !pattern.NamesOneSchema) || !pattern.MatchesTable(_database, node.Schema, node.Name))
                    continue;
                foreach (string column in node.ColumnNames)
                    if (pattern.MatchesColumn(column))
                        (masks ??= []).TryAdd(column, new OwnMask(rule.Mask, $"policy: {pattern}", true));
            }
            foreach ((string column, string by) in Classified(node, rule))
                (masks ??= []).TryAdd(column, new OwnMask(rule.Mask, by, true));
        }
        if (node.IsSystem)
            return masks;
        foreach (CatalogColumn column in node.Relation.Columns)
        {
            if (_labels?.Find(node, column) is { Mark.Mask: { } labelled } label)
                (masks ??= []).TryAdd(column.Name, new OwnMask(labelled, label.By, false, label.Mark.Problem));
            OwnMask? named = masks?.GetValueOrDefault(column.Name);
            known?.See(node.Id, column.Number, named?.Mask);
            if (named is null && known?.Find(node.Id, column.Number) is { } earlier)
                (masks ??= []).Add(column.Name, new OwnMask(earlier, "what named it when the gateway saw it first", false));
        }
        return masks;
    }

    /// <summary>SQL Server's columns whose label or information type the rule names.</summary>
    private IEnumerable<(string Column, string By)> Classified(CatalogNode node, ProtectRule rule)
    {
        if (rule.Labels.IsEmpty || catalog.Snapshot.SqlServer is not { Classifications.Count: > 0 } server)
            yield break;
        foreach (CatalogColumn column in node.Relation.Columns)
            if (server.Classifications.TryGetValue((node.Id, column.Number), out SqlServerClassification? found)
                && new[] { found.Label, found.InformationType }.OfType<string>().FirstOrDefault(
                    name => rule.Labels.Any(label => NamePattern.FromSource(label).Matches(name))) is { } name)
                yield return (column.Name, $"sensitivity classification: {name}");
    }

    private Mask? OwnMaskOf(CatalogNode node, string column) =>
        _own.TryGetValue(node, out Dictionary<string, OwnMask>? masks) && masks.TryGetValue(column, out OwnMask? mask)
        && !grants.Contains(node, column) ? mask.Mask : null;

    private Mask? OwnOrInherited(CatalogNode node, string column)
    {
        if (OwnMaskOf(node, column) is { } mask)
            return mask;
        return grants.Contains(node, column) ? null : First(node.Ancestors, ancestor => OwnMaskOf(ancestor, column));
    }

    private Mask? Effective(CatalogNode node, string column) =>
        OwnOrInherited(node, column) ?? First(node.Descendants, descendant => OwnOrInherited(descendant, column));

    private Mask? OfView(CatalogNode view, string column) =>
        grants.Contains(view, column) ? null : OwnMaskOf(view, column) ?? Mask.Redact;

    private static Mask? First(IReadOnlyList<CatalogNode> nodes, Func<CatalogNode, Mask?> find)
    {
        foreach (CatalogNode node in nodes)
            if (find(node) is { } mask)
                return mask;
        return null;
    }
}
