using System.Collections.Frozen;
using System.Text;
using WireProxy.Sql.Catalog;

namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>Where the columns of relations come from: of a parent also its children's, of a view what its definition says, of a generated
/// column what it is computed from.</summary>
internal sealed class RelationColumns
{
    /// <summary>Beyond this many views inside one another nobody can tell.</summary>
    const int MaxDepth = 48;
    /// <summary>Above the OIDs, so that views and functions share one table.</summary>
    const ulong RelationBit = 1UL << 32, OnlyBit = 1UL << 33, DefaultBit = 1UL << 34, PlannedBit = 1UL << 37;

    static readonly string[] s_sequence = ["last_value", "log_cnt", "is_called"];

    readonly SnapshotLineage _shared;
    readonly FrozenDictionary<uint, uint[]> _children;

    public RelationColumns(SnapshotLineage shared)
    {
        _shared = shared;
        _children = shared.Catalog.Relations.SelectMany(r => r.Parents.Select(p => (Parent: p, Child: r.Id)))
            .GroupBy(p => p.Parent).ToFrozenDictionary(g => g.Key, g => g.Select(p => p.Child).ToArray());
    }

    /// <summary>What inherits from a relation at any distance.</summary>
    public IEnumerable<uint> Descendants(uint relation)
    {
        if (!_children.ContainsKey(relation))
            return [];
        var found = new List<uint> { relation };
        for (var i = 0; i < found.Count; i++)
            foreach (var child in _children.GetValueOrDefault(found[i], []))
                if (!found.Contains(child))
                    found.Add(child);
        return found.Skip(1);
    }

    /// <summary>Something that inherits from the relation has a column of the name.</summary>
    public bool IsBelow(uint relation, string column) =>
        Descendants(relation).Any(id => _shared.Catalog.Relation(id) is not { } child || child.AllColumns.Any(c => c.Name == column));

    /// <param name="inherits">False for ONLY.</param>
    public IReadOnlyList<Field> Columns(CatalogRelation relation, bool inherits, Analysis a)
    {
        var key = (relation.Id | RelationBit | (inherits ? 0 : OnlyBit), "");
        if (!_shared.Summaries.TryGetValue(key, out var summary))
        {
            a.Step(relation.AllColumns.Length + 1);
            var mark = a.Running.Enter(key.Item1);
            var inside = a.Inside(_shared.ReadPath, null);
            var fields = mark.IsRecursion || inside.Depth > MaxDepth ? Unknown(relation) : Make(relation, inherits, inside);
            summary = new(new Value(fields), inside.Effects);
            if (a.Running.Leave(mark))
                _shared.Keep(key, summary);
        }
        a.Effects.Merge(summary.Effects, []);
        return summary.Result.Row!;
    }

    static Field[] Unknown(CatalogRelation relation) => [.. relation.AllColumns.Select(c => new Field(c.Name, Column(new(relation.Id, c.Number), SourceSet.Everything, 0)))];

    IReadOnlyList<Field> Make(CatalogRelation relation, bool inherits, Analysis inside)
    {
        inside.Effects.Touch(relation.Id);
        if (relation.Kind == 'S')
            return [.. s_sequence.Select((n, i) =>
                new Field(n, Column(new(relation.Id, (short)(i + 1)), SourceSet.Empty, 0)))];
        if (relation.Kind == 'f')
        {
            // A program, or this database by another road, may do what it likes when it is read.
            inside.Effects.UnknownCode($"the foreign table {relation.Name} reads from outside");
            return [.. relation.Columns.Select(c => new Field(c.Name, Column(new(relation.Id, c.Number), SourceSet.Everything, _shared.UserType(c))))];
        }
        if (relation.IsSystem && relation.Reads.Any(r => r is 0 or >= CatalogRoutine.FirstUserId))
        {
            inside.Effects.Unknown($"the system's view {relation.Name} has been changed");
            return Unknown(relation);
        }
        var isView = relation.Kind is 'v' or 'm' && !relation.SystemColumns.Any();
        if (isView)
            return View(relation, inside);
        var fields = relation.AllColumns.Select(c => new Field(c.Name, Column(new(relation.Id, c.Number),
            inherits ? OfChildren(relation.Id, c.Name, inside) : SourceSet.Empty, _shared.UserType(c)))).ToArray();
        foreach (var policy in _shared.Definitions.Policies.GetValueOrDefault(relation.Id, []))
            inside.Effects.Use(Evaluate(policy, relation, fields, inside).Sources, ColumnUses.Predicate);
        for (var i = 0; i < fields.Length; i++)
            if (relation.Columns.Length == fields.Length && relation.Columns[i].IsGenerated)
                fields[i] = fields[i] with { Value = Generated(relation, relation.Columns[i], fields[i].Value, fields, inside) };
        return fields;
    }

