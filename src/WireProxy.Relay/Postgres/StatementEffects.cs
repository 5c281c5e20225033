using System.Collections.Frozen;
using WireProxy.Sql;
using WireProxy.Sql.Catalog;

namespace WireProxy.Relay.Postgres;

/// <summary>What running something may change of what the gateway knows of its session.</summary>
/// <param name="OnCatalog">Relations, columns, functions.</param>
/// <param name="OnNames">Which statement a name of a prepared statement or cursor stands for.</param>
/// <param name="OnSettings">What names mean: search_path and its like.</param>
internal readonly record struct Effects(bool OnCatalog, bool OnNames, bool OnSettings)
{
    public static Effects All { get; } = new(true, true, true);

    public bool AreNone => this == default;

    public Effects With(Effects other) => new(OnCatalog | other.OnCatalog, OnNames | other.OnNames, OnSettings | other.OnSettings);
}

/// <summary>Which statements leave alone what the gateway knows of a session: its settings, and what its names stand for.
/// Everything not listed may change both.</summary>
internal static class StatementEffects
{
    private static readonly FrozenSet<string> Harmless = FrozenSet.Create(
        "SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "COPY", "SHOW", "EXPLAIN", "LOCK TABLE", "LISTEN", "UNLISTEN", "NOTIFY", "FETCH",
        "MOVE", "EXECUTE", "BEGIN", "START TRANSACTION", "COMMIT", "SAVEPOINT", "RELEASE", "DECLARE CURSOR", "CLOSE CURSOR",
        "CLOSE CURSOR ALL", "CHECKPOINT", "VACUUM", "ANALYZE", "PREPARE", "DEALLOCATE", "DEALLOCATE ALL", "TRUNCATE");

    /// <summary>COMMIT and ROLLBACK end SET LOCAL and undo SET, and tables are made and dropped, but none of these makes a new statement stand under a name.</summary>
    private static readonly FrozenSet<string> NameKeepers = FrozenSet.Create(
        "SET", "RESET", "ROLLBACK", "ROLLBACK TO SAVEPOINT", "SET CONSTRAINTS", "CREATE TABLE", "CREATE TABLE AS", "SELECT INTO", "DROP TABLE",
        "CREATE INDEX", "DROP INDEX", "CREATE VIEW", "DROP VIEW", "CREATE SEQUENCE", "DROP SEQUENCE", "COMMENT", "GRANT", "REVOKE");

    public static Effects Of(StatementFacts facts, CatalogSnapshot? catalog) =>
        new(facts.ChangesCatalog, !KeepsNames(facts, catalog), !KeepsSettings(facts, catalog));

    /// <summary>The name that the statement is told to put something under is all that it changes: no code runs that nobody has read.</summary>
    public static bool NamesOnly(StatementFacts facts) =>
        facts.NameEffect is NameEffect.Prepare or NameEffect.DeclareCursor or NameEffect.Deallocate or NameEffect.CloseCursor;

    /// <summary>What a prepared statement means cannot have changed through a setting, nor how text is read.</summary>
    public static bool KeepsSettings(StatementFacts facts, CatalogSnapshot? catalog) =>
        IsHarmless(facts, catalog) && facts.Command is not "COMMIT" && !facts.Functions.Any(function => function.Name == "set_config");

    /// <summary>No prepared statement and no portal was made or dropped under a name by the statement.</summary>
    public static bool KeepsNames(StatementFacts facts, CatalogSnapshot? catalog) =>
        facts.NameEffect is NameEffect.None or NameEffect.FetchCursor or NameEffect.Execute &&
        (IsHarmless(facts, catalog) || (NameKeepers.Contains(facts.Command) && !facts.HasUnknownSql && !CallsUnknown(facts, catalog)));

    private static bool IsHarmless(StatementFacts facts, CatalogSnapshot? catalog) =>
        Harmless.Contains(facts.Command) && !facts.HasUnknownSql && !CallsUnknown(facts, catalog);

    /// <summary>A function that is not one of the system's, nor an extension's in C, may do anything that SQL can.</summary>
    private static bool CallsUnknown(StatementFacts facts, CatalogSnapshot? catalog)
    {
        foreach (FunctionReference function in facts.Functions)
        {
            bool isSystem = function.Schema is "pg_catalog" or "information_schema" ||
                (function.Schema is null && catalog?.IsSystemFunction(function.Name) == true);
            if (!isSystem && catalog?.IsNativeFunction(function.Name) != true)
                return true;
        }
        return false;
    }
}
