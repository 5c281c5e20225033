using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using WireProxy.Policy;
using WireProxy.Sql.Catalog;
using WireProxy.Sql.Postgres.Lineage;

namespace WireProxy.Relay.Postgres;

/// <summary>What the lineage of statements means for a subject from whom columns are protected. Immutable; holds for one catalog.</summary>
internal sealed class LineageJudge(Protection protection, CatalogSnapshot catalog)
{
    private readonly ConditionalWeakTable<TextLineage, StatementPlans> _plans = [];

    public Protection Protection => protection;

    /// <summary>A text seen before costs a look-up.</summary>
    public StatementPlans PlansOf(TextLineage text) => _plans.GetValue(text, known => new StatementPlans(known, this));

    /// <summary>Protected values may be among these.</summary>
    public bool IsProtected(SourceSet sources)
    {
        if (sources.IsEverything)
            return true;
        foreach (SourceColumn column in sources.Columns)
        {
            if (IsProtected(column))
                return true;
        }
        return false;
    }

    /// <summary>The statement uses protected values anywhere: its errors may quote them.</summary>
    public bool Touches(StatementLineage lineage)
    {
        if (lineage.ReachesEverything || lineage.Shape == ResultShape.Unknown || IsProtected(lineage.Messages))
            return true;
        foreach (ColumnUse use in lineage.Touched)
        {
            if (IsProtected(use.Column))
                return true;
        }
        return false;
    }

    /// <summary>Why the statement must not run although the rules allow it; null where it may.</summary>
    public Refusal? RefusalOf(StatementLineage lineage, string command, CompiledPolicy policy)
    {
        if (protection.ProtectsNoColumn)
            return null;
        foreach (ValueWrite write in lineage.Writes)
        {
            if (!IsProtected(write.Sources) || IsKept(write))
                continue;
            return lineage.MissingFunction is { } missing ? Refusals.MissingFunction(command, missing) : write.Kind == WriteKind.Anywhere
                ? Refusals.Unknowable(command, lineage.Reasons.IsEmpty ? write.Name : lineage.Reasons[0])
                : Refusals.Copies(command, write.Name);
        }
        bool blocksPredicates = policy.Predicates == PredicateMode.Block;
        if (blocksPredicates &&
            (lineage.ReachesEverything || lineage.Touched.Any(use => (use.Uses & ColumnUses.Predicate) != 0 && IsProtected(use.Column))))
        {
            return Refusals.Predicate(command);
        }
        if (!lineage.Columns.Any(column => column.Origin is null && IsProtected(column.Sources)))
            return null;
        // An expression that fails for some values and not for others answers questions as a condition does, whatever becomes of its value.
        return policy.Derived == DerivedMode.Block ? Refusals.Derived(command, "derived: block")
            : blocksPredicates ? Refusals.Derived(command, "predicates: block") : null;
    }

    /// <summary>The mask of a result's column, or null where it is clear.</summary>
    /// <param name="stated">As the server describes it.</param>
    /// <param name="agrees">False where the server states another origin than the lineage has found: a defect of ours.</param>
    public Mask? MaskOf(ResultColumn stated, OutputColumn expected, Mask derived, out bool agrees)
    {
        agrees = true;
        if (stated.TableId == 0)
            return IsProtected(expected.Sources) ? derived : null;
        agrees = expected.Origin is { } origin && origin.Relation == stated.TableId && origin.Attribute == stated.AttributeNumber;
        if (!agrees)
            return derived;
        if (IsView(stated.TableId))
            return protection.NamedMask(stated.TableId, stated.AttributeNumber) ?? OfView(stated, expected, derived);
        ColumnProtection found = protection.Find(stated.TableId, stated.AttributeNumber);
        return found.Kind switch
        {
            ProtectionKind.Masked => found.Mask,
            ProtectionKind.Unknown => derived,
            _ => IsProtected(expected.Sources) ? derived : null,
        };
    }

    /// <summary>A view's column that is one protected column as it is has that column's mask.</summary>
    private Mask? OfView(ResultColumn stated, OutputColumn expected, Mask derived)
    {
        if (!IsProtected(expected.Sources))
            return null;
        ImmutableArray<SourceColumn> columns = [.. expected.Sources.Columns.Where(column => !IsView(column.Relation))];
        return !expected.Sources.IsEverything && columns is [var only] && protection.Find(only.Relation, only.Attribute) is { IsMasked: true } found
            && catalog.Relation(only.Relation)?.Column(only.Attribute)?.TypeId == stated.TypeId ? found.Mask : derived;
    }

    private bool IsProtected(SourceColumn column) => IsView(column.Relation)
        ? protection.NamedMask(column.Relation, column.Attribute) is not null
        : protection.Find(column.Relation, column.Attribute).Kind != ProtectionKind.Clear;

    /// <summary>A view is what its definition says, which stands beside it in the sources; the system's are known by a list instead. A materialized
    /// view is not among them: the very order of its rows may tell what they were grouped by.</summary>
    private bool IsView(uint relation) => catalog.Relation(relation) is { Kind: 'v', IsSystem: false };

    private bool IsKept(ValueWrite write) => write.Kind switch
    {
        // Its definition stays in the catalog, so that its columns are masked by what they are made of.
        WriteKind.NewView => true,
        WriteKind.Column => write.Target.Attribute > 0 && protection.Find(write.Target.Relation, write.Target.Attribute).IsMasked,
        _ => false,
    };
}
