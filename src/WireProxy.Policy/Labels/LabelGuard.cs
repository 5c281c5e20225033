using System.Collections.Immutable;
using WireProxy.Sql.Catalog;
using WireProxy.Sql.Postgres.Lineage;

namespace WireProxy.Policy;

/// <summary>Keeps clients from taking a protection away by COMMENT or SECURITY LABEL: a label that protects is changed past the gateway, by those
/// who run the database, or not at all. Clients may add protection. It is the same for everybody: a grant to see is none to unprotect.</summary>
public sealed class LabelGuard
{
    private readonly bool _isOn;
    private readonly CatalogIndex _catalog;
    private readonly IReadOnlyDictionary<CatalogNode, Dictionary<string, OwnMask>> _own;

    internal LabelGuard(LabelMode mode, CatalogIndex catalog, IReadOnlyDictionary<CatalogNode, Dictionary<string, OwnMask>> own)
    {
        _catalog = catalog;
        _own = own;
        _isOn = mode == LabelMode.Protect;
        Guards = _isOn && !LabelIndex.Of(catalog.Snapshot).IsEmpty;
    }

    /// <summary>There are labels, or tags in comments, to be guarded.</summary>
    public bool Guards { get; }

    /// <summary>Why the change must not be made, in words that follow "because"; null where it may.</summary>
    public string? RefusalOf(LabelChange change)
    {
        ArgumentNullException.ThrowIfNull(change);
        if (!_isOn || !(change.IsComment || change.Provider is null or "anon" or "wireproxy"))
            return null;
        LabelMark? next = MarkOf(change.IsComment ? null : change.Provider ?? "wireproxy", change.Text, change.Column);
        if (!change.IsKnown)
            return next is null && !(change.Text is null ? Guards : Existing(change, anywhere: true).Any()) ? null : "what it names is not known for certain";
        LabelMark[] existing = [.. Existing(change, anywhere: false)];
        if (existing.Length > 0)
            return existing.All(mark => mark == next) ? null : "it would change what protects a column";
        if (next is null || next.Mask == Mask.Redact)
            return null;
        return !next.Protects ? "it would take a protection back" : Protects(change) ? "it would put another mask on a protected column" : null;
    }

    private IEnumerable<LabelMark> Existing(LabelChange change, bool anywhere)
    {
        ImmutableArray<CatalogLabel> labels = _catalog.Snapshot.Definitions.Labels;
        return labels.Where(label => (label.Provider is null) == change.IsComment && (change.IsComment || change.Provider is null || label.Provider == change.Provider))
            .Where(label => anywhere || (label.Place == change.Place && label.Relation == change.Relation && label.Column == change.Column && label.Schema == change.Schema))
            .Select(label => MarkOf(label.Provider, label.Text, label.Column)).OfType<LabelMark>();
    }

    private static LabelMark? MarkOf(string? provider, string? text, short column) =>
        text is null ? null : LabelText.Read(provider, text, column != 0);

    /// <summary>A column in the place is protected already, whoever may see it.</summary>
    private bool Protects(LabelChange change) => change.Place switch
    {
        LabelPlace.Relation when _catalog.Find(change.Relation) is { } node => change.Column == 0
            ? node.ColumnNames.Any(column => Protects(node, column))
            : node.Relation.Column(change.Column) is not { } column || Protects(node, column.Name),
        LabelPlace.Schema => _catalog.Relations.Any(node => node.Schema == change.Schema && node.ColumnNames.Any(column => Protects(node, column))),
        _ => _own.Count > 0,
    };

    private bool Protects(CatalogNode node, string column) =>
        node.Family.Prepend(node).Any(one => _own.GetValueOrDefault(one)?.ContainsKey(column) == true);
}
