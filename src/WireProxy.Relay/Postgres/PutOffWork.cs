using System.Collections.Immutable;
using WireProxy.Policy;
using WireProxy.Sql;
using WireProxy.Sql.Catalog;
using WireProxy.Sql.Postgres.Lineage;

namespace WireProxy.Relay.Postgres;

/// <summary>
/// What a transaction has left to its end, and what it has changed and nobody has read since. Triggers and cursors that are put off run with what
/// functions and views are by then, and a transaction may end without a message that could be judged (Sync, the end of a text), so that it changes
/// nothing of the catalog meanwhile. What would carry on values by way of something that was just changed waits until the change is answered.
/// </summary>
internal sealed class PutOffWork(PostgresSession session)
{
    private bool _isPending;
    private bool _isTurned;

    /// <summary>Why one of the statements must not run now; null where all may.</summary>
    public Refusal? RefusalOf(ImmutableArray<StatementFacts> facts, StatementPlans? plans)
    {
        if (!session.Masks || session.Catalog is not { } catalog || session.Protection is not { ProtectsNoColumn: false })
            return null;
        // Nothing is under way: the catalog can be read.
        _isTurned &= session.InFlight.Count > 0;
        if (session.InFlight.Count == 0 && !session.ExchangeIsOpen && session.Status == Protocols.Postgres.TransactionStatus.Idle)
            _isPending = false;
        bool isPending = _isPending;
        NameClaim changed = NameClaim.Nobody;
        for (int i = 0; i < facts.Length; i++)
        {
            StatementLineage? lineage = plans?.Statements[i];
            if (isPending && (facts[i].ChangesCatalog || lineage is { ChangesCatalog: true, IsStale: false }))
                return Refusals.PutOff(facts[i].Command);
            if (lineage is null ? _isTurned && MayCarry(facts[i]) : lineage.MayCarry && IsConcerned(facts[i], lineage, changed, catalog))
                return Refusals.Unknowable(facts[i].Command, "what it uses may have been changed by what was sent with it or before it, and that is not answered yet");
            isPending |= PutsOff(facts[i], lineage);
            if (facts[i].ChangesCatalog || lineage is { Turns: true })
                changed = NameClaim.Join(changed, facts[i].Change is { Claim: { Cascades: false, Types.IsEmpty: true } claim } ? claim : NameClaim.Everybody);
        }
        return null;
    }

    /// <summary>The statements have passed.</summary>
    public void Passed(ImmutableArray<StatementFacts> facts, StatementPlans? plans)
    {
        for (int i = 0; i < facts.Length && session.Masks; i++)
        {
            StatementLineage? lineage = plans?.Statements[i];
            _isPending |= PutsOff(facts[i], lineage);
            _isTurned |= lineage is null ? facts[i].ChangesCatalog : lineage.Turns;
        }
    }

    private bool PutsOff(StatementFacts facts, StatementLineage? lineage) => lineage is { IsStale: false }
        ? lineage.RunsLater
        : session.Catalog?.Definitions.HasDeferrable == true && facts.Classes.Contains(StatementClass.Write);

    /// <summary>It puts values somewhere, or runs code that may.</summary>
    private bool MayCarry(StatementFacts facts) => facts.Classes.Contains(StatementClass.Write) || Protection.Places(facts)
        || facts.Command is "CREATE TABLE AS" or "SELECT INTO" or "CREATE MATERIALIZED VIEW" or "REFRESH MATERIALIZED VIEW" or "CALL" or "DO"
        || StatementEffects.RunsUnknownCode(facts, session.Catalog);

    /// <summary>It uses something that was changed, be it through views, functions and triggers as they were.</summary>
    private static bool IsConcerned(StatementFacts facts, StatementLineage lineage, NameClaim changed, CatalogSnapshot catalog) =>
        new NameUse([.. facts.Relations.Select(static one => one.Name), .. facts.Functions.Select(static one => one.Name),
            .. lineage.Relations.Select(id => catalog.Relation(id)?.Name ?? ""), .. lineage.Functions.Select(static one => one.Name)], writes: true).IsUnder(changed);
}
