using System.Collections.Immutable;
using WireProxy.Policy;
using WireProxy.Sql;
using WireProxy.Sql.Catalog;
using WireProxy.Sql.Postgres.Lineage;

namespace WireProxy.Relay.Postgres;

/// <summary>
/// What the session has changed and nobody has read since, because it is not answered yet. What would carry on values by way of something of it waits
/// until it is.
/// </summary>
internal sealed class UnansweredChanges(PostgresSession session)
{
    private bool _isTurned;

    /// <summary>Why one of the statements must not run now; null where all may.</summary>
    public Refusal? RefusalOf(ImmutableArray<StatementFacts> facts, StatementPlans? plans)
    {
        if (!session.Masks || session.Catalog is not { } catalog || session.Protection is not { ProtectsNoColumn: false })
            return null;
        // Nothing is under way: the catalog can be read.
        _isTurned &= session.InFlight.Count > 0;
        NameClaim changed = NameClaim.Nobody;
        for (int i = 0; i < facts.Length; i++)
        {
            StatementLineage? lineage = plans?.Statements[i];
            if (lineage is null ? _isTurned && MayCarry(facts[i]) : lineage.MayCarry && IsConcerned(facts[i], lineage, changed, catalog))
                return Refusals.Unknowable(facts[i].Command, "what it uses may have been changed by what was sent with it or before it, and that is not answered yet");
            // A rollback takes back what was changed, and where nothing was, nothing.
            if (IsRollback(facts[i]) && changed.Reach == ChangeReach.Nobody && !session.View.MayHaveOpenChanges)
                continue;
            if (facts[i].ChangesCatalog || facts[i].Change is { MovesPath: true } || lineage is { Turns: true })
                changed = NameClaim.Join(changed, IsNewTable(facts[i], catalog) ? NameClaim.Nobody : Turned(facts[i].Change));
        }
        return null;
    }

    /// <summary>The statements have passed.</summary>
    public void Passed(ImmutableArray<StatementFacts> facts, StatementPlans? plans)
    {
        for (int i = 0; i < facts.Length && session.Masks; i++)
            _isTurned |= plans is null ? facts[i].ChangesCatalog
                : plans.Statements[i].Turns && (!IsRollback(facts[i]) || _isTurned || session.View.MayHaveOpenChanges);
    }

    private static bool IsRollback(StatementFacts facts) => facts.Command is "ROLLBACK" or "ROLLBACK TO SAVEPOINT";

    /// <summary>A table with columns of its own and nothing that would run when it is written to. What is put into it, or read out of it, is judged by
    /// the other names of the statement that does so.</summary>
    private static bool IsNewTable(StatementFacts facts, CatalogSnapshot catalog) =>
        facts.Change is { MovesPath: false, Claim: { Cascades: false, Types.IsEmpty: true, Names.Length: <= 1 } claim, OwnNames: var own }
        // One that hides another is not new to the code that means that one.
        && claim.Names.Concat(own).All(name => catalog.RelationsNamed(name).IsEmpty) && (facts.Command is "CREATE TABLE AS" or "SELECT INTO"
            || (facts is { Command: "CREATE TABLE", UsesOperatorsOrTypes: false, Functions.IsEmpty: true, Relations.Length: 1 }
                && catalog.Definitions.Types.Values.All(static type => type.Checks.IsEmpty && type.Default is null)));

    /// <summary>The names that stand for something else after a change, temporary objects' included.</summary>
    private static NameClaim Turned(CatalogChange? change) => change is { MovesPath: false, Claim: { Cascades: false, Types.IsEmpty: true } claim }
        ? NameClaim.Join(claim, change.OwnNames.IsEmpty ? NameClaim.Nobody : new NameClaim(ChangeReach.Users, change.OwnNames)) : NameClaim.Everybody;

    /// <summary>It puts values somewhere, or runs code that may.</summary>
    private bool MayCarry(StatementFacts facts) => facts.Classes.Contains(StatementClass.Write) || Protection.Places(facts)
        || facts.Command is "CREATE TABLE AS" or "SELECT INTO" or "CREATE MATERIALIZED VIEW" or "REFRESH MATERIALIZED VIEW" or "CALL" or "DO"
        || StatementEffects.RunsUnknownCode(facts, session.Catalog);

    /// <summary>It uses something that was changed, be it through views, functions and triggers as they were.</summary>
    private static bool IsConcerned(StatementFacts facts, StatementLineage lineage, NameClaim changed, CatalogSnapshot catalog) =>
        new NameUse([.. StatementNames.Of(facts), .. StatementNames.Of(lineage, catalog)], writes: true).IsUnder(changed);
}
