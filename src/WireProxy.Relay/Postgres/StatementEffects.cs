using System.Collections.Frozen;
using System.Collections.Immutable;
using WireProxy.Sql;
using WireProxy.Sql.Catalog;
using WireProxy.Sql.Postgres.Lineage;

namespace WireProxy.Relay.Postgres;

/// <summary>What running a statement may change of what the gateway knows.</summary>
[Flags]
internal enum StatementEffect
{
    None = 0,
    /// <summary>How text is read, and what a name in it means.</summary>
    Settings = 1,
    /// <summary>Which statement or portal stands under a name.</summary>
    Names = 2,
    /// <summary>The catalog.</summary>
    Catalog = 4,
    /// <summary>It makes changes of the catalog visible to others, or takes them back.</summary>
    EndsChanges = 8,
    /// <summary>Code may run that the statement does not name, a trigger's above all, and change settings for what follows.</summary>
    Hidden = 16,

    /// <summary>The transaction ends with it, be there another one at once. ROLLBACK may go back to a savepoint only.</summary>
    EndsTransaction = 32,

    All = Settings | Names | Catalog | EndsChanges | Hidden,
}

/// <summary>Which statements leave alone what the gateway knows of a session: its settings, and what its names stand for.
/// Everything not listed may change both.</summary>
internal static class StatementEffects
{
    private static readonly FrozenSet<string> Harmless = FrozenSet.Create(
        "SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "COPY", "SHOW", "EXPLAIN", "LOCK TABLE", "LISTEN", "UNLISTEN", "NOTIFY", "FETCH",
        "MOVE", "EXECUTE", "BEGIN", "START TRANSACTION", "COMMIT", "SAVEPOINT", "RELEASE", "DECLARE CURSOR", "CLOSE CURSOR",
        "CLOSE CURSOR ALL", "CHECKPOINT", "VACUUM", "ANALYZE", "PREPARE", "DEALLOCATE", "DEALLOCATE ALL", "TRUNCATE");

    /// <summary>COMMIT and ROLLBACK end SET LOCAL and undo SET, tables and views are made and dropped, but none of these makes a new statement
    /// stand under a name.</summary>
    private static readonly FrozenSet<string> NameKeepers = FrozenSet.Create(
        "SET", "RESET", "ROLLBACK", "ROLLBACK TO SAVEPOINT", "SET CONSTRAINTS", "PREPARE TRANSACTION", "COMMIT PREPARED", "ROLLBACK PREPARED",
        "SELECT INTO", "COMMENT", "REINDEX", "CLUSTER", "REFRESH MATERIALIZED VIEW", "GRANT", "GRANT ROLE", "REVOKE", "REVOKE ROLE",
        "REASSIGN OWNED", "SECURITY LABEL");

    private static readonly string[] DefiningVerbs = ["CREATE ", "ALTER ", "DROP "];

    /// <summary>Within another statement, a DO block say, these are not followed name by name.</summary>
    private static readonly FrozenSet<string> NameMakers = FrozenSet.Create("PREPARE", "DEALLOCATE", "DEALLOCATE ALL", "DECLARE CURSOR", "DISCARD ALL");

    private static readonly FrozenSet<string> ChangeEnders = FrozenSet.Create(
        "COMMIT", "ROLLBACK", "ROLLBACK TO SAVEPOINT", "PREPARE TRANSACTION");

    /// <summary>Locks are given back with it, or may be: of the transaction, or of what came after a savepoint. EXECUTE runs whatever the protocol has
    /// prepared.</summary>
    public static bool EndsLocks(StatementFacts facts) => ChangeEnders.Contains(facts.Command) || facts.NameEffect == NameEffect.Execute;

    /// <param name="named">Of a name that the statement runs: what has been put under it does.</param>
    public static StatementEffect Of(StatementFacts facts, CatalogSnapshot? catalog, Func<StatementFacts, StatementEffect> named)
    {
        StatementEffect effects = StatementEffect.None;
        if (!KeepsSettings(facts, catalog))
            effects |= StatementEffect.Settings;
        if (!KeepsNames(facts, catalog))
            effects |= StatementEffect.Names;
        if (facts.ChangesCatalog || facts.Command is "COMMIT PREPARED" or "ROLLBACK PREPARED")
            effects |= StatementEffect.Catalog;
        if (ChangeEnders.Contains(facts.Command))
            effects |= StatementEffect.EndsChanges | (facts.Command == "COMMIT" ? StatementEffect.EndsTransaction : StatementEffect.None);
        if (facts.Classes.Contains(StatementClass.Write))
            effects |= StatementEffect.Hidden;
        return facts.NameEffect is NameEffect.Execute or NameEffect.FetchCursor ? effects | named(facts) : effects;
    }

    /// <summary>What a prepared statement means cannot have changed through a setting, nor how text is read.</summary>
    public static bool KeepsSettings(StatementFacts facts, CatalogSnapshot? catalog) =>
        IsHarmless(facts, catalog) && facts.Command is not "COMMIT" && !facts.Functions.Any(function => function.Name == "set_config");

    /// <summary>No prepared statement and no portal was made or dropped under a name by the statement.</summary>
    public static bool KeepsNames(StatementFacts facts, CatalogSnapshot? catalog) =>
        facts.NameEffect is NameEffect.None or NameEffect.FetchCursor or NameEffect.Execute &&
        (IsHarmless(facts, catalog) || (IsNameKeeper(facts.Command) && !facts.HasUnknownSql && !CallsUnknown(facts, catalog)));

    /// <summary>It names no statement or cursor by itself; what it calls may.</summary>
    public static bool IsQuery(StatementFacts facts) => facts.Command is "SELECT" or "INSERT" or "UPDATE" or "DELETE" or "MERGE" or "CALL" or "COPY" or "FUNCTION CALL";

    /// <summary>An extension's script may hold any statement.</summary>
    private static bool IsNameKeeper(string command) => NameKeepers.Contains(command) ||
        (DefiningVerbs.Any(verb => command.StartsWith(verb, StringComparison.Ordinal)) && !command.EndsWith(" EXTENSION", StringComparison.Ordinal));

    /// <summary>Code runs that nobody has read, and may prepare and drop what it likes.</summary>
    public static bool RunsUnknownCode(StatementFacts facts, CatalogSnapshot? catalog) =>
        facts.HasUnknownSql || CallsUnknown(facts, catalog) || facts.InnerCommands.Any(NameMakers.Contains);

    /// <summary>DDL inside a function, which no fact tells. Behind a statement that changes what names mean it is not known what a user's function does.</summary>
    public static bool ChangesCatalog(ImmutableArray<StatementFacts> facts, ImmutableArray<StatementLineage> lineages, CatalogSnapshot? catalog)
    {
        for (int i = 0; i < lineages.Length; i++)
        {
            if (lineages[i].ChangesCatalog && (!lineages[i].IsStale || RunsUnknownCode(facts[i], catalog)))
                return true;
        }
        return false;
    }

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
