namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>COPY, CREATE TABLE AS and SELECT INTO.</summary>
internal sealed class Copies(Analysis a)
{
    public Outcome Of(TreeNode node)
    {
        var relation = node.Child(Tree.CopyRelation);
        if (node.Flag(Tree.CopyIsFrom))
            return From(node, relation);
        IReadOnlyList<Field>? columns;
        if (relation.IsAbsent)
            columns = a.Queries.Of(node.Child(Tree.CopyQuery), null, null);
        else
        {
            var entry = a.Ranges.Of(relation);
            columns = entry.IsOpaque ? null : Listed(entry, node.Items(Tree.CopyColumns), a.Relation(relation)!);
        }
        if (!node.Flag(Tree.CopyIsProgram) && !node.Has(Tree.CopyFileName))
            return Outcome.Of(columns);
        var all = columns is null ? SourceSet.Everything : new Value(columns).Sources;
        a.Effects.Write(WriteKind.File, default, node.Flag(Tree.CopyIsProgram) ? "a program of the server" : "a file of the server", all);
        if (node.Flag(Tree.CopyIsProgram))
            Program();
        return Outcome.None;
    }

    void Program() => a.Effects.RunsInServer("a program of the server");

    /// <summary>Without a list: what is neither dropped nor generated.</summary>
    List<Field>? Listed(RangeEntry entry, TreeItems names, Catalog.CatalogRelation relation)
    {
        var listed = new List<Field>();
        foreach (var name in names)
        {
            var text = NameReader.Text(name);
            if (entry.Columns.FirstOrDefault(c => c.Name == text) is not { } column)
                return null;
            listed.Add(column);
        }
        if (listed.Count == 0)
            listed.AddRange(entry.Columns.Where((_, i) => i >= relation.Columns.Length || !relation.Columns[i].IsGenerated));
        foreach (var column in listed)
            a.Effects.Use(column.Value.Sources, ColumnUses.Named);
        return listed;
    }

    Outcome From(TreeNode node, TreeNode relation)
    {
        var target = new WriteTarget(a, relation);
        var listed = target.Listed(node.Items(Tree.CopyColumns));
        var isOutside = node.Flag(Tree.CopyIsProgram) || node.Has(Tree.CopyFileName);
        foreach (var column in listed)
            target.Write(column, isOutside ? SourceSet.Everything : SourceSet.Empty);
        if (node.Flag(Tree.CopyIsProgram))
            Program();
        target.WriteDefaults();
        var scope = new Scope(null, null);
        scope.Entries.Add(target.EntryAfter());
        a.Expressions.Condition(node.Child(Tree.CopyWhere), scope);
        target.Fire(WriteTarget.Insert);
        return Outcome.None;
    }

    public Outcome CreateAs(TreeNode node)
    {
        a.Effects.ChangesMeaning = a.Effects.ChangesCatalog = true;
        var query = node.Child(Nodes.CreateAsQuery);
        var into = node.Child(Nodes.CreateAsInto);
        var kind = node.Number(Tree.CreateAsObject) == CommandTags.ObjectMatView ? WriteKind.NewView : WriteKind.NewColumn;
        if (query.Is(ProtoSchema.Type("ExecuteStmt")))
        {
            new Definitions(a).Silent();
            Into(into, null, kind);
            if (into.Flag(Nodes.IntoSkipsData))
                return Outcome.None;
            a.Effects.Unknown("what a prepared statement gives is not known here");
            var executed = new Statements(a).Run(query);
            return new(ResultShape.None, []) { Name = executed.Name, Arguments = executed.Arguments, Fills = into.Child(Tree.IntoRelation).Text(Tree.RangeName) ?? "" };
        }
        var columns = a.Queries.Of(query, null, null);
        new Definitions(a).Adds();
        Into(into, columns, kind);
        return columns is null ? Outcome.None : new(ResultShape.None, Ranges.Renamed(columns, into.Items(Nodes.IntoColumns)));
    }

    public void Into(TreeNode into, IReadOnlyList<Field>? columns, WriteKind kind)
    {
        a.Effects.ChangesMeaning = a.Effects.ChangesCatalog = a.Effects.RunsUnseen = true;
        var name = into.Child(Tree.IntoRelation).Text(Tree.RangeName) ?? "";
        a.Effects.Turns |= !a.Shared.IsFree(name, a.Path);
        // WITH NO DATA does not run the query (src/backend/commands/createas.c, create_ctas_nodata).
        if (into.Flag(Nodes.IntoSkipsData) && kind == WriteKind.NewColumn)
            return;
        if (columns is null)
        {
            a.Effects.Write(kind, default, name, SourceSet.Everything);
            return;
        }
        foreach (var column in Ranges.Renamed(columns, into.Items(Nodes.IntoColumns)))
            a.Effects.Write(kind, default, name + "." + column.Name, column.Value.Sources);
    }
}
