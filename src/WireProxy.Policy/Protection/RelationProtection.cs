namespace WireProxy.Policy;

/// <summary>The masked columns of one relation that has, or may have, any.</summary>
internal sealed class RelationProtection
{
    private readonly Lazy<Dictionary<string, Mask>>? _masks;
    private readonly Mask? _whole;

    /// <param name="masks">Finds them by column name, when they are asked for: a view's definition is read only then.</param>
    public RelationProtection(CatalogNode relation, Func<Dictionary<string, Mask>> masks) => (Relation, _masks) = (relation, new(masks));

    /// <param name="whole">The mask of every column, where the catalog does not list them.</param>
    public RelationProtection(CatalogNode relation, Mask whole) => (Relation, _whole) = (relation, whole);

    public CatalogNode Relation { get; }

    public bool HasMasks => _whole is not null || _masks!.Value.Count > 0;

    public Mask? MaskOf(string column) => _whole ?? _masks!.Value.GetValueOrDefault(column);

    public ColumnProtection Find(short attributeNumber) =>
        _whole is not null ? ColumnProtection.Masked(_whole)
        : Relation.Relation.Column(attributeNumber) is not { } column ? ColumnProtection.Unknown
        : _masks!.Value.TryGetValue(column.Name, out Mask? mask) ? ColumnProtection.Masked(mask)
        : ColumnProtection.Clear;
}
