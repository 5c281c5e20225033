namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>JOIN, with USING and NATURAL (parse_clause.c, transformFromClauseItem).</summary>
internal sealed class Joins(Analysis a)
{
    public void Add(TreeNode node, Scope scope)
    {
        var start = scope.Entries.Count;
        a.Ranges.Add(node.Child(Nodes.JoinLeft), scope);
        var middle = scope.Entries.Count;
        a.Ranges.Add(node.Child(Nodes.JoinRight), scope);
        var left = scope.Entries[start..middle];
        var right = scope.Entries[middle..];
        var others = Shown(left, out var leftColumns);
        others = Or(others, Shown(right, out var rightColumns));
        var kind = (int)node.Number(Nodes.JoinKind);
        var merged = Merged(node, leftColumns, rightColumns, kind, others);
        Condition(node.Child(Nodes.JoinQuals), left, right, scope);
        var columns = new List<Field>(merged);
        columns.AddRange(leftColumns.Where(c => !merged.Exists(m => m.Name == c.Name)));
        columns.AddRange(rightColumns.Where(c => !merged.Exists(m => m.Name == c.Name)));
        foreach (var entry in scope.Entries[start..])
            entry.ShowsColumns = false;
        var alias = node.Child(Tree.JoinAlias);
        if (!alias.IsAbsent)
            foreach (var entry in scope.Entries[start..])
                entry.ShowsName = false;
        scope.Entries.Add(new()
        {
            Name = Ranges.AliasName(alias),
            Columns = Ranges.Renamed(columns, alias),
            Others = others,
        });
        var usingAlias = node.Child(Nodes.JoinUsingAlias);
        if (Ranges.AliasName(usingAlias) is { } name)
            scope.Entries.Add(new() { Name = name, Columns = merged, ShowsColumns = false });
    }

    static Value? Or(Value? a, Value? b) => a is null ? b : b is null ? a : Value.Either(a, b);

    /// <returns>What columns hold that are not known; null where all are.</returns>
    static Value? Shown(List<RangeEntry> entries, out List<Field> columns)
    {
        columns = [];
        Value? others = null;
        foreach (var entry in entries)
        {
            if (!entry.ShowsColumns)
                continue;
            columns.AddRange(entry.Columns);
            others = Or(others, entry.Others);
        }
        return others;
    }

    List<Field> Merged(TreeNode node, List<Field> left, List<Field> right, int kind, Value? others)
    {
        var merged = new List<Field>();
        var names = new List<string>();
        foreach (var name in node.Items(Tree.JoinUsing))
            names.Add(NameReader.Text(name));
        if (node.Flag(Tree.JoinIsNatural))
        {
            names = [.. left.Select(c => c.Name).Where(n => right.Exists(r => r.Name == n)).Distinct()];
            if (others is not null)
                a.Effects.Unknown("a NATURAL JOIN of columns that are not known");
        }
        foreach (var name in names)
        {
            var (x, y) = (Find(left, name, others), Find(right, name, others));
            // The names compare the two with the operator that the search path finds.
            a.Effects.Use(a.Calls.Operator(null, "=", x, y).Sources, ColumnUses.Predicate | ColumnUses.Named);
            var value = kind == Nodes.JoinFull ? Value.Either(x, y) : kind == Nodes.JoinRightKind ? y : x;
            // Equal values are one value: where the one may be shown, so may the other.
            merged.Add(new(name, new Value(x.Sources.Union(y.Sources)) { Origin = value.Origin, Type = value.Type, Row = value.Row }));
        }
        return merged;
    }

    static Value Find(List<Field> columns, string name, Value? others)
    {
        Value? found = null;
        foreach (var column in columns)
            if (column.Name == name)
                found = found is null ? column.Value : Value.Either(found, column.Value);
        return found ?? others ?? Value.Anything;
    }

    /// <summary>ON sees the two sides of the join and what is around the query, and not what stands beside it in FROM.</summary>
    void Condition(TreeNode condition, List<RangeEntry> left, List<RangeEntry> right, Scope scope)
    {
        if (condition.IsAbsent)
            return;
        var on = new Scope(scope.Parent, scope.Ctes);
        on.Entries.AddRange(left);
        on.Entries.AddRange(right);
        a.Expressions.Condition(condition, on);
    }
}
