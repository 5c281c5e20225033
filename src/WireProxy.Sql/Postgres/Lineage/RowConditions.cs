namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>CREATE TRIGGER ... WHEN, CREATE POLICY and ALTER POLICY: conditions that are asked of every row from then on. Whoever may say them asks questions of
/// the columns in them, as in a WHERE. What functions in them do is judged when they run.</summary>
internal sealed class RowConditions(Analysis a)
{
    static readonly int s_triggerRelation = F("CreateTrigStmt", "relation"), s_when = F("CreateTrigStmt", "when_clause");
    static readonly int s_policyTable = F("CreatePolicyStmt", "table"), s_using = F("CreatePolicyStmt", "qual"), s_check = F("CreatePolicyStmt", "with_check");
    static readonly int s_alteredTable = F("AlterPolicyStmt", "table"), s_alteredUsing = F("AlterPolicyStmt", "qual"), s_alteredCheck = F("AlterPolicyStmt", "with_check");
    static readonly string[] s_rows = ["new", "old"];

    public Outcome Trigger(TreeNode node)
    {
        Of(node.Child(s_triggerRelation), s_rows, node.Child(s_when), default);
        return new Definitions(a).Silent();
    }

    public Outcome Policy(TreeNode node)
    {
        Of(node.Child(s_policyTable), null, node.Child(s_using), node.Child(s_check));
        return new Definitions(a).Silent();
    }

    public Outcome AlteredPolicy(TreeNode node)
    {
        Of(node.Child(s_alteredTable), null, node.Child(s_alteredUsing), node.Child(s_alteredCheck));
        return new Definitions(a).Silent();
    }

    /// <param name="rows">What the row is called; null: as the table is.</param>
    void Of(TreeNode range, string[]? rows, TreeNode condition, TreeNode other)
    {
        // Of a table that is not known the server says so, or it is new, and there is nothing to ask about.
        if ((condition.IsAbsent && other.IsAbsent) || a.Relation(range) is not { } relation)
            return;
        var inside = a.Inside(a.Path, a.Body);
        var columns = a.Shared.Relations.Columns(relation, inherits: true, inside);
        var scope = new Scope(null, null);
        foreach (var name in rows ?? [relation.Name])
            scope.Entries.Add(new() { Name = name, Relation = relation.Id, Columns = columns });
        inside.Expressions.Condition(condition, scope);
        inside.Expressions.Condition(other, scope);
        a.Effects.Use(SourceSet.OfAll(inside.Effects.Uses.Where(use => use.Value.HasFlag(ColumnUses.Predicate)).Select(use => use.Key)), ColumnUses.Predicate);
        if (inside.Effects.ReachesEverything)
            a.Effects.Unknown("what the condition asks");
    }

    static int F(string type, string field) => ProtoSchema.Field(type, field);
}
