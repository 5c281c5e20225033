using WireProxy.Sql.Catalog;

namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>DDL that computes values of rows, and all other DDL.</summary>
internal sealed class Definitions(Analysis a)
{
    static readonly TreeType s_partition = ProtoSchema.Type("PartitionCmd");
    static readonly long[] s_withoutRows = [.. new[] { "TYPE", "INDEX", "SEQUENCE" }.Select(o => (long)ProtoSchema.Value("ObjectType", "OBJECT_" + o))];

    static readonly HashSet<long> s_additions = [.. new[]
    {
        "AddColumn", "DropColumn", "AddConstraint", "AddIndex", "AddIndexConstraint", "SetNotNull", "DropNotNull", "ValidateConstraint", "SetStatistics",
        "SetStorage", "SetOptions", "ChangeOwner", "ClusterOn", "SetLogged", "SetUnLogged", "SetRelOptions", "AddIdentity",
    }.Select(k => (long)ProtoSchema.Value("AlterTableType", "AT_" + k))];

    /// <summary>DDL that moves no values; an event trigger may run beside it.</summary>
    public Outcome Silent()
    {
        a.Effects.ChangesMeaning = a.Effects.ChangesCatalog = a.Effects.Turns = true;
        FireEvents();
        return Outcome.None;
    }

    /// <summary>Runs the event triggers, whatever they are for.</summary>
    public void FireEvents()
    {
        foreach (var id in a.Shared.Definitions.EventTriggers)
            if (a.Shared.Routine(id) is { } routine)
                a.Calls.Run(routine, new());
            else
                a.Effects.UnknownCode("an event trigger");
    }

    /// <summary>CREATE TABLE: what its partition bounds compute stays in the catalog, where everybody reads it.</summary>
    public Outcome Create(TreeNode node)
    {
        Adds();
        // Rows are shared with what is there, or a name stands for something else than before.
        a.Effects.Turns |= node.Has(Nodes.CreateParents) || (NewTable.NameOf(node) is { } name && !a.Shared.IsFree(name, a.Path));
        Computed(node);
        return Outcome.None;
    }

    /// <summary>DDL that only adds something, or does what nothing else hangs on.</summary>
    public Outcome Adds()
    {
        var before = a.Effects.Turns;
        Silent();
        a.Effects.Turns = before || a.Shared.Definitions.EventTriggers.Length > 0;
        return Outcome.None;
    }

    /// <summary>What functions give that stand in a definition. Which of them the server computes now, and which later, is not told apart.</summary>
    void Computed(TreeNode node)
    {
        if (node.IsAbsent || node.Is(Tree.SelectStmt))
            return;
        a.Step();
        if (node.Is(Tree.FuncCall))
        {
            string? schema = null, name = null;
            foreach (var part in node.Items(Tree.FuncName))
                (schema, name) = (name, part.Text(Tree.StringValue));
            var arguments = new Arguments();
            foreach (var _ in node.Items(Tree.FuncArgs))
                arguments.Add(Value.Nothing);
            var sources = a.Calls.Named(schema, name ?? "", arguments).Sources;
            if (!sources.IsEmpty)
                a.Effects.Write(WriteKind.State, default, "a definition that calls " + name, sources);
        }
        if (node.Is(Nodes.Constraint))
            Referred(node);
        var fields = node.Type.Fields;
        var reader = new ProtoReader(node.Bytes);
        while (reader.Next())
            if (fields[reader.Field]?.Type is { } type && reader.IsBytes)
                Computed(TreeNode.Unwrap(type, reader.Bytes));
    }

    /// <summary>VACUUM, ANALYZE, REINDEX and CLUSTER compute what indexes hold.</summary>
    public Outcome Maintain()
    {
        foreach (var (relation, indexes) in a.Shared.Definitions.Indexes)
            foreach (var index in indexes)
                if (a.Catalog.Relation(relation) is { } found)
                    foreach (var expression in new[] { index.Expressions, index.Predicate })
                        if (expression is not null)
                            a.Shared.Relations.Expressions(found, expression, a);
        foreach (var relation in a.Shared.Definitions.Statistics.Keys)
            if (a.Catalog.Relation(relation) is { } measured)
                a.Shared.Relations.Measured(measured, a.Shared.Relations.Columns(measured, inherits: true, a), a);
        return Outcome.None;
    }

