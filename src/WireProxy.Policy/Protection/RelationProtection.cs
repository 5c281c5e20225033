namespace WireProxy.Policy;

/// <summary>The masked columns of one relation that has any.</summary>
/// <param name="masks">By column name.</param>
/// <param name="whole">The mask of every column, where the catalog does not list them; else null.</param>
internal sealed class RelationProtection(CatalogNode relation, Dictionary<string, Mask> masks, Mask? whole)
{
    public CatalogNode Relation => relation;

    public Mask? MaskOf(string column) => whole ?? masks.GetValueOrDefault(column);

    public ColumnProtection Find(short attributeNumber) =>
        whole is not null ? ColumnProtection.Masked(whole)
        : relation.Relation.Column(attributeNumber) is not { } column ? ColumnProtection.Unknown
        : masks.TryGetValue(column.Name, out Mask? mask) ? ColumnProtection.Masked(mask)
        : ColumnProtection.Clear;
}
