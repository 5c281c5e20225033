using System.Runtime.CompilerServices;
using WireProxy.Sql.Catalog;

namespace WireProxy.Policy;

/// <summary>A label or comment tag that decides about a column.</summary>
/// <param name="By">Where it stands, in words: "security label (wireproxy) on the column".</param>
internal sealed record DecidingLabel(LabelMark Mark, string By);

/// <summary>The labels and comment tags of one catalog, arranged for the question of what protects a column. Made once for a snapshot.</summary>
/// <remarks>The nearest decides: the column's, the table's, the schema's, the database's. Where several stand at one place, one that protects
/// counts before one that says "not protected", and wireproxy's before anon's before a comment's.</remarks>
internal sealed class LabelIndex
{
    private static readonly ConditionalWeakTable<CatalogSnapshot, LabelIndex> _made = [];

    private readonly Dictionary<(uint Relation, short Column), DecidingLabel> _columns = [];
    private readonly Dictionary<string, DecidingLabel> _schemas = new(StringComparer.Ordinal);
    private readonly DecidingLabel? _database;

    private LabelIndex(CatalogSnapshot snapshot)
    {
        foreach (CatalogLabel label in snapshot.Definitions.Labels.OrderBy(Rank))
        {
            if (LabelText.Read(label.Provider, label.Text, label.Column != 0) is not { } mark)
                continue;
            string place = label.Place switch
            {
                LabelPlace.Schema => "the schema",
                LabelPlace.Database => "the database",
                _ => label.Column == 0 ? "the table" : "the column",
            };
            DecidingLabel deciding = new(mark, label.Provider is null ? $"comment on {place}" : $"security label ({label.Provider}) on {place}");
            if (label.Place == LabelPlace.Database)
                _database = Stronger(_database, deciding);
            else if (label.Place == LabelPlace.Schema)
                _schemas[label.Schema!] = Stronger(_schemas.GetValueOrDefault(label.Schema!), deciding);
            else
                _columns[(label.Relation, label.Column)] = Stronger(_columns.GetValueOrDefault((label.Relation, label.Column)), deciding);
        }
        IsEmpty = _columns.Count == 0 && _schemas.Count == 0 && _database is null;
    }

    public static LabelIndex Of(CatalogSnapshot snapshot) => _made.GetValue(snapshot, static s => new LabelIndex(s));

    public bool IsEmpty { get; }

    /// <summary>What decides about a column; null where nothing does. A view is what it is made of, so that what stands on its schema or database is
    /// not about it.</summary>
    public DecidingLabel? Find(CatalogNode node, CatalogColumn column) => Find(node, column, node.Schema);

    /// <param name="schema">The schema that it would be in.</param>
    public DecidingLabel? Find(CatalogNode node, CatalogColumn column, string schema)
    {
        if (IsEmpty || node.IsSystem)
            return null;
        return _columns.GetValueOrDefault((node.Id, column.Number)) ?? _columns.GetValueOrDefault((node.Id, (short)0))
            ?? (node.Relation.Kind == 'v' ? null : _schemas.GetValueOrDefault(schema) ?? _database);
    }

    private static int Rank(CatalogLabel label) => label.Provider switch { "wireproxy" => 0, "anon" => 1, null => 2, _ => 3 };

    private static DecidingLabel Stronger(DecidingLabel? before, DecidingLabel next) =>
        before is null || (!before.Mark.Protects && next.Mark.Protects) ? next : before;
}
