using WireProxy.Sql.Catalog;

namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>COMMENT and SECURITY LABEL: what they say may be what protects a column (commands/comment.c, commands/seclabel.c).</summary>
internal sealed class Labels(Analysis a)
{
    static readonly int s_comment = ProtoSchema.Field("CommentStmt", "comment");
    static readonly int s_label = ProtoSchema.Field("SecLabelStmt", "label");
    static readonly int s_provider = ProtoSchema.Field("SecLabelStmt", "provider");
    static readonly int s_column = Kind("COLUMN"), s_schema = Kind("SCHEMA"), s_database = Kind("DATABASE");
    static readonly HashSet<int> s_relations = [Kind("TABLE"), Kind("VIEW"), Kind("MATVIEW"), Kind("FOREIGN_TABLE")];

    public Outcome Comment(TreeNode node) =>
        Change((int)node.Number(Tree.CommentType), node.Child(Tree.CommentObject), null, isComment: true, Given(node.Text(s_comment)));

    public Outcome SecurityLabel(TreeNode node) =>
        Change((int)node.Number(Tree.LabelType), node.Child(Tree.LabelObject), Given(node.Text(s_provider)), isComment: false, Given(node.Text(s_label)));

    Outcome Change(int kind, TreeNode named, string? provider, bool isComment, string? text)
    {
        if (kind == s_column || s_relations.Contains(kind))
            Relation(named, kind == s_column, provider, isComment, text);
        else if (kind == s_schema)
            a.Effects.Label(new(LabelPlace.Schema, 0, 0, NameReader.Text(named), isComment, provider, text));
        else if (kind == s_database)
            a.Effects.Label(new(LabelPlace.Database, 0, 0, null, isComment, provider, text) { IsKnown = NameReader.Text(named) == a.Catalog.Database });
        return new Definitions(a).Silent();
    }

    void Relation(TreeNode named, bool isColumn, string? provider, bool isComment, string? text)
    {
        var names = new List<string>();
        foreach (var part in named.Items(Tree.ListItems))
            names.Add(NameReader.Text(part));
        var column = isColumn && names.Count > 0 ? names[^1] : null;
        if (isColumn && names.Count > 0)
            names.RemoveAt(names.Count - 1);
        var relation = names.Count == 0 ? null : a.Relation(names.Count > 1 ? names[^2] : null, names[^1]);
        var number = column is null ? (short)0 : relation?.Columns.FirstOrDefault(c => c.Name == column)?.Number ?? 0;
        a.Effects.Label(new(LabelPlace.Relation, relation?.Id ?? 0, number, null, isComment, provider, text)
        {
            // A composite type's column, or one of a table that is not there: the server says which, unless something has just been renamed.
            IsKnown = relation is not null && (!isColumn || number != 0),
        });
    }

    /// <summary>NULL and, of a label, a provider that is not named are empty in the tree; so is an empty comment, which is none either.</summary>
    static string? Given(string? text) => string.IsNullOrEmpty(text) ? null : text;

    static int Kind(string name) => ProtoSchema.Value("ObjectType", "OBJECT_" + name);
}
