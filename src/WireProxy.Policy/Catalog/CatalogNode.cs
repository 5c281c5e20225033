using WireProxy.Sql.Catalog;

namespace WireProxy.Policy;

/// <summary>A relation of the catalog with its neighbours in both directions.</summary>
internal sealed class CatalogNode(CatalogRelation relation)
{
    public CatalogRelation Relation => relation;
    public uint Id => relation.Id;
    public string Schema => relation.Schema;
    public string Name => relation.Name;
    public IEnumerable<string> ColumnNames => relation.Columns.Select(column => column.Name);
    public bool IsSystem => relation.IsSystem;

    /// <summary>What this relation inherits from, or is a partition of, at any distance; nearest first.</summary>
    public IReadOnlyList<CatalogNode> Ancestors { get; internal set; } = [];
    /// <summary>What inherits from this relation, or is a partition of it, at any distance; nearest first.</summary>
    public IReadOnlyList<CatalogNode> Descendants { get; internal set; } = [];
    /// <summary>What this view or materialized view reads, at any distance, descendants included; empty for a table.</summary>
    public IReadOnlyList<CatalogNode> Read { get; internal set; } = [];

    /// <summary>True for a view over something that the catalog does not know.</summary>
    public bool ReadsUnknown { get; internal set; }

    /// <summary>Relations that share rows with this one.</summary>
    public IEnumerable<CatalogNode> Family => Ancestors.Concat(Descendants);
    /// <summary>All that a statement may reach that names this relation.</summary>
    public IEnumerable<CatalogNode> Reached => Family.Concat(Read);

    /// <summary>False for system relations: the catalog does not list their columns.</summary>
    public bool HasKnownColumns => !relation.IsSystem || !relation.Columns.IsEmpty;

    public bool IsSequence => relation.Kind == 'S';

    public bool HasColumn(string name) => relation.Columns.Any(column => column.Name == name);
}
