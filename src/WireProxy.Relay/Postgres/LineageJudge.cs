using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using WireProxy.Policy;
using WireProxy.Sql.Catalog;
using WireProxy.Sql.Postgres.Lineage;

namespace WireProxy.Relay.Postgres;

/// <summary>What the lineage of statements means for a subject from whom columns are protected. Immutable; holds for one catalog.</summary>
internal sealed class LineageJudge(Protection protection)
{
    private readonly ConditionalWeakTable<TextLineage, StatementPlans> _plans = [];

    public Protection Protection => protection;

    /// <summary>A text seen before costs a look-up.</summary>
    public StatementPlans PlansOf(TextLineage text) => _plans.TryGetValue(text, out StatementPlans? known) ? known : _plans.GetValue(text, one => new StatementPlans(one, this));

    /// <summary>The statement uses protected values anywhere: its errors may quote them.</summary>
    public bool Touches(StatementLineage lineage)
    {
        if (lineage.ReachesEverything || lineage.Shape == ResultShape.Unknown || protection.IsProtected(lineage.Messages))
            return true;
        foreach (ColumnUse use in lineage.Touched)
        {
            if (protection.IsProtected(use.Column))
                return true;
        }
        return false;
    }

    /// <summary>All that the statement may run is known, and none of it touches protected data.</summary>
    public bool IsHarmless(StatementLineage lineage) => !lineage.RunsUnseen && lineage.Shape != ResultShape.OfName && !Touches(lineage);

    /// <summary>Why the statement must not run although the rules allow it; null where it may.</summary>
    public Refusal? RefusalOf(StatementLineage lineage, string command, CompiledPolicy policy)
    {
        if (RefusalOfUnprotecting(lineage, command) is { } unprotecting)
            return unprotecting;
        if (protection.ProtectsNoColumn)
            return lineage.RunsProgram && !protection.ProtectsNothing ? Refusals.InServer(command, lineage) : null;
        if (Carrying(lineage) is { IsEmpty: false } carrying)
        {
            ValueWrite write = carrying.FirstOrDefault(static one => one.Kind == WriteKind.Anywhere) ?? carrying[0];
            return lineage.RunsProgram ? Refusals.InServer(command, lineage) : lineage.Missing is { } missing ? Refusals.Missing(command, missing) : write.Kind == WriteKind.Anywhere
                ? Refusals.Unknowable(command, lineage.Reasons.IsEmpty ? write.Name : lineage.Reasons[0])
                : Refusals.Copies(command, carrying, new Explanation(protection, lineage));
        }
        bool blocksPredicates = policy.Predicates == PredicateMode.Block;
        if (blocksPredicates && (lineage.ReachesEverything ? SourceSet.Everything : Deciding(lineage)) is { IsEmpty: false } deciding)
            return lineage.Missing is { } missing ? Refusals.Missing(command, missing) : Refusals.Predicate(command, deciding, new Explanation(protection, lineage));
        string? setting = policy.Derived == DerivedMode.Block ? "derived: block" : blocksPredicates ? "predicates: block" : null;
        return setting is not null && Computed(lineage) is { } computed
            ? Refusals.Derived(command, computed, setting, new Explanation(protection, lineage)) : null;
    }

    /// <summary>What it would put where nothing protects it. Nothing is allocated where there is none.</summary>
    private ImmutableArray<ValueWrite> Carrying(StatementLineage lineage)
    {
        ImmutableArray<ValueWrite> carrying = [];
        foreach (ValueWrite write in lineage.Writes)
        {
            if (protection.IsProtected(write.Sources) && !IsKept(write))
                carrying = carrying.Add(write);
        }
        return carrying;
    }

    /// <summary>Why a statement must not run behind changes that the catalog does not show yet. What was changed it does not use; but it may use what is
    /// new, so that not all of it need be understood.</summary>
    /// <param name="before">By the catalog as it was.</param>
    public Refusal? RefusalBehindChanges(StatementLineage before, string command, CompiledPolicy policy)
    {
        if (!before.ReachesEverything && before.Shape != ResultShape.Unknown && before.Missing is null)
            return RefusalOf(before, command, policy);
        if (protection.ProtectsNoColumn)
            return null;
        foreach (ValueWrite write in before.Writes)
        {
            if (!write.Sources.IsEverything && protection.IsProtected(write.Sources) && !IsKept(write))
                return Refusals.Copies(command, [write], new Explanation(protection, before));
        }
        foreach (CalledFunction function in before.Functions)
        {
            if (PostgresLineage.IsUsers(function, protection.Catalog))
                return Refusals.Unknowable(command, $"it runs {function.Schema}.{function.Name} together with what was changed before it, and that is not answered yet");
        }
        return null;
    }

