using System.Collections.Immutable;
using WireProxy.Sql.Catalog;
using WireProxy.Sql.Postgres.Lineage;

namespace WireProxy.Policy;

/// <summary>What PostgreSQL's views show, from what their columns are made of.</summary>
/// <remarks>A view is what its definition says, and the columns that it names stand among the sources of what it shows, so that it has a mask of
/// its own only where one names it.</remarks>
internal sealed class ViewMasks(CatalogSnapshot catalog, Protection protection)
{
    /// <summary>True for a view that the lineage reads. The system's are known by a list instead; a materialized view keeps rows that it once had.</summary>
    public bool IsExact(CatalogNode node) => IsView(node.Relation);

    public bool IsView(uint relation) => catalog.Relation(relation) is { } found && IsView(found);

    private bool IsView(CatalogRelation relation) => relation is { Kind: 'v', IsSystem: false } && catalog.SqlServer is null;

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
        ? protection.NamedMask(column.Relation, column.Attribute) is not null
        : protection.Find(column.Relation, column.Attribute).Kind != ProtectionKind.Clear;

    /// <summary>The mask of a view's column, or null where nothing protected is in it. One that is one protected column as it is has that column's
    /// mask.</summary>
    public Mask? MaskOf(SourceSet sources, uint typeId, Mask derived)
    {
        if (!IsProtected(sources))
            return null;
        ImmutableArray<SourceColumn> columns = [.. sources.Columns.Where(column => !IsView(column.Relation))];
        return !sources.IsEverything && columns is [var only] && protection.Find(only.Relation, only.Attribute) is { IsMasked: true } found
            && catalog.Relation(only.Relation)?.Column(only.Attribute)?.TypeId == typeId ? found.Mask : derived;
    }

    public Mask? MaskOf(CatalogNode view, string column)
    {
        ImmutableArray<OutputColumn> columns = PostgresLineage.ColumnsOf(view.Id, catalog);
        int index = view.Relation.Columns.ToList().FindIndex(one => one.Name == column);
        return columns.Length == view.Relation.Columns.Length && index >= 0
            ? MaskOf(columns[index].Sources, view.Relation.Columns[index].TypeId, protection.DerivedMask) : protection.DerivedMask;
    }
}
