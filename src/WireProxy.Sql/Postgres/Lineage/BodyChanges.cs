namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>What the block of a DO changes of what names mean, found before it is read: its statements may run in any order.</summary>
internal sealed class BodyChanges
{
    static readonly HashSet<TreeType> s_changing = [.. new[] { "CreateStmt", "CreateTableAsStmt", "IndexStmt", "AlterTableStmt", "DropStmt", "GrantStmt" }.Select(ProtoSchema.Type)];

    readonly Analysis _body;
    bool _isKnown = true;

    BodyChanges(Analysis body) => (_body, Known) = (body, new(body.Shared, isOrdered: false));

    /// <summary>What is certain of it.</summary>
    public TextChanges Known { get; }

    public static BodyChanges Of(PlPgSqlSql sql, Analysis body)
    {
        var changes = new BodyChanges(body);
        foreach (var text in sql.Texts)
            if (text.IsStatement)
                changes.Read(text.Text);
        // Texts that it puts together are not read here: what they change is not known.
        changes._isKnown &= sql.Dynamics.Count == 0;
        return changes;
    }

    /// <summary>All that the block changes is known, and none of it means another thing to code that the block calls.</summary>
    /// <param name="effects">Of the block.</param>
    public bool AreKnown(Effects effects) => _isKnown && !Known.Hides && !effects.MovesPath && !effects.ChangesAmid && !effects.Functions.Any(f => _body.Shared.IsUsers(f) && !TextChanges.CountsNoColumns(_body.Shared.Routine(f.Id)));

    void Read(byte[] text)
    {
        using var parsed = ParsedText.Of(text);
        foreach (var raw in parsed.Statements)
        {
            var node = raw.Child(Tree.RawStmt);
            if (node.IsAbsent)
                continue;
            var alone = _body.Inside(_body.Path, _body.Body);
            alone.Before = Known;
            if (!s_changing.Contains(node.Type))
            {
                // A query changes nothing but by what it calls.
                _isKnown &= node.Is(Tree.SelectStmt) ? !node.Has(Tree.SelectInto) : node.Is(Nodes.InsertStmt) || node.Is(Nodes.UpdateStmt) || node.Is(Nodes.DeleteStmt) || node.Is(Nodes.MergeStmt);
                continue;
            }
            var outcome = new Statements(alone).Run(node);
            _isKnown &= Known.Take(node, LineageResult.Of(alone, outcome), alone);
        }
    }
}