    /// <summary>ALTER TABLE: a new column's default, and a changed type's USING, are computed for the rows that are there.</summary>
    public Outcome AlterTable(TreeNode node)
    {
        Adds();
        foreach (var command in node.Items(Nodes.AlterCommands))
            a.Effects.Turns |= !s_additions.Contains(command.Number(Nodes.AlterSubtype)) || ShowsChildren(node, command);
        if (IsWithoutRows(node))
            return Outcome.None;
        foreach (var command in node.Items(Nodes.AlterCommands))
            if (command.Child(Nodes.AlterDefinition) is { IsAbsent: false } bound && bound.Is(s_partition))
                Computed(bound);
        var range = node.Child(Nodes.AlterRelation);
        var target = new WriteTarget(a, range);
        var scope = new Scope(null, null);
        scope.Entries.Add(target.EntryBefore());
        target.QuoteAll(); // A conversion that fails quotes the value, a new key the one that is there twice.
        foreach (var command in node.Items(Nodes.AlterCommands))
        {
            var kind = command.Number(Nodes.AlterSubtype);
            var definition = command.Child(Nodes.AlterDefinition);
            if (kind == Nodes.NoInherit)
                new OwnCode(a).Leave(a.Relation(range));
            else if (kind == Nodes.DetachPartition)
                new OwnCode(a).Leave(a.Relation(definition.Child(Nodes.PartitionName)));
            else if (kind == Nodes.ColumnType)
                Retyped(target, command.Text(Nodes.AlterName) ?? "", definition, scope);
            else if (kind == Nodes.AddColumn)
                Added(definition, scope, range);
            else if (kind == Nodes.DropExpression)
                NoLongerGenerated(a.Relation(range), command.Text(Nodes.AlterName), scope);
            else if (definition.Is(Nodes.Constraint))
            {
                a.Expressions.Condition(definition.Child(Nodes.ConstraintExpr), scope);
                Referred(definition);
            }
        }
        // Rows may be written anew, and all that is computed of them with them.
        if (a.Relation(range) is { } relation)
            new Firing(a).Recompute(relation);
        return Outcome.None;
    }

    /// <summary>ADD COLUMN of a name that a child has already: the parent shows the child's values from then on.</summary>
    bool ShowsChildren(TreeNode node, TreeNode command) => command.Number(Nodes.AlterSubtype) == Nodes.AddColumn
        && a.Relation(node.Child(Nodes.AlterRelation)) is { } parent
        && a.Shared.Relations.IsBelow(parent.Id, command.Child(Nodes.AlterDefinition).Text(Tree.ColumnDefName) ?? "");

    /// <summary>The column becomes what USING says or, without it, what a cast makes of it.</summary>
    void Retyped(WriteTarget target, string name, TreeNode definition, Scope scope)
    {
        var given = definition.Child(Nodes.ColumnDefault);
        var own = scope.Entries[0].Columns.FirstOrDefault(c => c.Name == name)?.Value ?? Value.Anything;
        var value = given.IsAbsent ? own : a.Expressions.Of(given, scope);
        var sources = a.Calls.Cast(value, definition.Child(Nodes.ColumnTypeName)).Sources;
        if (!given.IsAbsent || !sources.Equals(own.Sources))
            Put(target, name, sources);
    }

    /// <summary>What it was made of is kept, and nothing in the catalog tells any more what that was.</summary>
    void NoLongerGenerated(CatalogRelation? relation, string? name, Scope scope)
    {
        if (relation is { IsSystem: false } && !relation.Columns.Any(c => c.Name == name && c.IsGenerated))
            return;
        foreach (var column in scope.Entries[0].Columns)
            if (column.Name == name)
                a.Effects.Write(WriteKind.NewColumn, default, $"{relation?.Name}.{name}", column.Value.Sources);
    }

    /// <summary>An index, a sequence, or a type of which no table is made: with CASCADE its tables' rows are converted.</summary>
    bool IsWithoutRows(TreeNode node)
    {
        if (a.Relation(node.Child(Nodes.AlterRelation)) is not null || !s_withoutRows.Contains(node.Number(Nodes.AlterObject)))
            return false;
        foreach (var command in node.Items(Nodes.AlterCommands))
            if (command.Number(Nodes.AlterBehavior) == Nodes.Cascade)
                return false;
        return true;
    }