    static Value Column(SourceColumn column, SourceSet more, uint type) => new(SourceSet.Of(column).Union(more)) { Origin = column, Type = type };

    SourceSet OfChildren(uint parent, string name, Analysis inside)
    {
        var sources = SourceSet.Empty;
        foreach (var id in _children.GetValueOrDefault(parent, []))
        {
            inside.Step();
            if (_shared.Catalog.Relation(id) is not { } child)
                return SourceSet.Everything;
            foreach (var column in Columns(child, inherits: true, inside))
                if (column.Name == name)
                    sources = sources.Union(column.Value.Sources);
        }
        return sources;
    }

    Value Generated(CatalogRelation relation, CatalogColumn column, Value own, Field[] fields, Analysis inside)
    {
        if (!_shared.Definitions.Generated.TryGetValue((relation.Id, column.Number), out var expression))
            return own.With(SourceSet.Everything);
        return own.With(Evaluate(expression, relation, fields, inside).Sources);
    }

    IReadOnlyList<Field> View(CatalogRelation relation, Analysis inside)
    {
        if (!_shared.Definitions.Views.TryGetValue(relation.Id, out var definition))
        {
            inside.Effects.UnknownCode("the view " + relation.Name + ", whose definition is not known");
            return Unknown(relation);
        }
        using var parsed = ParsedText.Of(Encoding.UTF8.GetBytes(definition));
        IReadOnlyList<Field>? made = null;
        foreach (var raw in parsed.Statements)
            made = inside.Queries.Of(raw.Child(Tree.RawStmt), null, null);
        if (made is null || made.Count != relation.Columns.Length)
        {
            inside.Effects.Unknown("the view " + relation.Name + ", whose definition is not understood");
            return Unknown(relation);
        }
        return [.. relation.Columns.Select((c, i) => new Field(c.Name,
            new Value(SourceSet.Of(new(relation.Id, c.Number)).Union(made[i].Value.Sources))
            { Origin = new(relation.Id, c.Number), Row = made[i].Value.Row, Type = made[i].Value.Type != 0 ? made[i].Value.Type : _shared.UserType(c) }))];
    }

    /// <summary>Expressions over the columns of a relation, as the catalog holds them, separated by commas.</summary>
    public Value Expressions(CatalogRelation relation, string expressions, Analysis a) =>
        Evaluate(expressions, relation, Columns(relation, inherits: false, a), a);

    /// <summary>The sources of an expression that has no row.</summary>
    public static SourceSet Alone(string expression, Analysis inside)
    {
        using var parsed = ParsedText.Of(Encoding.UTF8.GetBytes("SELECT " + expression));
        var sum = parsed.IsBroken ? SourceSet.Everything : SourceSet.Empty;
        foreach (var raw in parsed.Statements)
            foreach (var target in raw.Child(Tree.RawStmt).Items(Tree.SelectTargets))
                sum = sum.Union(inside.Expressions.Of(target.Child(Tree.TargetValue), new(null, null)).Sources);
        return sum;
    }

    /// <summary>What an expression has beside the columns of its own row: what functions in it read.</summary>
    public SourceSet Aside(CatalogRelation relation, string expression, Analysis a) => Evaluate(expression, relation,
        [.. relation.AllColumns.Select(c => new Field(c.Name, new Value(SourceSet.Empty) { Type = _shared.UserType(c) }))], a).Sources;

