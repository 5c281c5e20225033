using WireProxy.Sql.Catalog;

namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>What the statements of a text have changed so far, as far as it is certain what names mean behind them.</summary>
/// <param name="isOrdered">False for a body, of which it is not known what runs before what, or how often: tables that it makes or adds columns to have
/// no certain columns then, and it drops none.</param>
internal sealed class TextChanges(SnapshotLineage shared, bool isOrdered = true)
{
    /// <summary>In the origin of a column: one that the text has added.</summary>
    public const short NewColumn = StatementLineage.NewColumn;

    readonly Dictionary<string, NewTable> _made = [];
    readonly Dictionary<uint, List<string>> _added = [];
    readonly HashSet<uint> _gone = [];

    /// <summary>Where names are looked for now, where the text has said so; null where it is as it was before the text.</summary>
    public SearchPath? Path { get; private set; }

    /// <summary>The name of something new may hide something that was there.</summary>
    public bool Hides { get; private set; }

    /// <summary>The table of that name that the text has made before; null for none.</summary>
    public NewTable? Made(string name) => _made.GetValueOrDefault(name);

    /// <summary>The text has dropped it.</summary>
    public bool IsGone(uint relation) => _gone.Contains(relation);

    /// <summary>Columns that the text has added to a relation.</summary>
    public IReadOnlyList<string> Added(uint relation) => isOrdered && _added.TryGetValue(relation, out var names) ? names : [];

    /// <summary>It may have further columns, nobody knows when.</summary>
    public bool Grows(uint relation) => !isOrdered && _added.ContainsKey(relation);

    /// <summary>Takes a statement in whose effect is certain; false for every other.</summary>
    /// <param name="a">With which the statement was resolved.</param>
    public bool Take(TreeNode node, StatementLineage lineage, Analysis a)
    {
        // What a new name hides, code that means the other one no longer finds.
        Hides |= NewTable.NameOf(node) is { } name && !shared.IsFree(name, a.Path);
        if (NewTable.Of(node, lineage, shared, a.Path) is { } table)
        {
            _made[table.Name] = isOrdered ? table : table with { Columns = null };
            return true;
        }
        return new TextChange(this, lineage, a).Take(node);
    }

    /// <summary>Users' code does not know of columns that were added, nor what was prepared of the path that was set.</summary>
    public bool IsUncertain(StatementLineage lineage) =>
        (_added.Count > 0 && lineage.Functions.Any(f => shared.IsUsers(f) && !CountsNoColumns(shared.Routine(f.Id)))) || (lineage.OfName is not null && (Path is not null || Hides || _added.Count + _gone.Count > 0));

    /// <summary>The body has no star, nor what stands for one, nor text that it puts together: where a relation has one more column, its columns mean what they
    /// did. What is new is of the text, and so is protected from nobody.</summary>
    public static bool CountsNoColumns(CatalogRoutine? routine) => routine is { Language: 's' or 'p', Body: var body }
        && !body.Contains('*', StringComparison.Ordinal) && !HasWord(body, "table") && !HasWord(body, "execute");

    static bool HasWord(string body, string word)
    {
        for (var at = body.IndexOf(word, StringComparison.OrdinalIgnoreCase); at >= 0; at = body.IndexOf(word, at + 1, StringComparison.OrdinalIgnoreCase))
            if ((at == 0 || !IsPart(body[at - 1])) && (at + word.Length == body.Length || !IsPart(body[at + word.Length])))
                return true;
        return false;
    }

    static bool IsPart(char c) => char.IsLetterOrDigit(c) || c is '_' or '$';

    /// <summary>A statement behind those that were taken in: what users' code puts into a relation may go to a new one of the same name.</summary>
    public StatementLineage Behind(StatementLineage lineage)
    {
        if (!Hides || lineage.Writes.IsEmpty || !lineage.Functions.Any(shared.IsUsers))
            return lineage;
        const string reason = "a function or trigger runs behind a new table whose name may hide the one that it writes to";
        return lineage with
        {
            Writes = [.. lineage.Writes.Select(w => w.Sources.IsEmpty ? w : new ValueWrite(WriteKind.Anywhere, default, reason, w.Sources))],
            Reasons = [reason, .. lineage.Reasons],
        };
    }

    /// <returns>False where it may be the other one after all.</returns>
    public bool Move(SearchPath path)
    {
        if (isOrdered)
            Path = path;
        return isOrdered;
    }

    public void Add(CatalogRelation relation, string column)
    {
        foreach (var id in shared.Relations.Descendants(relation.Id).Prepend(relation.Id))
        {
            if (!_added.TryGetValue(id, out var names))
                _added[id] = names = [];
            if (!names.Contains(column))
                names.Add(column);
        }
    }

    public void Add(NewTable table, string column) => _made[table.Name] = table with { Columns = table.Columns is null ? null : [.. table.Columns, column] };

    /// <returns>False where it may be there after all.</returns>
    public bool Drop(string name) => !isOrdered || _made.Remove(name);

    /// <inheritdoc cref="Drop(string)"/>
    public bool Drop(CatalogRelation relation) => isOrdered && _gone.Add(relation.Id);
}