    /// <summary>A foreign key asks of every row that refers whether there is one that it refers to.</summary>
    void Referred(TreeNode constraint)
    {
        var range = constraint.Child(Nodes.ConstraintReferred);
        if (range.IsAbsent || a.Relation(range) is not { } relation)
            return;
        var names = new HashSet<string>();
        foreach (var name in constraint.Items(Nodes.ConstraintReferredColumns))
            names.Add(NameReader.Text(name));
        if (names.Count == 0)
            new WriteTarget(a, range).UseUnique();
        foreach (var column in relation.Columns)
            if (names.Contains(column.Name))
                a.Effects.Use(SourceSet.Of(new(relation.Id, column.Number)), ColumnUses.Predicate);
    }

    /// <summary>ALTER DOMAIN: a new condition is asked of every value of the domain, and fails where one does not meet it.</summary>
    public Outcome AlterDomain(TreeNode node)
    {
        Silent();
        string? schema = null, name = null;
        foreach (var part in node.Items(Nodes.AlterDomainName))
            (schema, name) = (name, NameReader.Text(part));
        var domain = a.Type(schema, name ?? "");
        var values = SourceSet.Empty;
        foreach (var relation in a.Catalog.Relations)
            foreach (var column in relation.Columns)
                if (column.DomainId != 0 && (domain == 0 || column.DomainId == domain))
                    values = values.Union(SourceSet.Of(new(relation.Id, column.Number)));
        a.Effects.Use(values, ColumnUses.Predicate | ColumnUses.Text);
        var scope = new Scope(null, null);
        scope.Entries.Add(new() { Columns = [new("value", new Value(values))] });
        a.Expressions.Of(node.Child(Nodes.AlterDomainDefinition).Child(Nodes.ConstraintExpr), scope);
        a.Shared.CheckDomain(domain, values, a);
        return Outcome.None;
    }

    /// <summary>CREATE STATISTICS: how many values an expression has tells whether one of them is there.</summary>
    public Outcome Statistics(TreeNode node)
    {
        Silent();
        var scope = new Scope(null, null);
        foreach (var relation in node.Items(Nodes.StatisticsRelations))
            scope.Entries.Add(a.Ranges.Of(relation));
        foreach (var element in node.Items(Nodes.StatisticsExprs))
            a.Expressions.Condition(element.Child(Nodes.StatsElemExpr), scope);
        new ServerRun(a).Made();
        return Outcome.None;
    }

    void Added(TreeNode definition, Scope scope, TreeNode range)
    {
        var sources = a.Expressions.Of(definition.Child(Nodes.ColumnDefault), scope).Sources;
        foreach (var constraint in definition.Items(Nodes.ColumnConstraints))
        {
            if (!constraint.Is(Nodes.Constraint))
                continue;
            Referred(constraint);
            if (constraint.Number(Nodes.ConstraintKind) == Nodes.ConstraintDefault)
                sources = sources.Union(a.Expressions.Of(constraint.Child(Nodes.ConstraintExpr), scope).Sources);
        }
        // Rows that are there get the default of a domain, and its conditions are asked.
        var type = a.Type(definition.Child(Nodes.ColumnTypeName));
        if (a.Shared.DefaultOf(type) is { } expression)
        {
            var inside = a.Inside(a.Shared.ReadPath, null);
            sources = sources.Union(RelationColumns.Alone(expression, inside));
            a.Effects.Merge(inside.Effects, []);
        }
        a.Shared.CheckDomain(type, sources, a);
        // A generated column stays known by its expression, as a view does.
        if (!sources.IsEmpty)
            a.Effects.Write(WriteKind.NewColumn, default, $"{range.Text(Tree.RangeName)}.{definition.Text(Tree.ColumnDefName)}", sources);
    }

    static void Put(WriteTarget target, string? column, SourceSet sources)
    {
        if (!sources.IsEmpty)
            target.Write(column ?? "", sources);
    }

    /// <summary>CREATE INDEX looks at every row, and says so where it fails.</summary>
    public Outcome Index(TreeNode node)
    {
        Adds();
        var scope = new Scope(null, null);
        scope.Entries.Add(a.Ranges.Of(node.Child(Nodes.IndexRelation)));
        foreach (var element in node.Items(Nodes.IndexParams))
        {
            a.Expressions.Condition(element.Child(Nodes.IndexElemExpr), scope);
            if (element.Text(Tree.IndexElemName) is { } name)
                foreach (var column in scope.Entries[0].Columns)
                    if (column.Name == name)
                        a.Effects.Use(column.Value.Sources, ColumnUses.Named);
        }
        a.Expressions.Condition(node.Child(Nodes.IndexWhere), scope);
        new ServerRun(a).Made();
        return Outcome.None;
    }
}
