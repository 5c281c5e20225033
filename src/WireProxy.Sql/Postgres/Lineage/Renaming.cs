namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>What gets another name.</summary>
public enum RenamedPlace
{
    Column,
    /// <summary>A table, view or the like: another name, or another schema.</summary>
    Relation,
    Schema,
    /// <summary>A database: another name, or a copy of it under one (CREATE DATABASE ... TEMPLATE).</summary>
    Database,
}

/// <summary>A name of something that the statement changes: ALTER ... RENAME, SET SCHEMA, CREATE DATABASE ... TEMPLATE.</summary>
/// <param name="Relation">Of a column or relation the relation; 0 where the catalog does not know it for certain.</param>
/// <param name="Name">What it is called in the statement, without its schema: of a column its relation; empty where any may be meant.</param>
/// <param name="Column">Of a column its name.</param>
/// <param name="NewSchema">The schema that it is moved to; null where it stays.</param>
/// <param name="NewName">Null where it is only moved.</param>
public sealed record Renaming(RenamedPlace Place, uint Relation, string Name, string? Column, string? NewSchema, string? NewName);

/// <summary>Finds renamings (commands/alter.c, commands/tablecmds.c, commands/dbcommands.c).</summary>
internal sealed class Renamings(Analysis a)
{
    static readonly int s_relation = F("RenameStmt", "relation"), s_newName = F("RenameStmt", "newname"),
        s_movedRelation = F("AlterObjectSchemaStmt", "relation"), s_newSchema = F("AlterObjectSchemaStmt", "newschema"),
        s_databaseName = F("CreatedbStmt", "dbname"), s_databaseOptions = F("CreatedbStmt", "options");

    static readonly int s_column = Kind("COLUMN"), s_attribute = Kind("ATTRIBUTE"), s_schema = Kind("SCHEMA"), s_database = Kind("DATABASE");

    /// <summary>Parts of a relation that nobody protects.</summary>
    static readonly HashSet<int> s_parts = [Kind("TABCONSTRAINT"), Kind("DOMCONSTRAINT"), Kind("POLICY"), Kind("RULE"), Kind("TRIGGER")];

    public Outcome Rename(TreeNode node)
    {
        var kind = (int)node.Number(Tree.RenameType);
        var range = node.Child(s_relation);
        var (old, name) = (node.Text(Tree.RenameSubname), node.Text(s_newName));
        if (kind == s_attribute) // Of a type, and with CASCADE of the tables that are made of it.
            Add(new(RenamedPlace.Column, 0, "", old, null, name));
        else if (kind == s_column)
            Add(Of(RenamedPlace.Column, range, old, null, name));
        else if (kind == s_schema || kind == s_database)
            Add(new(kind == s_schema ? RenamedPlace.Schema : RenamedPlace.Database, 0, old ?? "", null, null, name));
        else if (!range.IsAbsent && !s_parts.Contains(kind)) // ALTER INDEX renames tables, too.
            Add(Of(RenamedPlace.Relation, range, null, null, name));
        return new OwnCode(a).Altered(node.Child(Nodes.RenameObject), name);
    }

    public Outcome Move(TreeNode node)
    {
        var range = node.Child(s_movedRelation);
        if (!range.IsAbsent)
            Add(Of(RenamedPlace.Relation, range, null, node.Text(s_newSchema), null));
        return new OwnCode(a).Altered(node.Child(Nodes.MoveObject));
    }

    public Outcome CreateDatabase(TreeNode node)
    {
        foreach (var option in node.Items(s_databaseOptions))
            if (option.Utf8(Tree.DefName).SequenceEqual("template"u8) && NameReader.Text(option.Child(Tree.DefArg)) is var template and not ("template0" or "template1"))
                Add(new(RenamedPlace.Database, 0, template, null, null, node.Text(s_databaseName)));
        return new Definitions(a).Silent();
    }

    Renaming Of(RenamedPlace place, TreeNode range, string? column, string? newSchema, string? newName) =>
        new(place, a.Relation(range)?.Id ?? 0, range.Text(Tree.RangeName) ?? "", column, newSchema, newName);

    void Add(Renaming renaming) => a.Effects.Rename(renaming);

    static int Kind(string name) => ProtoSchema.Value("ObjectType", "OBJECT_" + name);

    static int F(string type, string field) => ProtoSchema.Field(type, field);
}
