using WireProxy.Sql.Catalog;

namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>A statement that changes what names mean in a way that needs no look at the server's catalog to be known: it drops a table, adds a column or a
/// plain index, grants, or sets the search path to names that are written out.</summary>
/// <param name="lineage">Of the statement.</param>
internal sealed class TextChange(TextChanges changes, StatementLineage lineage, Analysis a)
{
    static readonly TreeType s_drop = T("DropStmt"), s_index = T("IndexStmt"), s_alter = T("AlterTableStmt"), s_grant = T("GrantStmt"), s_set = T("VariableSetStmt");
    static readonly int s_dropBehavior = F("DropStmt", "behavior"), s_unique = F("IndexStmt", "unique"), s_operators = F("IndexElem", "opclass"),
        s_granted = F("GrantStmt", "objtype"), s_if = F("AlterTableCmd", "missing_ok");
    static readonly long s_tables = ProtoSchema.Value("ObjectType", "OBJECT_TABLE"), s_sequences = ProtoSchema.Value("ObjectType", "OBJECT_SEQUENCE"),
        s_value = ProtoSchema.Value("VariableSetKind", "VAR_SET_VALUE");
    static readonly HashSet<long> s_plainConstraints =
        [.. new[] { "NULL", "NOTNULL", "DEFAULT" }.Select(k => (long)ProtoSchema.Value("ConstrType", "CONSTR_" + k))];
    static readonly HashSet<long> s_ofNewTable = [.. new[] { "AddConstraint", "AddIndexConstraint", "SetNotNull", "DropNotNull", "SetStatistics", "SetStorage", "ChangeOwner", "SetLogged", "SetUnLogged" }
        .Select(k => (long)ProtoSchema.Value("AlterTableType", "AT_" + k))];

    public bool Take(TreeNode node)
    {
        if (node.Is(s_set))
            return Moves(node);
        // Code may run beside it.
        if (lineage.ReachesEverything || !lineage.Writes.IsEmpty || !a.Shared.Definitions.EventTriggers.IsEmpty || lineage.Functions.Any(a.Shared.IsUsers))
            return false;
        return node.Is(s_drop) ? Drops(node) : node.Is(s_index) ? Indexes(node) : node.Is(s_alter) ? Alters(node)
            : node.Is(s_grant) && node.Number(s_granted) is var kind && (kind == s_tables || kind == s_sequences);
    }

    /// <summary>DROP TABLE. Where the name stands for nothing else, it stands for nothing then.</summary>
    bool Drops(TreeNode node)
    {
        if (node.Number(Tree.DropType) != s_tables || node.Number(s_dropBehavior) == Nodes.Cascade)
            return false;
        foreach (var item in node.Items(Tree.DropObjects))
        {
            string? schema = null, name = null;
            foreach (var part in item.Items(Tree.ListItems))
                (schema, name) = (name, NameReader.Text(part));
            if (name is null || !Drops(schema, name))
                return false;
        }
        return true;
    }

    bool Drops(string? schema, string name)
    {
        var isFree = a.Shared.IsFree(name, a.Path);
        if (changes.Made(name) is { } made)
        {
            return changes.Drop(name) && isFree && made.IsCertain && made.Schema == schema;
        }
        if (isFree)
            return true; // There is none.
        if (a.Relation(schema, name) is not { Kind: 'r', IsSystem: false, Parents.IsEmpty: true } table || a.Shared.Relations.Descendants(table.Id).Any()
            || a.Catalog.RelationsNamed(name).Length != 1)
            return false;
        return changes.Drop(table);
    }

    /// <summary>CREATE INDEX on columns. A unique one tells what values there are, of a table that is not new.</summary>
    bool Indexes(TreeNode node)
    {
        if (node.Has(Nodes.IndexWhere) || (node.Flag(s_unique) && changes.Made(node.Child(Nodes.IndexRelation).Text(Tree.RangeName) ?? "") is null))
            return false;
        foreach (var element in node.Items(Nodes.IndexParams))
            if (element.Has(Nodes.IndexElemExpr) || element.Has(s_operators))
                return false;
        return true;
    }

    bool Alters(TreeNode node)
    {
        if (node.Number(Nodes.AlterObject) != s_tables)
            return false;
        var range = node.Child(Nodes.AlterRelation);
        var relation = a.Relation(range);
        var made = relation is null ? changes.Made(range.Text(Tree.RangeName) ?? "") : null;
        if (relation is not { Kind: 'r', IsSystem: false } && made is null)
            return false;
        foreach (var command in node.Items(Nodes.AlterCommands))
        {
            var kind = command.Number(Nodes.AlterSubtype);
            if (kind == Nodes.AddColumn ? !Adds(command, relation, made) : made is null || !s_ofNewTable.Contains(kind))
                return false;
        }
        return true;
    }

    bool Adds(TreeNode command, CatalogRelation? relation, NewTable? made)
    {
        var definition = command.Child(Nodes.AlterDefinition);
        if (a.Type(definition.Child(Nodes.ColumnTypeName)) is 0 or >= CatalogRoutine.FirstUserId || definition.Text(Tree.ColumnDefName) is not { } name)
            return false;
        foreach (var constraint in definition.Items(Nodes.ColumnConstraints))
            if (!s_plainConstraints.Contains(constraint.Number(Nodes.ConstraintKind)))
                return false;
        if (made is not null)
        {
            changes.Add(changes.Made(made.Name)!, name);
            return !command.Flag(s_if);
        }
        // A child that has one of the name shows its values through the parent from now on.
        if (a.Shared.Relations.IsBelow(relation!.Id, name))
            return false;
        // IF NOT EXISTS, and it does: or the server says so.
        if (relation.AllColumns.All(c => c.Name != name))
            changes.Add(relation, name);
        return true;
    }

    /// <summary>SET search_path to names that are written out. What $user is, is not known here.</summary>
    bool Moves(TreeNode node)
    {
        if (node.Text(Tree.VariableSetName) != "search_path" || node.Number(Tree.VariableSetKind) != s_value)
            return false;
        var schemas = new List<string>();
        foreach (var argument in node.Items(Tree.VariableSetArgs))
        {
            if (!argument.Is(Tree.Const) || !argument.Has(Tree.ConstString) || argument.Child(Tree.ConstString).Text(Tree.StringValue) is not { } name
                || name.Contains('$', StringComparison.Ordinal) || SearchPath.IsTemporary(name))
                return false;
            schemas.Add(name);
        }
        return changes.Move(SearchPath.Assumed(schemas, a.Path));
    }

    static TreeType T(string name) => ProtoSchema.Type(name);

    static int F(string type, string field) => ProtoSchema.Field(type, field);
}
