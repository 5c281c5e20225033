using WireProxy.Sql.Catalog;

namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>A table that a statement makes, and of which the rest of the text may know all: it is empty or holds what the statement has read, nothing
/// hangs on it, and nothing runs when it is written to.</summary>
/// <param name="Columns">Null where they are not written out.</param>
internal sealed record NewTable(string Name, IReadOnlyList<string>? Columns)
{
    /// <summary>Stands for its number, which nobody knows yet, in origins of columns.</summary>
    public const uint Id = StatementLineage.NewRelation;

    /// <summary>As the statement names it; null where it names none.</summary>
    public string? Schema { get; private init; }

    /// <summary>False for IF NOT EXISTS: another one of the name may have been there.</summary>
    public bool IsCertain { get; private init; }

    static readonly TreeType s_create = ProtoSchema.Type("CreateStmt"), s_createAs = ProtoSchema.Type("CreateTableAsStmt"), s_column = ProtoSchema.Type("ColumnDef");
    static readonly int s_relation = F("CreateStmt", "relation"), s_elements = F("CreateStmt", "table_elts"), s_bound = F("CreateStmt", "partbound"),
        s_typed = F("CreateStmt", "of_typename"), s_into = F("CreateTableAsStmt", "into"), s_kind = F("CreateTableAsStmt", "objtype"),
        s_unless = F("CreateStmt", "if_not_exists"), s_orElse = F("CreateTableAsStmt", "if_not_exists");
    static readonly long s_table = ProtoSchema.Value("ObjectType", "OBJECT_TABLE");

    /// <summary>Null for every other statement.</summary>
    public static NewTable? Of(TreeNode node, StatementLineage lineage, SnapshotLineage shared, SearchPath path)
    {
        if (lineage.ReachesEverything || lineage.ChangesInside || !shared.Definitions.EventTriggers.IsEmpty || lineage.Functions.Any(f => shared.IsUsers(f)))
            return null;
        if (node.Is(s_create))
            return Written(node, new(shared, path, new()));
        var into = Into(node);
        if (into.IsAbsent || NameOf(node) is not { } name || MayBeOfDomain(node, lineage, shared, path))
            return null;
        var columns = lineage.Columns.Select(c => c.Name ?? "").ToList();
        return new(name, columns.Count > 0 && columns.Distinct().Count() == columns.Count ? columns : null)
        {
            Schema = into.Child(Tree.IntoRelation).Text(Tree.RangeSchema),
            IsCertain = !node.Flag(s_orElse),
        };
    }

    /// <summary>A column may be of a domain, whose conditions run upon every write.</summary>
    static bool MayBeOfDomain(TreeNode node, StatementLineage lineage, SnapshotLineage shared, SearchPath path)
    {
        if (shared.Definitions.Types.Values.All(type => type.Checks.IsEmpty && type.Default is null))
            return false;
        foreach (var use in lineage.Touched)
            if (shared.Catalog.Relation(use.Column.Relation) is not { Schema: not "information_schema" } relation
                || relation.AllColumns.Any(c => c.Number == use.Column.Attribute && (c.TypeId >= CatalogRoutine.FirstUserId || shared.IsChecked(c.DomainId))))
                return true;
        return NamesType(node, new(shared, path, new()));
    }

    /// <summary>A type that is not PostgreSQL's own stands in the statement.</summary>
    static bool NamesType(TreeNode node, Analysis types)
    {
        if (node.IsAbsent)
            return false;
        types.Step();
        if (node.Is(Tree.TypeName) && types.Type(node) is 0 or >= CatalogRoutine.FirstUserId)
            return true;
        // Written like a call, too.
        if (node.Is(Tree.FuncCall) && NameReader.Last(node.Items(Tree.FuncName)) is { } called && types.Shared.Definitions.Types.Values.Any(t => t.Name == called))
            return true;
        var fields = node.Type.Fields;
        var reader = new ProtoReader(node.Bytes);
        while (reader.Next())
            if (fields[reader.Field]?.Type is { } type && reader.IsBytes && NamesType(TreeNode.Unwrap(type, reader.Bytes), types))
                return true;
        return false;
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
        return new(name, columns) { Schema = node.Child(s_relation).Text(Tree.RangeSchema), IsCertain = !node.Flag(s_unless) };
    }

    static int F(string type, string field) => ProtoSchema.Field(type, field);
}
