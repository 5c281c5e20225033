using System.Text;
using WireProxy.Sql.Catalog;

namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>What runs because a relation is written to, without being named by the statement.</summary>
internal sealed class Firing(Analysis a)
{
    public void Fire(CatalogRelation relation, int on)
    {
        All(relation, on, isMove: false);
        // A row that goes to another partition is deleted in one and inserted into the other (ExecCrossPartitionUpdate).
        if (on != WriteTarget.Update || relation.Kind != 'p')
            return;
        All(relation, WriteTarget.Delete, isMove: true);
        All(relation, WriteTarget.Insert, isMove: true);
    }

    void All(CatalogRelation relation, int on, bool isMove)
    {
        One(relation, on, isMove);
        foreach (var child in a.Shared.Relations.Descendants(relation.Id))
            if (a.Catalog.Relation(child) is { } descendant)
                One(descendant, on, isMove);
    }

    /// <param name="isMove">What fires for a statement does not fire.</param>
    void One(CatalogRelation relation, int on, bool isMove)
    {
        a.Step();
        var definitions = a.Shared.Definitions;
        foreach (var trigger in definitions.Triggers.GetValueOrDefault(relation.Id, []))
            if (trigger.IsEnabled && (trigger.Events & on) != 0 && !(isMove && (trigger.Events & WriteTarget.ForEachRow) == 0))
                Trigger(trigger, relation);
        foreach (var rule in definitions.Rules.GetValueOrDefault(relation.Id, []))
            if (rule.Event == (on switch { WriteTarget.Insert => '3', WriteTarget.Update => '2', WriteTarget.Delete => '4', _ => '0' }))
                Rule(rule, relation);
        foreach (var key in definitions.Cascades)
            ForeignKey(key, relation, on);
        if (on is WriteTarget.Delete or WriteTarget.Truncate)
            return;
        Computed(relation);
        // A function of somebody's own sees what the statement has just put into the row.
        a.Effects.HasFired |= a.Effects.Functions.Any(f => f.Id >= CatalogRoutine.FirstUserId);
    }

    /// <summary>What the server computes of rows that it writes, builds anew or checks: a relation's, and its descendants'.</summary>
    public void Recompute(CatalogRelation relation)
    {
        Computed(relation);
        foreach (var child in a.Shared.Relations.Descendants(relation.Id))
            if (a.Catalog.Relation(child) is { } descendant)
                Computed(descendant);
    }

    /// <summary>For what functions in them do; what they compute of the row stays in it, or in an index, and is known by its expression.</summary>
    void Computed(CatalogRelation relation)
    {
        var definitions = a.Shared.Definitions;
        foreach (var check in definitions.Checks.GetValueOrDefault(relation.Id, []))
            a.Shared.Relations.Expressions(relation, check, a);
        foreach (var index in definitions.Indexes.GetValueOrDefault(relation.Id, []))
        {
            if (index.Expressions is not null)
                a.Shared.Relations.Expressions(relation, index.Expressions, a);
            if (index.Predicate is not null)
                a.Shared.Relations.Expressions(relation, index.Predicate, a);
        }
        foreach (var column in relation.Columns)
        {
            if (column.DomainId != 0)
                a.Shared.CheckDomain(column.DomainId, SourceSet.Of(new(relation.Id, column.Number)), a);
            if (!column.IsGenerated || !definitions.Generated.TryGetValue((relation.Id, column.Number), out var expression))
                continue;
            a.Shared.Relations.Expressions(relation, expression, a);
            // What a function reads elsewhere is kept, also when the function reads something else by then.
            if (a.Shared.Relations.Aside(relation, expression, a) is { IsEmpty: false } aside)
                a.Effects.Write(WriteKind.Column, new(relation.Id, column.Number), column.Name, aside);
        }
    }

    /// <summary>The other side is looked into; TRUNCATE ... CASCADE empties it.</summary>
    void ForeignKey(CatalogCascade key, CatalogRelation relation, int on)
    {
        if (key.Referring == relation.Id && on is WriteTarget.Insert or WriteTarget.Update && a.Catalog.Relation(key.Relation) is { } referred)
            a.Shared.Relations.Planned(referred, a);
        if (key.Relation != relation.Id || on == WriteTarget.Insert || a.Catalog.Relation(key.Referring) is not { } referring)
            return;
        a.Shared.Relations.Planned(referring, a);
        Cascade(key, referring, on switch { WriteTarget.Delete => key.OnDelete, WriteTarget.Update => key.OnUpdate, _ => 'c' }, on);
    }

