using System.Collections.Immutable;
using static WireProxy.Sql.ChangeReach;

namespace WireProxy.Sql.Postgres;

/// <summary>Tells whom a statement's changes of the catalog concern. What is not listed concerns everybody.</summary>
internal static class ChangeReader
{
    delegate CatalogChange Reader(TreeNode node);

    static readonly Dictionary<TreeType, Reader> s_readers = new()
    {
        [T("ViewStmt")] = n => Made(n.Child(F("ViewStmt", "view"))),
        [T("CreateStmt")] = Table,
        [T("CreateForeignTableStmt")] = n => Table(n.Child(F("CreateForeignTableStmt", "base_stmt"))),
        [T("CreateTableAsStmt")] = n => Made(n.Child(F("CreateTableAsStmt", "into")).Child(Tree.IntoRelation)),
        [Tree.SelectStmt] = n => Made(n.Child(Tree.SelectInto).Child(Tree.IntoRelation)),
        [T("CreateSeqStmt")] = n => Made(n.Child(F("CreateSeqStmt", "sequence"))),
        [T("AlterSeqStmt")] = n => Quiet(n.Child(F("AlterSeqStmt", "sequence"))),
        [T("IndexStmt")] = Index,
        [T("CreateTrigStmt")] = n => Named(Writers, [Relation(n.Child(F("CreateTrigStmt", "relation")))]),
        [T("RuleStmt")] = n => Named(Users, [Relation(n.Child(F("RuleStmt", "relation")))]),
        [T("CreatePolicyStmt")] = n => Named(Users, [Relation(n.Child(F("CreatePolicyStmt", "table")))]),
        [T("AlterPolicyStmt")] = n => Named(Users, [Relation(n.Child(F("AlterPolicyStmt", "table")))]),
        [T("CreateFunctionStmt")] = n => Named(Users, [NameReader.Last(n.Items(Tree.CreateFunctionName))]),
        [T("AlterFunctionStmt")] = n => Named(Users, [NameReader.Last(n.Child(F("AlterFunctionStmt", "func")).Items(Tree.ObjectName))]),
        [T("AlterTableStmt")] = AlterTable,
        [T("RenameStmt")] = Rename,
        [T("AlterObjectSchemaStmt")] = n => Object(n.Number(Tree.ObjectSchemaObject), n.Child(F("AlterObjectSchemaStmt", "relation")), n.Child(F("AlterObjectSchemaStmt", "object")), null),
        [T("DropStmt")] = Drop,
        [T("DefineStmt")] = n => n.Number(Tree.DefineKind) == ObjectType("AGGREGATE") ? Named(Users, [NameReader.Last(n.Items(F("DefineStmt", "defnames")))]) : CatalogChange.Everything,
        [T("CompositeTypeStmt")] = n => Type(n.Child(F("CompositeTypeStmt", "typevar")).Text(Tree.RangeName)),
        [T("CreateEnumStmt")] = n => Type(NameReader.Last(n.Items(F("CreateEnumStmt", "type_name")))),
        [T("CreateRangeStmt")] = n => Type(NameReader.Last(n.Items(F("CreateRangeStmt", "type_name")))),
        [T("CreateDomainStmt")] = n => Type(NameReader.Last(n.Items(F("CreateDomainStmt", "domainname")))),
        [T("CommentStmt")] = n => Labelled(n.Number(Tree.CommentType), n.Child(Tree.CommentObject)),
        [T("SecLabelStmt")] = n => Labelled(n.Number(Tree.LabelType), n.Child(Tree.LabelObject)),
        // What they make or change no statement's meaning hangs on; a schema is empty, or its parts are statements of their own.
        [T("CreateSchemaStmt")] = _ => new(NameClaim.Nobody, Everybody, []),
    };

