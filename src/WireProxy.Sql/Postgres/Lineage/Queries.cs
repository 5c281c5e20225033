namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>The columns of queries (analyze.c, transformSelectStmt and its like).</summary>
internal sealed class Queries(Analysis a)
{
    // A column's sources grow in each turn of a recursion; more turns than this no honest query needs.
    const int MaxTurns = 12;

    /// <summary>The columns of a SELECT, or of what an INSERT, UPDATE or DELETE returns; null where they are not known.</summary>
    public IReadOnlyList<Field>? Of(TreeNode node, Scope? parent, Cte? ctes)
    {
        a.Step();
        if (node.Is(Tree.SelectStmt))
            return Select(node, parent, ctes);
        if (node.Is(Nodes.InsertStmt) || node.Is(Nodes.UpdateStmt) || node.Is(Nodes.DeleteStmt) || node.Is(Nodes.MergeStmt))
            return a.Writes.Of(node, parent, ctes);
        a.Effects.UnknownCode("a query that is not known here: " + (node.IsAbsent ? "nothing" : node.Type.Name));
        return null;
    }

    IReadOnlyList<Field>? Select(TreeNode node, Scope? parent, Cte? ctes)
    {
        var scope = new Scope(parent, ctes);
        With(node.Child(Tree.SelectWith), scope);
        var isSetOp = node.Number(Nodes.SelectOp) > Nodes.NoSetOp;
        var columns = isSetOp ? SetOperation(node, scope)
            : node.Has(Nodes.SelectValues) ? Values(node, scope) : Level(node, scope);
        // ORDER BY of a set operation sees its columns alone.
        var seen = isSetOp ? new Scope(parent, scope.Ctes) { Entries = { new() { Columns = columns ?? [], IsOpaque = columns is null } } } : scope;
        a.Expressions.Conditions(node.Items(Nodes.SelectSort), seen, columns);
        a.Expressions.Condition(node.Child(Nodes.SelectOffset), scope);
        a.Expressions.Condition(node.Child(Tree.SelectLimit), scope);
        return columns;
    }

    IReadOnlyList<Field>? SetOperation(TreeNode node, Scope scope)
    {
        var operation = node.Number(Nodes.SelectOp);
        var left = Select(node.Child(Tree.SelectLeft), scope.Parent, scope.Ctes);
        var columns = Combine(left, Select(node.Child(Tree.SelectRight), scope.Parent, scope.Ctes));
        if (operation != Nodes.Union || !node.Flag(Nodes.SelectAll))
            Compared(columns);
        return columns;
    }

    /// <summary>Rows are compared with one another: which there are depends on every column.</summary>
    void Compared(IReadOnlyList<Field>? columns)
    {
        foreach (var column in columns ?? [])
            a.Effects.Use(column.Value.Sources, ColumnUses.Predicate);
    }

    static Field[]? Combine(IReadOnlyList<Field>? left, IReadOnlyList<Field>? right)
    {
        if (left is null || right is null || left.Count != right.Count)
            return null;
        var columns = new Field[left.Count];
        for (var i = 0; i < columns.Length; i++)
        {
            var either = Value.Either(left[i].Value, right[i].Value);
            columns[i] = new(left[i].Name, either.Origin is null ? either : either.Derived(either.Sources));
        }
        return columns;
    }

    static bool Same(IReadOnlyList<Field> x, IReadOnlyList<Field> y) =>
        x.Count == y.Count && x.Zip(y).All(p => p.First.Value.Sources.Equals(p.Second.Value.Sources)
            && (p.First.Value.Row is not { } row || p.Second.Value.Row is not { } other || Same(row, other)));

    List<Field>? Values(TreeNode node, Scope scope)
    {
        List<Field>? columns = null;
        foreach (var row in node.Items(Nodes.SelectValues))
        {
            var fields = new List<Field>();
            foreach (var item in row.Items(Tree.ListItems))
                Target(item, "", scope, fields);
            if (columns is null)
                columns = [.. fields.Select((f, i) => new Field("column" + (i + 1), f.Value.Derived(f.Value.Sources)))];
            else
                for (var i = 0; i < columns.Count && i < fields.Count; i++)
                    columns[i] = columns[i] with { Value = Value.Either(columns[i].Value, fields[i].Value) };
        }
        return columns;
    }

    List<Field>? Level(TreeNode node, Scope scope)
    {
        foreach (var item in node.Items(Tree.SelectFrom))
            a.Ranges.Add(item, scope);
        a.Expressions.Condition(node.Child(Tree.SelectWhere), scope);
        var columns = Targets(node.Items(Tree.SelectTargets), scope);
        a.Expressions.Conditions(node.Items(Tree.SelectGroup), scope, columns);
        a.Expressions.Condition(node.Child(Tree.SelectHaving), scope);
        foreach (var window in node.Items(Tree.SelectWindow))
            a.Expressions.Window(window, scope);
        if (node.Has(Tree.SelectDistinct))
            Distinct(node, scope, columns);
        return columns;
    }

    void Distinct(TreeNode node, Scope scope, List<Field>? columns)
    {
        var isOn = false;
        foreach (var item in node.Items(Tree.SelectDistinct))
            isOn |= !item.IsAbsent; // A bare DISTINCT is a list of one NULL.
        if (isOn)
            a.Expressions.Conditions(node.Items(Tree.SelectDistinct), scope, columns);
        else
            Compared(columns);
    }