    /// <param name="action">confdeltype or confupdtype: c deletes or updates, n and d update; the others do nothing.</param>
    void Cascade(CatalogCascade cascade, CatalogRelation referring, char action, int on)
    {
        if (action is not ('c' or 'n' or 'd'))
            return;
        for (var i = 0; i < Math.Min(cascade.Columns.Length, cascade.ReferringColumns.Length); i++)
        {
            var column = referring.Column(cascade.ReferringColumns[i]);
            var sources = action == 'd' && column is not null ? a.Shared.Relations.Default(referring, column, a)?.Sources ?? SourceSet.Empty
                : action == 'c' && on == WriteTarget.Update ? a.Effects.WrittenTo(new(cascade.Relation, cascade.Columns[i])) : SourceSet.Empty;
            if (!sources.IsEmpty)
                a.Effects.Write(WriteKind.Column, new(referring.Id, cascade.ReferringColumns[i]), column?.Name ?? referring.Name, sources);
        }
        var then = action == 'c' ? on : WriteTarget.Update;
        if (a.Running.Enter(referring.Id | ((ulong)then << 48)) is var mark && !mark.IsRecursion)
            Fire(referring, then);
        a.Running.Leave(mark);
    }

    public void Trigger(CatalogTrigger trigger, CatalogRelation relation)
    {
        if (a.Shared.Routine(trigger.Function) is not { } routine)
        {
            a.Effects.UnknownCode("the trigger " + trigger.Name);
            return;
        }
        a.Effects.HasFired = true;
        a.Effects.Call(new(routine.Id, routine.Schema, routine.Name));
        a.Effects.RunsLater |= trigger.IsDeferrable;
        var movesPath = a.Effects.MovesPath;
        Body(trigger, routine, relation);
        a.Effects.MovedInside(movesPath);
    }

    void Body(CatalogTrigger trigger, CatalogRoutine routine, CatalogRelation relation)
    {
        if (trigger.Definition is not { } definition)
        {
            Merge(a.Shared.Bodies.OfTrigger(routine, relation, [], a));
            return;
        }
        using var parsed = ParsedText.Of(Encoding.UTF8.GetBytes(definition));
        Merge(a.Shared.Bodies.OfTrigger(routine, relation, Transitions(parsed), a));
        var inside = Inside(relation);
        foreach (var raw in parsed.Statements)
            inside.Expressions.Condition(raw.Child(Tree.RawStmt).Child(Nodes.TriggerWhen), new(null, null));
        if (parsed.IsBroken)
            inside.Effects.UnknownCode("the condition of the trigger " + trigger.Name);
        a.Effects.Merge(inside.Effects, []);
    }

    void Merge(Effects body)
    {
        a.Effects.Merge(body, []);
        a.Effects.ChangesInside |= body.ChangesCatalog;
    }

    static List<string> Transitions(ParsedText trigger)
    {
        var names = new List<string>();
        foreach (var raw in trigger.Statements)
            foreach (var transition in raw.Child(Tree.RawStmt).Items(Nodes.TriggerTransitions))
                if (transition.Text(Nodes.TransitionName) is { } name)
                    names.Add(name);
        return names;
    }

    void Rule(CatalogRule rule, CatalogRelation relation)
    {
        a.Effects.HasFired = true;
        using var parsed = ParsedText.Of(Encoding.UTF8.GetBytes(rule.Definition));
        var inside = Inside(relation);
        if (parsed.IsBroken)
            inside.Effects.UnknownCode("a rule of " + relation.Name);
        foreach (var raw in parsed.Statements)
        {
            var node = raw.Child(Tree.RawStmt);
            inside.Expressions.Condition(node.Child(Nodes.RuleWhere), new(null, null));
            foreach (var action in node.Items(Nodes.RuleActions))
                inside.Effects.HasOtherResults |= new Statements(inside).Run(action).Shape != ResultShape.None;
        }
        a.Effects.Merge(inside.Effects, []);
    }

    /// <summary>NEW and OLD are rows of the relation.</summary>
    Analysis Inside(CatalogRelation relation) => a.Inside(a.Shared.ReadPath, Bodies.RowNames(relation, a, hasVariables: false));
}