    /// <summary>The protected columns that decide which rows there are.</summary>
    private SourceSet Deciding(StatementLineage lineage) => SourceSet.OfAll(
        lineage.Touched.Where(use => (use.Uses & ColumnUses.Predicate) != 0 && protection.IsProtected(use.Column)).Select(use => use.Column));

    /// <summary>An expression that fails for some values and not for others answers questions as a condition does, whatever becomes of its value; so
    /// does one that is NULL for some and is written into a masked column.</summary>
    private SourceSet? Computed(StatementLineage lineage) =>
        lineage.Columns.FirstOrDefault(column => column.Origin is null && protection.IsProtected(column.Sources))?.Sources
        ?? lineage.Writes.FirstOrDefault(write => write.Kind == WriteKind.Column && write.Plain is null && protection.IsProtected(write.Sources))?.Sources;

    /// <summary>Why the statement must not run for what it does to labels, comments and names, whoever sends it; null where it may.</summary>
    public Refusal? RefusalOfUnprotecting(StatementLineage lineage, string command)
    {
        foreach (Renaming renaming in lineage.Renamings)
        {
            if (protection.Names.RefusalOf(renaming) is { } reason)
                return Refusals.Renaming(command, renaming, reason);
        }
        foreach (LabelChange change in lineage.Labels)
        {
            if (protection.Labels.RefusalOf(change) is { } reason)
                return Refusals.Label(command, reason);
        }
        return null;
    }

    /// <summary>The mask of a result's column, or null where it is clear.</summary>
    /// <param name="stated">As the server describes it.</param>
    /// <param name="agrees">False where the server states another origin than the lineage has found: a defect of ours.</param>
    public Mask? MaskOf(ResultColumn stated, OutputColumn expected, Mask derived, out bool agrees)
    {
        agrees = true;
        if (stated.TableId == 0)
            return protection.IsProtected(expected.Sources) ? derived : null;
        // A table that the text itself has made holds nothing that is protected; which number it has nobody could know.
        if (expected.Origin is { Relation: StatementLineage.NewRelation } made)
        {
            agrees = made.Attribute == stated.AttributeNumber && stated.TableId >= CatalogRoutine.FirstUserId && protection.Catalog.Relation(stated.TableId) is null;
            return agrees && !protection.IsProtected(expected.Sources) ? null : derived;
        }
        if (expected.Origin is { Attribute: StatementLineage.NewColumn } added)
        {
            agrees = added.Relation == stated.TableId && protection.Catalog.Relation(stated.TableId) is { } grown && grown.AllColumns.All(column => column.Number < stated.AttributeNumber);
            return agrees && !protection.IsProtected(expected.Sources) ? null : derived;
        }
        agrees = expected.Origin is { } origin && origin.Relation == stated.TableId && origin.Attribute == stated.AttributeNumber;
        if (!agrees)
            return derived;
        if (protection.IsView(stated.TableId))
            return protection.MaskOfView(stated.TableId, stated.AttributeNumber, expected.Sources, stated.TypeId, derived);
        ColumnProtection found = protection.Find(stated.TableId, stated.AttributeNumber);
        return found.Kind switch
        {
            ProtectionKind.Masked => found.Mask,
            ProtectionKind.Unknown => derived,
            _ => protection.IsProtected(expected.Sources) ? derived : null,
        };
    }

    private bool IsKept(ValueWrite write) => write.Kind switch
    {
        // Its definition stays in the catalog, so that its columns are masked by what they are made of.
        WriteKind.NewView => true,
        // Part of a value, moved to where another part is shown, would come out piece by piece.
        WriteKind.Column or WriteKind.KeptRows => write.Target.Attribute > 0 && protection.Keeps(write.Target) && protection.Find(write.Target.Relation, write.Target.Attribute) is { IsMasked: true, Mask: var mask }
            && (mask.ShowsNothing || (write.Plain is { } plain && protection.MaskOf(plain, write.Sources) == mask)),
        _ => false,
    };
}
