using System.Collections.Immutable;
using WireProxy.Sql.Catalog;

namespace WireProxy.Relay.Tds;

/// <summary>How a column of a result may be classified, as the catalog and the lineage have it: the first witness.</summary>
/// <param name="MayBe">The classifications of all that the column is made of.</param>
/// <param name="Plain">The column is this classified one as it is; null where it is an expression, or not classified.</param>
/// <param name="IsAnything">What it is made of is not known.</param>
internal sealed record ColumnLabels(ImmutableArray<SqlServerClassification> MayBe, SqlServerClassification? Plain = null, bool IsAnything = false)
{
    public static ColumnLabels None { get; } = new([]);

    public static ColumnLabels Anything { get; } = new([], IsAnything: true);

    public bool IsNone => MayBe.IsEmpty && !IsAnything;

    /// <summary>The server may state this of the column.</summary>
    /// <param name="label">Empty for none.</param>
    /// <param name="informationType">Empty for none.</param>
    public bool Allows(string label, string informationType) =>
        IsAnything || MayBe.Any(known => Same(known.Label, label) && Same(known.InformationType, informationType));

    public ColumnLabels Or(ColumnLabels other) => ReferenceEquals(this, other) ? this
        : new([.. MayBe.Union(other.MayBe)], Plain == other.Plain ? Plain : null, IsAnything || other.IsAnything);

    private static bool Same(string? known, string stated) => string.Equals(known ?? "", stated, StringComparison.Ordinal);
}
