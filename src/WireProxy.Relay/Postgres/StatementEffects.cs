using System.Collections.Frozen;
using WireProxy.Sql;
using WireProxy.Sql.Catalog;

namespace WireProxy.Relay.Postgres;

/// <summary>Which statements leave alone what the gateway knows of a session: its settings, and what its names stand for.
/// Everything not listed may change both.</summary>
internal static class StatementEffects
{
    private static readonly FrozenSet<string> Harmless = FrozenSet.Create(
        "SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "COPY", "SHOW", "EXPLAIN", "LOCK TABLE", "LISTEN", "UNLISTEN", "NOTIFY", "FETCH",
        "MOVE", "EXECUTE", "BEGIN", "START TRANSACTION", "COMMIT", "SAVEPOINT", "RELEASE", "DECLARE CURSOR", "CLOSE CURSOR",
        "CLOSE CURSOR ALL", "CHECKPOINT", "VACUUM", "ANALYZE", "PREPARE", "DEALLOCATE", "DEALLOCATE ALL", "TRUNCATE");

    /// <summary>COMMIT and ROLLBACK end SET LOCAL and undo SET, but neither makes a new statement stand under a name.</summary>
    private static readonly FrozenSet<string> NameKeepers = FrozenSet.Create(
        "SET", "RESET", "ROLLBACK", "ROLLBACK TO SAVEPOINT", "SET CONSTRAINTS");

    /// <summary>What a prepared statement means cannot have changed through a setting, nor how text is read.</summary>
    public static bool KeepsSettings(StatementFacts facts, CatalogSnapshot? catalog) =>
        IsHarmless(facts, catalog) && facts.Command is not "COMMIT" && !facts.Functions.Any(function => function.Name == "set_config");

    /// <summary>No prepared statement and no portal was made or dropped under a name by the statement.</summary>
    public static bool KeepsNames(StatementFacts facts, CatalogSnapshot? catalog) =>
        facts.NameEffect is NameEffect.None or NameEffect.FetchCursor or NameEffect.Execute &&
        (IsHarmless(facts, catalog) || (NameKeepers.Contains(facts.Command) && !facts.HasUnknownSql));

    private static bool IsHarmless(StatementFacts facts, CatalogSnapshot? catalog) =>
        Harmless.Contains(facts.Command) && !facts.HasUnknownSql && !CallsUnknown(facts, catalog);

    /// <summary>A function that is not one of the system's may do anything that SQL can.</summary>
    private static bool CallsUnknown(StatementFacts facts, CatalogSnapshot? catalog)
    {
        foreach (FunctionReference function in facts.Functions)
        {
            bool isSystem = function.Schema is "pg_catalog" or "information_schema" ||
                (function.Schema is null && catalog?.IsSystemFunction(function.Name) == true);
            if (!isSystem)
                return true;
        }
        return false;
    }
}