    /// <summary>DDL that leaves every statement's meaning as it is.</summary>
    static readonly HashSet<TreeType> s_quiet = [.. new[]
    {
        "AlterEnumStmt", "AlterTableMoveAllStmt", "AlterOwnerStmt", "AlterObjectDependsStmt", "AlterSystemStmt", "AlterStatsStmt", "CreateStatsStmt",
        "ReassignOwnedStmt", "CreatedbStmt", "DropdbStmt", "AlterDatabaseStmt", "AlterDatabaseSetStmt", "AlterDatabaseRefreshCollStmt",
        "CreateTableSpaceStmt", "DropTableSpaceStmt", "AlterTableSpaceOptionsStmt", "ClusterStmt", "ReindexStmt", "RefreshMatViewStmt",
        "CreatePublicationStmt", "AlterPublicationStmt", "CreateSubscriptionStmt", "AlterSubscriptionStmt", "DropSubscriptionStmt",
    }.Select(T)];

    static readonly long[] s_relations = [.. new[] { "TABLE", "VIEW", "MATVIEW", "INDEX", "SEQUENCE", "FOREIGN_TABLE" }.Select(ObjectType)];
    static readonly long[] s_parts = [.. new[] { "COLUMN", "TABCONSTRAINT", "TRIGGER", "RULE", "POLICY" }.Select(ObjectType)];
    static readonly long[] s_functions = [.. new[] { "FUNCTION", "PROCEDURE", "ROUTINE", "AGGREGATE" }.Select(ObjectType)];
    static readonly long[] s_elsewhere = [.. new[] { "ROLE", "DATABASE", "TABLESPACE", "PUBLICATION", "SUBSCRIPTION", "STATISTIC_EXT", "LARGEOBJECT" }.Select(ObjectType)];
    static readonly long s_trigger = ObjectType("TRIGGER"), s_policy = ObjectType("POLICY"), s_index = ObjectType("INDEX");
    static readonly long s_cascade = ProtoSchema.Value("DropBehavior", "DROP_CASCADE");
    static readonly long s_prepared = ProtoSchema.Value("TransactionStmtKind", "TRANS_STMT_COMMIT_PREPARED");

    /// <summary>Parts of ALTER TABLE that let readers be, and change nothing of what a statement means (lock levels: AlterTableGetLockLevel in
    /// src/backend/commands/tablecmds.c).</summary>
    static readonly HashSet<long> s_quietAlters = [.. new[]
    {
        "AT_SetStatistics", "AT_SetOptions", "AT_ResetOptions", "AT_SetStorage", "AT_SetCompression", "AT_ValidateConstraint", "AT_ClusterOn", "AT_DropCluster",
        "AT_SetRelOptions", "AT_ResetRelOptions", "AT_ReplaceRelOptions", "AT_ChangeOwner", "AT_ReplicaIdentity", "AT_DropNotNull", "AT_SetNotNull", "AT_SetLogged",
        "AT_SetUnLogged", "AT_SetTableSpace",
    }.Select(name => (long)ProtoSchema.Value("AlterTableType", name))];

    public static void Read(TreeNode node, StatementClass kind, FactsBuilder facts)
    {
        if (Of(node, kind) is { } change)
            facts.Change = CatalogChange.Join(facts.Change, change);
        if (HoldOf(node) is { } hold)
            facts.Hold = NameClaim.Join(facts.Hold ?? NameClaim.Nobody, hold);
    }

    /// <summary>Null where the statement changes nothing.</summary>
    /// <param name="kind">Its class.</param>
    public static CatalogChange? Of(TreeNode node, StatementClass kind)
    {
        if (node.Is(Tree.SelectStmt))
            return node.Has(Tree.SelectInto) ? s_readers[node.Type](node) : null;
        if (node.Type.Name == "TransactionStmt")
            return node.Number(Tree.TransactionKind) == s_prepared ? CatalogChange.Everything : null;
        if (node.Type.Name == "VariableSetStmt")
            return node.Text(Tree.VariableSetName) is null or "search_path" or "role" or "session_authorization" ? CatalogChange.Nothing with { MovesPath = true } : null;
        // DISCARD drops the session's own temporary tables.
        if (kind == StatementClass.Role || node.Type.Name == "DiscardStmt")
            return CatalogChange.Nothing;
        if (kind != StatementClass.Ddl)
            return null;
        if (s_quiet.Contains(node.Type))
            return CatalogChange.Nothing;
        return s_readers.TryGetValue(node.Type, out var reader) ? reader(node) : CatalogChange.Everything;
    }