    /// <summary>The columns of a target or RETURNING list; null where a star stands for columns that are not known.</summary>
    public List<Field>? Targets(TreeItems targets, Scope scope)
    {
        var columns = new List<Field>();
        foreach (var target in targets)
            if (!Target(target.Child(Tree.TargetValue), target.Text(Tree.TargetName), scope, columns))
                return null;
        return columns;
    }

    bool Target(TreeNode node, string? name, Scope scope, List<Field> columns)
    {
        if (node.Is(Tree.ColumnRef) && Expressions.EndsWithStar(node))
        {
            if (a.Names.Star(node, scope) is not { } all)
                return Unknown();
            columns.AddRange(all);
            return true;
        }
        if (node.Is(Nodes.A_Indirection) && EndsWithStar(node))
        {
            var row = a.Expressions.Indirection(node, scope);
            if (a.Fields(row) is not { } fields)
                return Unknown();
            columns.AddRange(fields);
            return true;
        }
        columns.Add(new(OutputNames.Cut(name ?? OutputNames.Of(node)), a.Expressions.Of(node, scope)));
        return true;
    }

    bool Unknown()
    {
        a.Effects.Unknown("a star whose columns are not known");
        return false;
    }

    static bool EndsWithStar(TreeNode indirection)
    {
        var isStar = false;
        foreach (var part in indirection.Items(Tree.IndirectionItems))
            isStar = part.Is(Tree.Star);
        return isStar;
    }

    /// <summary>Adds WITH queries to a scope, in order; with RECURSIVE all of them see all.</summary>
    public void With(TreeNode with, Scope scope)
    {
        if (with.IsAbsent)
            return;
        var isRecursive = with.Flag(Tree.WithRecursive);
        var all = new List<Cte>();
        foreach (var node in with.Items(Tree.WithCtes))
        {
            all.Add(new(node.Text(Tree.CteName) ?? "", isRecursive ? scope.Ctes : all.Count > 0 ? all[^1] : scope.Ctes));
            if (isRecursive)
                scope.Ctes = all[^1];
        }
        var i = 0;
        foreach (var node in with.Items(Tree.WithCtes))
        {
            var cte = all[i++];
            var columns = Query(node, scope.Parent, isRecursive ? scope.Ctes : cte.Outer, isRecursive ? cte : null);
            cte.Columns = columns is null ? null : Extra(node, Ranges.Renamed(columns, node.Items(Nodes.CteColumns)));
        }
        if (all.Count > 0 && !isRecursive)
            scope.Ctes = all[^1];
    }

    IReadOnlyList<Field>? Query(TreeNode node, Scope? parent, Cte? ctes, Cte? recursive)
    {
        var query = node.Child(Nodes.CteQuery);
        if (recursive is null || !query.Is(Tree.SelectStmt) || query.Number(Nodes.SelectOp) <= Nodes.NoSetOp)
            return Of(query, parent, ctes);
        // The recursive arm sees what is known so far, under the names of the WITH list, until it adds nothing any more.
        var soFar = new Cte(recursive.Name, ctes);
        var before = Left(query, parent, soFar);
        for (var turn = 0; turn <= MaxTurns && before is not null; turn++)
        {
            soFar.Columns = Extra(node, Ranges.Renamed(before, node.Items(Nodes.CteColumns)));
            var now = Select(query, parent, soFar);
            if (now is null || Same(before, now))
                return now;
            before = Combine(before, now);
        }
        return before is null ? null : [.. before.Select(f => f with { Value = Value.Anything })];
    }

    /// <summary>What does not recurse: the left arm, under the WITH queries of the whole.</summary>
    IReadOnlyList<Field>? Left(TreeNode node, Scope? parent, Cte? ctes)
    {
        var scope = new Scope(parent, ctes);
        With(node.Child(Tree.SelectWith), scope);
        return Select(node.Child(Tree.SelectLeft), parent, scope.Ctes);
    }

    /// <summary>The columns that SEARCH and CYCLE add.</summary>
    IReadOnlyList<Field> Extra(TreeNode cte, IReadOnlyList<Field> columns)
    {
        var search = cte.Child(Nodes.CteSearch);
        var cycle = cte.Child(Nodes.CteCycle);
        if (search.IsAbsent && cycle.IsAbsent)
            return columns;
        var all = columns.ToList();
        if (!search.IsAbsent)
            all.Add(new(search.Text(Nodes.SearchColumn) ?? "", new Value(Sum(columns, search.Items(Nodes.SearchColumns)))));
        if (!cycle.IsAbsent)
        {
            var sources = Sum(columns, cycle.Items(Nodes.CycleColumns));
            all.Add(new(cycle.Text(Nodes.CycleMark) ?? "", new Value(sources)));
            all.Add(new(cycle.Text(Nodes.CyclePath) ?? "", new Value(sources)));
            a.Effects.Use(sources, ColumnUses.Predicate);
        }
        return all;
    }

    static SourceSet Sum(IReadOnlyList<Field> columns, TreeItems names)
    {
        var sum = SourceSet.Empty;
        foreach (var name in names)
            foreach (var column in columns)
                if (column.Name == NameReader.Text(name))
                    sum = sum.Union(column.Value.Sources);
        return sum;
    }
}
