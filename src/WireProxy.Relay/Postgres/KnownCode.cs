using System.Collections.Frozen;
using System.Collections.Immutable;
using WireProxy.Sql;

namespace WireProxy.Relay.Postgres;

/// <summary>All code that a message may run is known, and touches nothing protected: what that code says of itself (RAISE) can be told to the client.</summary>
/// <param name="Generation">The catalog by which it is known.</param>
/// <param name="Use">The names that it goes by; null for none.</param>
/// <param name="ChangesCatalog">What the transaction has put off may be other code behind it.</param>
/// <param name="EndsTransaction">It runs as well what earlier statements of the transaction have put off.</param>
internal sealed record KnownCode(int Generation, NameUse? Use, bool ChangesCatalog, bool EndsTransaction)
{
    /// <summary>Run what was put off, constraint triggers and cursors that are held, and nothing of their own.</summary>
    private static readonly FrozenSet<string> Enders = FrozenSet.Create("COMMIT", "PREPARE TRANSACTION", "SET CONSTRAINTS");

    /// <summary>Run no code whatever the catalog holds.</summary>
    private static readonly FrozenSet<string> Quiet = FrozenSet.Create(
        "BEGIN", "START TRANSACTION", "ROLLBACK", "SAVEPOINT", "RELEASE", "ROLLBACK TO SAVEPOINT", "SET", "RESET", "SHOW", "SET TRANSACTION",
        "LISTEN", "UNLISTEN", "NOTIFY", "DEALLOCATE", "DEALLOCATE ALL", "CLOSE CURSOR", "CLOSE CURSOR ALL", "LOCK TABLE");

    /// <summary>Null where something is not known, or touches.</summary>
    /// <param name="plans">Of the same statements; null where none was asked for, or none could be had.</param>
    public static KnownCode? Of(ImmutableArray<StatementFacts> statements, StatementPlans? plans, int generation)
    {
        bool ends = false, changes = false;
        for (int i = 0; i < statements.Length; i++)
        {
            StatementFacts facts = statements[i];
            if (Enders.Contains(facts.Command))
                ends = true;
            else if (!Quiet.Contains(facts.Command) && !(plans is null ? IsConstant(facts) : plans.Judge.IsHarmless(plans.Statements[i])))
                return null;
            changes |= plans?.Statements[i].ChangesCatalog == true;
        }
        return changes && statements.Length > 1 ? null : new KnownCode(generation, plans?.UseOf(statements), changes, ends);
    }

    /// <summary>Nobody has changed anything since then that it goes by. What the session itself has changed is for it to know.</summary>
    public bool IsSo(PostgresSession session) => Use is null || !session.View.News.Concerns(Use, Generation, session);

    private static bool IsConstant(StatementFacts facts) => facts.Command == "SELECT" && !StatementPlanner.DependsOnCatalog(facts);
}