    /// <summary>What is locked so that other statements wait at the server: whatever changes it later in the transaction would find them waiting there
    /// (PostgreSQL documentation, section 13.3.1).</summary>
    public static NameClaim? HoldOf(TreeNode node) => node.Type.Name switch
    {
        "LockStmt" => node.Number(F("LockStmt", "mode")) switch
        {
            >= 8 => new(Users, Relations(node.Items(F("LockStmt", "relations")))),
            >= 5 => new(Writers, Relations(node.Items(F("LockStmt", "relations")))),
            _ => null,
        },
        "TruncateStmt" => new(Users, Relations(node.Items(F("TruncateStmt", "relations")))),
        "RefreshMatViewStmt" => new(Users, [Relation(node.Child(F("RefreshMatViewStmt", "relation"))) ?? ""]),
        "ClusterStmt" => new(Users, [Relation(node.Child(F("ClusterStmt", "relation"))) ?? ""]),
        _ => null,
    };

    static CatalogChange Named(ChangeReach reach, ImmutableArray<string?> names) =>
        names.Contains(null) ? CatalogChange.Everything : new(new(reach, [.. names.OfType<string>()]), Users, []);

    /// <summary>It is news for who uses the table, but nothing runs differently while it is made.</summary>
    static CatalogChange Quiet(TreeNode relation) => new(NameClaim.Nobody, Users, [Relation(relation) ?? ""]);

    /// <summary>A temporary object hides others from the session alone.</summary>
    static CatalogChange Own(TreeNode relation) => CatalogChange.Nothing with { OwnNames = [Relation(relation) ?? ""] };

    static CatalogChange Made(TreeNode relation) => IsTemporary(relation) ? Own(relation) : Named(Users, [Relation(relation)]);

    static CatalogChange Table(TreeNode node)
    {
        var relation = node.Child(F("CreateStmt", "relation"));
        return IsTemporary(relation) ? Own(relation) : Named(Users, [Relation(relation), .. Relations(node.Items(F("CreateStmt", "inh_relations")))]);
    }

    static bool IsTemporary(TreeNode relation) => relation.Text(s_persistence) == "t" || relation.Text(Tree.RangeSchema) == "pg_temp";

    static readonly int s_persistence = F("RangeVar", "relpersistence");

    /// <summary>One that computes runs functions upon every write.</summary>
    static CatalogChange Index(TreeNode node)
    {
        var computes = node.Has(F("IndexStmt", "where_clause"));
        foreach (var part in node.Items(F("IndexStmt", "index_params")))
            computes |= part.Has(F("IndexElem", "expr"));
        var relation = node.Child(F("IndexStmt", "relation"));
        return computes ? Named(Writers, [Relation(relation)]) : Quiet(relation);
    }

    static CatalogChange AlterTable(TreeNode node)
    {
        var relation = Relation(node.Child(F("AlterTableStmt", "relation")));
        var names = new List<string?> { relation };
        var isQuiet = true;
        foreach (var part in node.Items(F("AlterTableStmt", "cmds")))
        {
            isQuiet &= s_quietAlters.Contains(part.Number(F("AlterTableCmd", "subtype")));
            var other = part.Child(F("AlterTableCmd", "def"));
            if (other.Is(Tree.RangeVar))
                names.Add(Relation(other));
            else if (!other.IsAbsent && other.Type.Name == "PartitionCmd")
                names.Add(Relation(other.Child(F("PartitionCmd", "name"))));
        }
        return isQuiet && relation is not null ? new(NameClaim.Nobody, Users, [relation]) : Named(Users, [.. names]);
    }

