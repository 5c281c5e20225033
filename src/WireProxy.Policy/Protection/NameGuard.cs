using WireProxy.Sql.Postgres.Lineage;

namespace WireProxy.Policy;

/// <summary>Keeps clients from taking a protection away by another name. A policy names columns by what they are called; one that is renamed stays
/// protected only as long as the gateway remembers it (<see cref="ProtectedIdentities"/>). The same for everybody: a grant to see is none to unprotect.</summary>
public sealed class NameGuard
{
    private readonly PolicyDefinition _policy;
    private readonly CatalogIndex _catalog;
    private readonly LabelIndex? _labels;
    private readonly IReadOnlyDictionary<CatalogNode, Dictionary<string, OwnMask>> _own;

    internal NameGuard(PolicyDefinition policy, CatalogIndex catalog, LabelIndex? labels, IReadOnlyDictionary<CatalogNode, Dictionary<string, OwnMask>> own)
    {
        (_policy, _catalog, _labels, _own) = (policy, catalog, labels, own);
        Guards = policy.Protect.Any() || labels is not null;
    }

    /// <summary>Columns are protected, in this database or another one.</summary>
    public bool Guards { get; }

    /// <summary>Why the change must not be made, in words that follow "because"; null where it may.</summary>
    public string? RefusalOf(Renaming renaming)
    {
        ArgumentNullException.ThrowIfNull(renaming);
        if (!Guards)
            return null;
        if (renaming.Place == RenamedPlace.Database)
            return "columns are protected by what they, and their databases, are called or were called before";
        foreach ((CatalogNode node, Dictionary<string, OwnMask> masks) in _own)
            foreach ((string column, OwnMask mask) in masks)
                if (IsMeant(renaming, node, column) && !StaysWith(renaming, node, column, mask))
                    return $"{node.Schema}.{node.Name}.{column} is protected by its name ({mask.By}) and would not be so by the new one";
        return null;
    }

    private static bool IsMeant(Renaming renaming, CatalogNode node, string column) => renaming.Place switch
    {
        RenamedPlace.Schema => node.Schema == renaming.Name,
        RenamedPlace.Relation => Names(renaming, node),
        // A parent's column takes the children's with it.
        _ => column == renaming.Column && node.Ancestors.Prepend(node).Any(one => Names(renaming, one)),
    };

    private static bool Names(Renaming renaming, CatalogNode node) =>
        renaming.Relation != 0 ? node.Id == renaming.Relation : renaming.Name.Length == 0 || node.Name == renaming.Name;

    private bool StaysWith(Renaming renaming, CatalogNode node, string column, OwnMask mask)
    {
        string schema = renaming.Place == RenamedPlace.Schema ? renaming.NewName ?? node.Schema : renaming.NewSchema ?? node.Schema;
        string table = renaming.Place == RenamedPlace.Relation ? renaming.NewName ?? node.Name : node.Name;
        if (mask.IsNamed)
        {
            string name = renaming.Place == RenamedPlace.Column ? renaming.NewName ?? column : column;
            return _policy.Protect.FirstOrDefault(rule => rule.Columns.Any(pattern =>
                (!node.IsSystem || pattern.NamesOneSchema) && pattern.Matches(_catalog.Snapshot.Database, schema, table, name)))?.Mask == mask.Mask;
        }
        // Labels go where the column goes, but for those of its schema.
        return renaming.NewSchema is null || node.Relation.Columns.FirstOrDefault(one => one.Name == column) is not { } found
            || _labels?.Find(node, found) is not { } label || _labels.Find(node, found, schema)?.Mark.Mask == label.Mark.Mask;
    }
}
