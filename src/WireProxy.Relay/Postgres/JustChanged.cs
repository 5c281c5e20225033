using System.Collections.Immutable;
using WireProxy.Policy;
using WireProxy.Sql;
using WireProxy.Sql.Catalog;
using WireProxy.Sql.Postgres.Lineage;

namespace WireProxy.Relay.Postgres;

/// <summary>What the session has just changed and nobody has read since, in the same text or ahead of the answers: what would carry values on by way of
/// it does not run. What only shows them is masked as a whole.</summary>
internal sealed class JustChanged(PostgresSession session)
{
    private bool _isTurned;

    /// <summary>Why one of the statements must not run now; null where all may.</summary>
    public Refusal? RefusalOf(ImmutableArray<StatementFacts> facts, StatementPlans? plans)
    {
        if (!session.Masks || session.Catalog is not { } catalog || session.Protection is not { ProtectsNoColumn: false })
            return null;
        // With nothing under way the catalog is read before anything is judged.
        _isTurned &= session.InFlight.Count > 0;
        NameClaim changed = NameClaim.Nobody;
        for (int i = 0; i < facts.Length; i++)
        {
            StatementLineage? lineage = plans?.Statements[i];
            if (lineage is null ? _isTurned && MayCarry(facts[i]) : lineage.MayCarry && IsConcerned(facts[i], lineage, changed, catalog))
                return Refusals.Unknowable(facts[i].Command, "what it uses may have been changed by what was sent with it or before it, and that is not answered yet");
            if (facts[i].ChangesCatalog || lineage is { Turns: true })
                changed = NameClaim.Join(changed, facts[i].Change is { Claim: { Cascades: false, Types.IsEmpty: true } claim } ? claim : NameClaim.Everybody);
        }
        return null;
    }

    /// <summary>The statements have passed.</summary>
    public void Passed(ImmutableArray<StatementFacts> facts, StatementPlans? plans)
    {
        for (int i = 0; i < facts.Length && session.Masks; i++)
            _isTurned |= plans?.Statements[i].Turns ?? facts[i].ChangesCatalog;
    }

    /// <summary>It puts values somewhere, or runs code that may.</summary>
    private bool MayCarry(StatementFacts facts) => facts.Classes.Contains(StatementClass.Write) || Protection.Places(facts)
        || facts.Command is "CREATE TABLE AS" or "SELECT INTO" or "CREATE MATERIALIZED VIEW" or "REFRESH MATERIALIZED VIEW" or "CALL" or "DO"
        || StatementEffects.RunsUnknownCode(facts, session.Catalog);

    /// <summary>It uses something that was changed, be it through views, functions and triggers as they were.</summary>
    private static bool IsConcerned(StatementFacts facts, StatementLineage lineage, NameClaim changed, CatalogSnapshot catalog) =>
        new NameUse([.. facts.Relations.Select(static one => one.Name), .. facts.Functions.Select(static one => one.Name),
            .. lineage.Relations.Select(id => catalog.Relation(id)?.Name ?? ""), .. lineage.Functions.Select(static one => one.Name)], writes: true).IsUnder(changed);
}