    static CatalogChange Rename(TreeNode node) =>
        Object(node.Number(Tree.RenameType), node.Child(F("RenameStmt", "relation")), node.Child(F("RenameStmt", "object")), node.Text(F("RenameStmt", "newname")));

    /// <param name="renamed">The new name, where it is renamed.</param>
    static CatalogChange Object(long type, TreeNode relation, TreeNode item, string? renamed)
    {
        if (s_elsewhere.Contains(type))
            return CatalogChange.Nothing;
        if (!relation.IsAbsent)
            return Named(Users, renamed is null ? [Relation(relation)] : [Relation(relation), renamed]);
        if (s_functions.Contains(type) && item.Type.Name == "ObjectWithArgs")
            return Named(Users, renamed is null ? [NameReader.Last(item.Items(Tree.ObjectName))] : [NameReader.Last(item.Items(Tree.ObjectName)), renamed]);
        return CatalogChange.Everything;
    }

    static CatalogChange Drop(TreeNode node)
    {
        var type = node.Number(Tree.DropType);
        if (s_elsewhere.Contains(type))
            return CatalogChange.Nothing;
        var isRelation = s_relations.Contains(type);
        var names = ImmutableArray.CreateBuilder<string>();
        foreach (var item in node.Items(Tree.DropObjects))
            if ((isRelation || s_parts.Contains(type)) && item.Is(Tree.List))
                names.Add((isRelation ? NameReader.Last(item.Items(Tree.ListItems)) : Before(item.Items(Tree.ListItems))) ?? "");
            else if (item.Type.Name == "ObjectWithArgs")
                names.Add(NameReader.Last(item.Items(Tree.ObjectName)) ?? "");
        var cascades = node.Number(F("DropStmt", "behavior")) == s_cascade;
        // Less runs than was judged; an index shows nothing.
        var isLess = type == s_trigger || type == s_policy || type == s_index;
        var isNamed = isRelation || s_parts.Contains(type) || s_functions.Contains(type);
        return new(isLess && !cascades ? NameClaim.Nobody : new(Users, names.ToImmutable()) { Cascades = cascades || !isNamed },
            cascades || !isNamed ? Everybody : Users, names.ToImmutable());
    }

    static CatalogChange Type(string? name) => name is null ? CatalogChange.Everything : new(new(Users, [name]) { Types = [name] }, Everybody, []);

    /// <summary>A label or a comment may protect what it stands on from then on.</summary>
    static CatalogChange Labelled(long type, TreeNode item)
    {
        var isRelation = s_relations.Contains(type);
        if (!item.IsAbsent && item.Is(Tree.List) && (isRelation || s_parts.Contains(type))
            && (isRelation ? NameReader.Last(item.Items(Tree.ListItems)) : Before(item.Items(Tree.ListItems))) is { } name)
            return new(NameClaim.Nobody, Users, [name]);
        return s_functions.Contains(type) || s_elsewhere.Contains(type) ? CatalogChange.Nothing : new(NameClaim.Nobody, Everybody, []);
    }

    /// <summary>The last part but one: the table of a column or a trigger.</summary>
    static string? Before(TreeItems parts)
    {
        string? before = null, last = null;
        foreach (var part in parts)
            (before, last) = (last, part.Text(Tree.StringValue));
        return before;
    }

    static string? Relation(TreeNode range) => range.IsAbsent ? null : range.Text(Tree.RangeName);

    static ImmutableArray<string> Relations(TreeItems ranges)
    {
        var names = ImmutableArray.CreateBuilder<string>();
        foreach (var range in ranges)
            names.Add(Relation(range) ?? "");
        return names.ToImmutable();
    }

    static long ObjectType(string name) => ProtoSchema.Value("ObjectType", "OBJECT_" + name);

    static TreeType T(string name) => ProtoSchema.Type(name);

    static int F(string type, string field) => ProtoSchema.Field(type, field);
}
