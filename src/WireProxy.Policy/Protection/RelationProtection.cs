namespace WireProxy.Policy;

/// <summary>The masked columns of one relation that has any.</summary>
internal sealed class RelationProtection(CatalogNode relation, Dictionary<string, Mask> masks)
{
    public CatalogNode Relation => relation;
    public bool IsSystem { get; } = SystemRelations.IsSystemSchema(relation.Schema);

    public Mask? MaskOf(string column) => masks.GetValueOrDefault(column);
}
