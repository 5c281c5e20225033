using System.Text;

namespace WireProxy.Sql.Postgres;

/// <summary>Reads the dotted names of the grammar: lists of String nodes, with a star at the end where there is one.</summary>
internal static class NameReader
{
    /// <summary>A ColumnRef: column, table.column, schema.table.column or database.schema.table.column.</summary>
    public static void Column(TreeItems parts, FactsBuilder facts)
    {
        string? schema = null, relation = null, name = null;
        foreach (var part in parts)
        {
            (schema, relation) = (relation, name);
            name = part.Is(Tree.Star) ? "*" : part.Text(Tree.StringValue);
        }
        if (name is not null)
            facts.Column(schema, relation, name);
    }

    /// <summary>A type that the grammar knows by a keyword (int, varchar, timestamp): it stands in pg_catalog whatever the search path.</summary>
    public static bool IsGrammarType(TreeNode typeName)
    {
        foreach (var part in typeName.Items(Tree.TypeNameNames))
            return part.Utf8(Tree.StringValue).SequenceEqual("pg_catalog"u8);
        return false;
    }

    /// <summary>Fields taken out of a row value, as in <c>(p).ssn</c> and <c>(p).*</c>.</summary>
    public static void Indirection(TreeItems parts, FactsBuilder facts)
    {
        foreach (var part in parts)
            if (part.Is(Tree.Star))
                facts.Column(null, null, "*");
            else if (part.Is(Tree.String))
                facts.Column(null, null, Text(part));
    }

    /// <summary>The columns that a JOIN compares without naming their tables. NATURAL compares columns that only the catalog
    /// knows, so it stands for all.</summary>
    public static void Join(TreeNode join, FactsBuilder facts)
    {
        Columns(join.Items(Tree.JoinUsing), default, facts);
        if (join.Child(Tree.JoinAlias) is { IsAbsent: false } alias && alias.Text(Tree.AliasName) is { } name)
            facts.Alias(name);
        if (join.Flag(Tree.JoinIsNatural))
            facts.Column(null, null, "*");
    }

    /// <summary>Names of columns of a relation, as in an INSERT's or a COPY's list.</summary>
    public static void Columns(TreeItems names, TreeNode relation, FactsBuilder facts)
    {
        var (schema, table) = Of(relation);
        foreach (var name in names)
            if (name.Is(Tree.String))
                facts.Column(schema, table, Text(name));
    }

    /// <summary>The columns that INSERT or UPDATE writes.</summary>
    public static void Targets(TreeItems targets, TreeNode relation, FactsBuilder facts)
    {
        var (schema, table) = Of(relation);
        foreach (var target in targets)
            if (target.Is(Tree.ResTarget) && target.Text(Tree.TargetName) is { } name)
                facts.Column(schema, table, name);
    }

    /// <summary>A relation's alias with column names hides which column is which, and so stands for all of them.</summary>
    public static void Alias(TreeNode relation, FactsBuilder facts)
    {
        var alias = relation.Child(Tree.RangeAlias);
        if (alias.Text(Tree.AliasName) is { } name)
            facts.Alias(name);
        if (!alias.IsAbsent && alias.Has(Tree.AliasColumns))
            facts.Column(relation.Text(Tree.RangeSchema), relation.Text(Tree.RangeName), "*");
    }

    /// <summary>A function's name: the last part, and the schema before it.</summary>
    public static void Function(TreeItems parts, FactsBuilder facts)
    {
        string? schema = null, name = null;
        foreach (var part in parts)
            (schema, name) = (name, part.Text(Tree.StringValue));
        if (name is not null)
            facts.Function(schema, name);
    }

    /// <summary>A relation named as a list of strings, as DROP TABLE has it; <paramref name="drop"/> parts at the end name
    /// something of the relation (a trigger, a column).</summary>
    public static void Relation(TreeItems parts, int drop, FactsBuilder facts)
    {
        var names = new List<string>();
        foreach (var part in parts)
            names.Add(Text(part));
        var count = names.Count - drop;
        if (count < 1)
            return;
        facts.Relation(count > 2 ? names[count - 3] : null, count > 1 ? names[count - 2] : null, names[count - 1],
            read: false, written: true, unbounded: false);
    }

    /// <summary>The last part of a dotted name.</summary>
    public static string? Last(TreeItems parts)
    {
        string? last = null;
        foreach (var part in parts)
            last = part.Text(Tree.StringValue);
        return last;
    }

    public static string Text(TreeNode node) => Encoding.UTF8.GetString(node.Utf8(Tree.StringValue));

    static (string? Schema, string? Table) Of(TreeNode relation) =>
        relation.IsAbsent ? (null, null) : (relation.Text(Tree.RangeSchema), relation.Text(Tree.RangeName));
}
