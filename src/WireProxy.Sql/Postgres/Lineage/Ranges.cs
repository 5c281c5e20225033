namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>What stands in FROM (parse_clause.c, transformFromClauseItem).</summary>
internal sealed class Ranges(Analysis a)
{
    /// <summary>Adds the entries of one item of FROM. What stands before it in the scope is visible to it where it is lateral.</summary>
    public void Add(TreeNode node, Scope scope)
    {
        a.Step();
        if (node.Is(Tree.RangeVar))
            scope.Entries.Add(Relation(node, scope));
        else if (node.Is(Nodes.RangeSubselect))
            scope.Entries.Add(Subselect(node, scope));
        else if (node.Is(Nodes.RangeFunction))
            scope.Entries.Add(new RangeFunctions(a).Function(node, scope));
        else if (node.Is(Nodes.RangeTableSample))
        {
            Add(node.Child(Nodes.SampleRelation), scope);
            a.Expressions.Sum(node.Items(Nodes.SampleArgs), scope);
            a.Expressions.Of(node.Child(Nodes.SampleRepeatable), scope);
        }
        else if (node.Is(Nodes.RangeTableFunc))
            scope.Entries.Add(new RangeFunctions(a).Table(node, scope));
        else if (node.Is(Nodes.JoinExpr))
            new Joins(a).Add(node, scope);
        else
        {
            a.Effects.Unknown("a part of FROM that is not known here: " + (node.IsAbsent ? "nothing" : node.Type.Name));
            scope.Entries.Add(new() { Columns = [], IsOpaque = true });
        }
    }

    RangeEntry Relation(TreeNode node, Scope scope)
    {
        var (schema, name) = (node.Text(Tree.RangeSchema), node.Text(Tree.RangeName) ?? "");
        var alias = node.Child(Tree.RangeAlias);
        if (schema is null && Cte.Find(scope.Ctes, name) is { } cte)
        {
            if (cte.Columns is not null)
                return new() { Name = AliasName(alias) ?? name, Columns = Renamed(cte.Columns, alias) };
            return new() { Name = AliasName(alias) ?? name, Columns = [], IsOpaque = true };
        }
        if (schema is null && a.Body is { TransitionsOf: { } changed } body && body.Transitions.Contains(name))
            return Of(node, changed) with { Name = AliasName(alias) ?? name, Schema = null };
        return Of(node);
    }

    /// <summary>The entry of a relation of the catalog.</summary>
    public RangeEntry Of(TreeNode node)
    {
        if (a.Relation(node) is { } relation)
            return Of(node, relation);
        var name = node.Text(Tree.RangeName) ?? "";
        if (a.Before?.Made(name) is { Columns: var columns } made && a.Relation(node.Text(Tree.RangeSchema), name) is null)
        {
            var isMeant = made.IsCertain && made.Schema == node.Text(Tree.RangeSchema);
            return new()
            {
                Name = AliasName(node.Child(Tree.RangeAlias)) ?? name,
                Columns = Renamed([.. (columns ?? []).Select((c, i) => new Field(c, !isMeant ? Value.Nothing : new(SourceSet.Empty) { Origin = new(NewTable.Id, (short)(i + 1)) }))], node.Child(Tree.RangeAlias)),
                Others = columns is null ? Value.Nothing : null,
            };
        }
        var full = node.Text(Tree.RangeSchema) is { } schema ? $"{schema}.{name}" : name;
        var reason = $"the relation {full}, which the catalog does not know";
        // A table that the text has made, or a temporary one, may be there all the same.
        if (a.Before?.Made(name) is null && !a.Shared.IsTemporaryName(name))
            a.Effects.IsMissing(MissingKind.Relation, full, reason);
        else
            a.Effects.Unknown(reason);
        return new() { Name = AliasName(node.Child(Tree.RangeAlias)) ?? name, Columns = [], IsOpaque = true };
    }

    RangeEntry Of(TreeNode node, Catalog.CatalogRelation relation)
    {
        var alias = node.Child(Tree.RangeAlias);
        a.Effects.Touch(relation.Id);
        var columns = a.Shared.Relations.Columns(relation, node.Flag(Nodes.RangeInherits), a);
        if (a.Before?.Added(relation.Id) is { Count: > 0 } added)
            columns = [.. columns, .. added.Select(name => new Field(name, new(SourceSet.Empty) { Origin = new(relation.Id, StatementLineage.NewColumn) }))];
        a.Shared.Relations.Planned(relation, a);
        return new()
        {
            Name = AliasName(alias) ?? relation.Name,
            Schema = AliasName(alias) is null ? relation.Schema : null,
            Relation = relation.Id,
            Columns = Renamed(columns, alias),
            Others = a.Before?.Grows(relation.Id) == true ? Value.Nothing : null,
        };
    }

    RangeEntry Subselect(TreeNode node, Scope scope)
    {
        var alias = node.Child(Nodes.SubselectAlias);
        var columns = a.Queries.Of(node.Child(Tree.SubselectQuery), node.Flag(Nodes.SubselectLateral) ? scope : scope.Parent, scope.Ctes);
        return columns is null
            ? new() { Name = AliasName(alias), Columns = [], IsOpaque = true }
            : new() { Name = AliasName(alias), Columns = Renamed(columns, alias) };
    }

    public static string? AliasName(TreeNode alias) => alias.IsAbsent ? null : alias.Text(Tree.AliasName);

    /// <summary>An alias's column names take the place of the first ones.</summary>
    public static IReadOnlyList<Field> Renamed(IReadOnlyList<Field> columns, TreeNode alias)
    {
        if (alias.IsAbsent || !alias.Has(Tree.AliasColumns))
            return columns;
        return Renamed(columns, alias.Items(Tree.AliasColumns));
    }

    public static IReadOnlyList<Field> Renamed(IReadOnlyList<Field> columns, TreeItems names)
    {
        var renamed = columns.ToArray();
        var i = 0;
        foreach (var name in names)
        {
            if (i == renamed.Length)
                break;
            renamed[i] = renamed[i] with { Name = NameReader.Text(name) };
            i++;
        }
        return renamed;
    }
}
