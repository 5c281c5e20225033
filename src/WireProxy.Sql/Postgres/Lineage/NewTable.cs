using WireProxy.Sql.Catalog;

namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>A table that a statement makes, and of which the rest of the text may know all: it is empty or holds what the statement has read, nothing
/// hangs on it, and nothing runs when it is written to.</summary>
/// <param name="Columns">Null where they are not written out.</param>
internal sealed record NewTable(string Name, IReadOnlyList<string>? Columns)
{
    static readonly TreeType s_create = ProtoSchema.Type("CreateStmt"), s_createAs = ProtoSchema.Type("CreateTableAsStmt"), s_column = ProtoSchema.Type("ColumnDef");
    static readonly int s_relation = F("CreateStmt", "relation"), s_elements = F("CreateStmt", "table_elts"), s_bound = F("CreateStmt", "partbound"),
        s_typed = F("CreateStmt", "of_typename"), s_into = F("CreateTableAsStmt", "into"), s_kind = F("CreateTableAsStmt", "objtype");
    static readonly long s_table = ProtoSchema.Value("ObjectType", "OBJECT_TABLE");

    /// <summary>Null for every other statement.</summary>
    public static NewTable? Of(TreeNode node, StatementLineage lineage, SnapshotLineage shared, SearchPath path)
    {
        if (lineage.ReachesEverything || lineage.ChangesInside || !shared.Definitions.EventTriggers.IsEmpty || lineage.Functions.Any(f => shared.IsUsers(f)))
            return null;
        if (node.Is(s_create))
            return Written(node, new(shared, path, new()));
        // Its columns may be of a domain, whose conditions run upon every write.
        if (shared.Definitions.Types.Values.Any(type => !type.Checks.IsEmpty || type.Default is not null))
            return null;
        return Into(node).IsAbsent || NameOf(node) is not { } name ? null : new(name, null);
    }

    /// <summary>The name of a table that is made, in whatever way; null for every other statement.</summary>
    public static string? NameOf(TreeNode node) =>
        (node.Is(s_create) ? node.Child(s_relation) : Into(node) is { IsAbsent: false } into ? into.Child(Tree.IntoRelation) : default) is { IsAbsent: false } range
            ? range.Text(Tree.RangeName) : null;

    static TreeNode Into(TreeNode node) =>
        node.Is(s_createAs) && node.Number(s_kind) == s_table ? node.Child(s_into) : node.Is(Tree.SelectStmt) ? node.Child(Tree.SelectInto) : default;

    static NewTable? Written(TreeNode node, Analysis types)
    {
        if (node.Has(Nodes.CreateParents) || node.Has(s_bound) || node.Has(s_typed) || node.Child(s_relation).Text(Tree.RangeName) is not { } name)
            return null;
        var columns = new List<string>();
        foreach (var element in node.Items(s_elements))
        {
            if (!element.Is(s_column))
                continue;
            if (types.Type(element.Child(Nodes.ColumnTypeName)) is 0 or >= CatalogRoutine.FirstUserId)
                return null;
            columns.Add(element.Text(Tree.ColumnDefName) ?? "");
        }
        foreach (var element in node.Items(s_elements))
            if (element.Type.Name == "TableLikeClause")
                return null;
        return new(name, columns);
    }

    static int F(string type, string field) => ProtoSchema.Field(type, field);
}
