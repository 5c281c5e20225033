namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>What the statements of a text have changed so far, as far as it is certain what names mean behind them.</summary>
internal sealed class TextChanges(SnapshotLineage shared)
{
    readonly Dictionary<string, NewTable> _made = [];

    /// <summary>The name of something new may hide something that was there.</summary>
    public bool Hides { get; private set; }

    /// <summary>The table of that name that the text has made before; null for none.</summary>
    public NewTable? Made(string name) => _made.GetValueOrDefault(name);

    /// <summary>Takes a statement in whose effect is certain; false for every other.</summary>
    public bool Take(TreeNode node, StatementLineage lineage, SearchPath path)
    {
        // What a new name hides, code that means the other one no longer finds.
        Hides |= NewTable.NameOf(node) is { } name && !shared.IsFree(name, path);
        if (NewTable.Of(node, lineage, shared, path) is not { } table)
            return false;
        _made[table.Name] = table;
        return true;
    }

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
}