    /// <summary>Adds what the server may run while it only plans a query of the relation, or of those that inherit from it: functions of constants
    /// in checks, indexes, statistics and partition keys (src/backend/optimizer/util/plancat.c).</summary>
    public void Planned(CatalogRelation relation, Analysis a)
    {
        if (relation.IsSystem || relation.Kind == 'v')
            return;
        var key = (relation.Id | PlannedBit, "");
        if (!_shared.Summaries.TryGetValue(key, out var summary))
        {
            var mark = a.Running.Enter(key.Item1);
            var inside = a.Inside(_shared.ReadPath, null);
            // What recursion adds, the outer one has.
            if (!mark.IsRecursion)
            {
                Plan(relation, inside);
                foreach (var id in Descendants(relation.Id))
                    if (_shared.Catalog.Relation(id) is { } descendant)
                        Plan(descendant, inside);
            }
            summary = new(Value.Nothing, inside.Effects);
            if (a.Running.Leave(mark))
                _shared.Keep(key, summary);
        }
        a.Effects.Merge(summary.Effects, []);
    }

    void Plan(CatalogRelation relation, Analysis inside)
    {
        inside.Step();
        var definitions = _shared.Definitions;
        // What the columns hold does not matter here.
        Field[] fields = [.. relation.AllColumns.Select(c => new Field(c.Name, new Value(SourceSet.Empty) { Type = _shared.UserType(c) }))];
        foreach (var check in definitions.Checks.GetValueOrDefault(relation.Id, []))
            Evaluate(check, relation, fields, inside);
        foreach (var index in definitions.Indexes.GetValueOrDefault(relation.Id, []))
            foreach (var expression in new[] { index.Expressions, index.Predicate })
                if (expression is not null)
                    Evaluate(expression, relation, fields, inside);
        Measured(relation, fields, inside);
    }

    /// <summary>Runs the expressions of a relation's extended statistics.</summary>
    public void Measured(CatalogRelation relation, IReadOnlyList<Field> fields, Analysis a)
    {
        foreach (var definition in _shared.Definitions.Statistics.GetValueOrDefault(relation.Id, []))
        {
            var inside = a.Inside(_shared.ReadPath, null);
            using var parsed = ParsedText.Of(Encoding.UTF8.GetBytes(definition));
            var scope = new Scope(null, null);
            scope.Entries.Add(new() { Name = relation.Name, Schema = relation.Schema, Relation = relation.Id, Columns = fields });
            foreach (var raw in parsed.Statements)
                foreach (var element in raw.Child(Tree.RawStmt).Items(Nodes.StatisticsExprs))
                    inside.Expressions.Condition(element.Child(Nodes.StatsElemExpr), scope);
            if (parsed.IsBroken)
                inside.Effects.UnknownCode("statistics of " + relation.Name);
            a.Effects.Merge(inside.Effects, []);
        }
    }

    Value Evaluate(string expressions, CatalogRelation relation, IReadOnlyList<Field> fields, Analysis a)
    {
        var inside = a.Inside(_shared.ReadPath, null);
        using var parsed = ParsedText.Of(Encoding.UTF8.GetBytes("SELECT " + expressions));
        var scope = new Scope(null, null);
        scope.Entries.Add(new() { Name = relation.Name, Schema = relation.Schema, Relation = relation.Id, Columns = fields });
        var sum = parsed.IsBroken ? SourceSet.Everything : SourceSet.Empty;
        foreach (var raw in parsed.Statements)
            foreach (var target in raw.Child(Tree.RawStmt).Items(Tree.SelectTargets))
                sum = sum.Union(inside.Expressions.Of(target.Child(Tree.TargetValue), scope).Sources);
        if (parsed.IsBroken)
            inside.Effects.UnknownCode("an expression of " + relation.Name);
        a.Effects.Merge(inside.Effects, []);
        return new(sum);
    }

    /// <summary>What a column gets when nothing is given; null where that is nothing.</summary>
    public Value? Default(CatalogRelation relation, CatalogColumn column, Analysis a)
    {
        if (!_shared.Definitions.Defaults.TryGetValue((relation.Id, column.Number), out var expression))
            expression = _shared.DefaultOf(column.DomainId);
        if (expression is null)
            return null;
        var key = (relation.Id | DefaultBit | ((ulong)(ushort)column.Number << 40), "");
        if (!_shared.Summaries.TryGetValue(key, out var summary))
        {
            var mark = a.Running.Enter(key.Item1);
            var inside = a.Inside(_shared.ReadPath, null);
            var value = mark.IsRecursion ? Value.Anything : Evaluate(expression, relation, [], inside);
            summary = new(value, inside.Effects);
            if (a.Running.Leave(mark))
                _shared.Keep(key, summary);
        }
        a.Effects.Merge(summary.Effects, []);
        return summary.Result;
    }
}
