using System.Collections.Concurrent;
using System.Collections.Immutable;
using WireProxy.Sql.Catalog;
using WireProxy.Sql.Postgres.Lineage;

namespace WireProxy.Policy;

/// <summary>What PostgreSQL's views show, from what their columns are made of.</summary>
/// <remarks>A view is what its definition says, and the columns that it names stand among the sources of what it shows, so that it has a mask of
/// its own only where one names it. A materialized view keeps the rows that it was filled with: what its columns were made of at any time counts. One that
/// calls functions of users, which may have been others then, is no view here, nor is one that filters, groups or sorts by protected columns: its rows stay in
/// an order that may depend on them.</remarks>
internal sealed class ViewMasks(CatalogIndex index, Protection protection, ProtectedIdentities? known)
{
    private readonly CatalogSnapshot _catalog = index.Snapshot;
    private readonly ConcurrentDictionary<uint, bool> _areOrdered = new();

    /// <summary>True for a view that the lineage reads. The system's are known by a list instead.</summary>
    public bool IsExact(CatalogNode node) =>
        node is { IsSystem: false, Relation.Kind: 'v' } or { IsSystem: false, Relation.Kind: 'm', ReadsUnknown: false } && _catalog.SqlServer is null
        && !(node.Relation.Kind == 'm' && IsOrdered(node.Id));

    /// <summary>Which rows a materialized view has, and in what order, may depend on columns that are protected from somebody.</summary>
    private bool IsOrdered(uint relation) => _areOrdered.GetOrAdd(relation, id =>
        PostgresLineage.ConditionsOf(id, _catalog) is var conditions && (conditions.IsEverything || conditions.Columns.Any(protection.IsProtectedFromSomebody)));

    public bool IsView(uint relation) => index.Find(relation) is { } node && IsExact(node);

    /// <summary>Protected values may be among these.</summary>
    public bool IsProtected(SourceSet sources)
    {
        if (sources.IsEverything)
            return true;
        foreach (SourceColumn column in sources.Columns)
        {
            if (IsProtected(column))
                return true;
        }
        return false;
    }

    public bool IsProtected(SourceColumn column) => IsView(column.Relation)
        ? protection.NamedMask(column.Relation, column.Attribute) is not null || IsProtected(Filled(column))
        : protection.Find(column.Relation, column.Attribute).Kind != ProtectionKind.Clear;

    /// <summary>The mask of a view's column, or null where nothing protected is in it. One that is one protected column as it is has that column's
    /// mask.</summary>
    public Mask? MaskOf(SourceSet sources, uint typeId, Mask derived)
    {
        if (!IsProtected(sources))
            return null;
        bool isEverything = sources.IsEverything || sources.Columns.Any(column => Filled(column).IsEverything);
        ImmutableArray<SourceColumn> columns =
            [.. sources.Columns.SelectMany(column => Filled(column).Columns.Prepend(column)).Where(column => !IsView(column.Relation)).Distinct()];
        return !isEverything && columns is [var only] && protection.Find(only.Relation, only.Attribute) is { IsMasked: true } found
            && _catalog.Relation(only.Relation)?.Column(only.Attribute)?.TypeId == typeId ? found.Mask : derived;
    }

    public Mask? MaskOf(CatalogNode view, string column)
    {
        ImmutableArray<OutputColumn> columns = PostgresLineage.ColumnsOf(view.Id, _catalog);
        int index = view.Relation.Columns.ToList().FindIndex(one => one.Name == column);
        return columns.Length == view.Relation.Columns.Length && index >= 0
            ? MaskOf(columns[index].Sources, view.Relation.Columns[index].TypeId, protection.DerivedMask) : protection.DerivedMask;
    }

    /// <summary>Protected columns that a materialized view's column was made of when it was seen before.</summary>
    private SourceSet Filled(SourceColumn column) => known?.Filled(column) ?? SourceSet.Empty;
}
