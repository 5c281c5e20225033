using WireProxy.Sql;
using WireProxy.Sql.Postgres.Lineage;

namespace WireProxy.Relay.Postgres;

/// <summary>
/// Triggers and cursors that a transaction has left to its end. They run with what functions and views are by then, and a transaction may end without
/// a message that could be judged (Sync, the end of a text), so that the transaction changes nothing of the catalog meanwhile.
/// </summary>
internal sealed class PutOffWork(PostgresSession session)
{
    private bool _isPending;

    /// <summary>Why one of the statements must not run now; null where all may.</summary>
    public Refusal? RefusalOf(IReadOnlyList<StatementFacts> facts, StatementPlans? plans)
    {
        if (!session.Masks || session.Catalog is null || session.Protection is not { ProtectsNoColumn: false })
            return null;
        // Nothing is under way, and no transaction open.
        if (session.InFlight.Count == 0 && !session.ExchangeIsOpen && session.Status == Protocols.Postgres.TransactionStatus.Idle)
            _isPending = false;
        bool isPending = _isPending;
        for (int i = 0; i < facts.Count; i++)
        {
            StatementLineage? lineage = plans?.Statements[i];
            if (isPending && (facts[i].ChangesCatalog || lineage is { ChangesCatalog: true, IsStale: false }))
                return Refusals.PutOff(facts[i].Command);
            isPending |= PutsOff(facts[i], lineage);
        }
        return null;
    }

    /// <summary>The statements have passed.</summary>
    public void Passed(IReadOnlyList<StatementFacts> facts, StatementPlans? plans)
    {
        for (int i = 0; i < facts.Count && session.Masks; i++)
            _isPending |= PutsOff(facts[i], plans?.Statements[i]);
    }

    private bool PutsOff(StatementFacts facts, StatementLineage? lineage) => lineage is { IsStale: false }
        ? lineage.RunsLater
        : session.Catalog?.Definitions.HasDeferrable == true && facts.Classes.Contains(StatementClass.Write);
}
