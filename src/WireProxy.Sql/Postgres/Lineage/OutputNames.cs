using System.Text;

namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>The name that the server gives a column without one (parse_target.c, FigureColname).</summary>
internal static class OutputNames
{
    // NAMEDATALEN - 1 bytes; identifiers are cut there, at a character's end.
    const int MaxBytes = 63;

    static readonly string[] s_sqlValues =
    [
        "", "current_date", "current_time", "current_time", "current_timestamp", "current_timestamp", "localtime", "localtime", "localtimestamp",
        "localtimestamp", "current_role", "current_user", "user", "session_user", "current_catalog", "current_schema",
    ];

    static readonly string[] s_xml = ["", "xmlconcat", "xmlelement", "xmlforest", "xmlparse", "xmlpi", "xmlroot", "xmlserialize"];

    public static string Of(TreeNode node)
    {
        Strength(node, out var name);
        return name ?? "?column?";
    }

    /// <summary>A name cut as the server cuts it.</summary>
    public static string Cut(string name)
    {
        if (Encoding.UTF8.GetByteCount(name) <= MaxBytes)
            return name;
        var length = name.Length;
        while (length > 0 && (Encoding.UTF8.GetByteCount(name.AsSpan(0, length)) > MaxBytes || char.IsHighSurrogate(name[length - 1])))
            length--;
        return name[..length];
    }

    /// <returns>2 for a name, 1 for one that a CASE or cast around it may replace, 0 for none.</returns>
    static int Strength(TreeNode node, out string? name)
    {
        name = null;
        if (node.IsAbsent)
            return 0;
        if (node.Is(Tree.ColumnRef) || node.Is(Nodes.A_Indirection))
        {
            foreach (var part in node.Items(node.Is(Tree.ColumnRef) ? Tree.ColumnFields : Tree.IndirectionItems))
                name = part.Is(Tree.String) ? NameReader.Text(part) : name;
            return name is not null ? 2 : node.Is(Nodes.A_Indirection) ? Strength(node.Child(Nodes.IndirectionArg), out name) : 0;
        }
        if (node.Is(Tree.FuncCall))
            return Named(NameReader.Last(node.Items(Tree.FuncName)), out name);
        if (node.Is(Tree.AExpr))
            return node.Number(Nodes.AExprKind) == Nodes.NullIf ? Named("nullif", out name) : 0;
        if (node.Is(Tree.TypeCast))
        {
            var strength = Strength(node.Child(Tree.TypeCastArg), out name);
            if (strength > 1 || NameReader.Last(node.Child(Nodes.TypeCastType).Items(Tree.TypeNameNames)) is not { } type)
                return strength;
            name = type;
            return 1;
        }
        if (node.Is(Nodes.Collate))
            return Strength(node.Child(Nodes.CollateArg), out name);
        if (node.Is(Tree.SubLink))
            return SubLink(node, out name);
        if (node.Is(Nodes.CaseExpr))
        {
            var strength = Strength(node.Child(Nodes.CaseDefault), out name);
            if (strength > 1)
                return strength;
            name = "case";
            return 1;
        }
        return Keyword(node, out name);
    }

    static int Keyword(TreeNode node, out string? name)
    {
        name = node.Is(Nodes.Grouping) ? "grouping"
            : node.Is(Nodes.A_ArrayExpr) ? "array"
            : node.Is(Nodes.RowExpr) ? "row"
            : node.Is(Nodes.Coalesce) ? "coalesce"
            : node.Is(Nodes.MinMax) ? node.Number(Nodes.MinMaxOp) == Nodes.Greatest ? "greatest" : "least"
            : node.Is(Nodes.SqlValue) ? At(s_sqlValues, node.Number(Nodes.SqlValueOp))
            : node.Is(Nodes.XmlExpr) ? At(s_xml, node.Number(Nodes.XmlOp))
            : node.Is(Nodes.XmlSerialize) ? "xmlserialize" : null;
        return name is null ? 0 : 2;
    }

    static string? At(string[] names, long index) => index > 0 && index < names.Length ? names[index] : null;

    static int Named(string? text, out string? name)
    {
        name = text;
        return text is null ? 0 : 2;
    }

    static int SubLink(TreeNode node, out string? name)
    {
        name = null;
        var kind = node.Number(Nodes.SubLinkKind);
        if (kind == Nodes.Exists)
            return Named("exists", out name);
        if (kind == Nodes.Array)
            return Named("array", out name);
        if (kind != Nodes.ExprLink)
            return 0;
        var select = node.Child(Nodes.SubLinkSelect);
        while (select.Is(Tree.SelectStmt) && !select.Child(Tree.SelectLeft).IsAbsent)
            select = select.Child(Tree.SelectLeft);
        if (select.Is(Tree.SelectStmt) && select.Has(Nodes.SelectValues))
            return Named("column1", out name);
        foreach (var target in select.Items(Tree.SelectTargets))
        {
            if (target.Text(Tree.TargetName) is { } given)
                return Named(given, out name);
            return Strength(target.Child(Tree.TargetValue), out name) > 0 ? 2 : Named("?column?", out name);
        }
        return 0;
    }
}
