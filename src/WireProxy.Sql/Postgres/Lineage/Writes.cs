namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>INSERT, UPDATE, DELETE and MERGE: what they put where, and what RETURNING gives.</summary>
internal sealed class Writes(Analysis a)
{
    /// <summary>The columns of RETURNING, none where there is none; null where they are not known.</summary>
    public IReadOnlyList<Field>? Of(TreeNode node, Scope? parent, Cte? ctes)
    {
        var scope = new Scope(parent, ctes);
        if (node.Is(Nodes.InsertStmt))
            return Insert(node, scope);
        if (node.Is(Nodes.UpdateStmt))
            return Update(node, scope);
        if (node.Is(Nodes.DeleteStmt))
            return Delete(node, scope);
        new Merges(a).Of(node, scope);
        return [];
    }

    List<Field>? Insert(TreeNode node, Scope scope)
    {
        a.Queries.With(node.Child(Tree.InsertWith), scope);
        var target = new WriteTarget(a, node.Child(Tree.InsertRelation));
        var columns = target.Listed(node.Items(Tree.InsertColumns));
        var select = node.Child(Nodes.InsertSelect);
        var values = select.IsAbsent ? [] : a.Queries.Of(select, scope.Parent, scope.Ctes);
        target.WriteAll(columns, values);
        target.WriteDefaults();
        var conflict = node.Child(Tree.InsertConflict);
        if (!conflict.IsAbsent)
            Conflict(conflict, target, scope);
        target.Fire(WriteTarget.Insert);
        scope.Entries.Add(target.EntryAfter());
        return a.Queries.Targets(node.Items(Tree.InsertReturning), scope);
    }

    /// <summary>Whether a row conflicts depends on the columns of the unique indexes.</summary>
    void Conflict(TreeNode conflict, WriteTarget target, Scope outer)
    {
        target.UseUnique();
        var scope = new Scope(outer.Parent, outer.Ctes);
        scope.Entries.Add(target.EntryBefore());
        var infer = conflict.Child(Nodes.ConflictInfer);
        foreach (var element in infer.Items(Nodes.InferElems))
            a.Expressions.Condition(element.Child(Nodes.IndexElemExpr), scope);
        a.Expressions.Condition(infer.Child(Nodes.InferWhere), scope);
        if (conflict.Number(Nodes.ConflictAction) != Nodes.ConflictUpdate)
            return;
        scope.Entries.Add(target.Excluded());
        Set(conflict.Items(Tree.ConflictTargets), target, scope);
        a.Expressions.Condition(conflict.Child(Nodes.ConflictWhere), scope);
        target.Fire(WriteTarget.Update);
    }

    List<Field>? Update(TreeNode node, Scope scope)
    {
        a.Queries.With(node.Child(Tree.UpdateWith), scope);
        var target = new WriteTarget(a, node.Child(Tree.UpdateRelation));
        scope.Entries.Add(target.EntryBefore());
        foreach (var item in node.Items(Nodes.UpdateFrom))
            a.Ranges.Add(item, scope);
        a.Expressions.Condition(node.Child(Tree.UpdateWhere), scope);
        Set(node.Items(Tree.UpdateTargets), target, scope);
        target.Fire(WriteTarget.Update);
        scope.Entries[0] = target.EntryAfter();
        return a.Queries.Targets(node.Items(Nodes.UpdateReturning), scope);
    }

    List<Field>? Delete(TreeNode node, Scope scope)
    {
        a.Queries.With(node.Child(Tree.DeleteWith), scope);
        var target = new WriteTarget(a, node.Child(Tree.DeleteRelation));
        scope.Entries.Add(target.EntryBefore());
        foreach (var item in node.Items(Tree.DeleteUsing))
            a.Ranges.Add(item, scope);
        a.Expressions.Condition(node.Child(Tree.DeleteWhere), scope);
        target.Fire(WriteTarget.Delete);
        return a.Queries.Targets(node.Items(Tree.DeleteReturning), scope);
    }

    /// <summary>SET column = value, and SET (a, b) = (row or query).</summary>
    public void Set(TreeItems targets, WriteTarget target, Scope scope)
    {
        IReadOnlyList<Field>? many = null;
        var all = SourceSet.Empty;
        foreach (var item in targets)
        {
            var value = item.Child(Tree.TargetValue);
            var name = item.Text(Tree.TargetName) ?? "";
            var subscripts = SourceSet.Empty;
            foreach (var part in item.Items(Nodes.TargetIndirection))
                if (part.Is(Nodes.A_Indices))
                    subscripts = subscripts.Union(a.Expressions.Of(part.Child(Nodes.IndicesLower), scope).Sources)
                        .Union(a.Expressions.Of(part.Child(Nodes.IndicesUpper), scope).Sources);
            if (value.Is(Nodes.SetToDefault))
                target.WriteDefault(name);
            if (!value.Is(Nodes.MultiAssign))
            {
                var written = a.Expressions.Of(value, scope);
                target.Write(name, written.Sources.Union(subscripts), item.Has(Nodes.TargetIndirection) ? null : written.Origin);
                continue;
            }
            var column = (int)value.Number(Nodes.MultiAssignColumn);
            if (!value.Child(Nodes.MultiAssignSource).IsAbsent && column <= 1)
            {
                var row = a.Expressions.Of(value.Child(Nodes.MultiAssignSource), scope);
                many = value.Number(Nodes.MultiAssignCount) == 1 && row.Row is null ? [new("", row)] : a.Fields(row);
                all = row.Sources;
            }
            target.Write(name, (many is not null && column >= 1 && column <= many.Count ? many[column - 1].Value.Sources : all).Union(subscripts));
        }
    }
}

/// <summary>MERGE (parse_merge.c).</summary>
internal sealed class Merges(Analysis a)
{
    public void Of(TreeNode node, Scope scope)
    {
        a.Queries.With(node.Child(Tree.MergeWith), scope);
        var target = new WriteTarget(a, node.Child(Tree.MergeRelation));
        scope.Entries.Add(target.EntryBefore());
        a.Ranges.Add(node.Child(Nodes.MergeSource), scope);
        a.Expressions.Condition(node.Child(Tree.MergeCondition), scope);
        foreach (var when in node.Items(Nodes.MergeWhens))
        {
            a.Expressions.Condition(when.Child(Nodes.WhenCondition), scope);
            var command = when.Number(Nodes.WhenCommand);
            if (command == Nodes.CmdUpdate)
                a.Writes.Set(when.Items(Tree.MergeWhenTargets), target, scope);
            else if (command == Nodes.CmdInsert)
                Insert(when, target, scope);
        }
        target.Fire(WriteTarget.Insert);
        target.Fire(WriteTarget.Update);
        target.Fire(WriteTarget.Delete);
    }

    void Insert(TreeNode when, WriteTarget target, Scope scope)
    {
        var columns = target.Listed(when.Items(Tree.MergeWhenTargets));
        var values = new List<Field>();
        foreach (var value in when.Items(Nodes.WhenValues))
            values.Add(new("", a.Expressions.Of(value, scope)));
        target.WriteAll(columns, values);
        target.WriteDefaults();
    }
}
