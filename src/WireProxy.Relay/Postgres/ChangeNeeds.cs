using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using WireProxy.Sql;
using WireProxy.Sql.Catalog;
using WireProxy.Sql.Postgres.Lineage;

namespace WireProxy.Relay.Postgres;

/// <summary>Works out what statements need to themselves, from what they say and from their lineage.</summary>
internal static class ChangeNeeds
{
    /// <summary>A function sets the search path or the role.</summary>
    private static readonly CatalogChange s_moves = CatalogChange.Nothing with { MovesPath = true };
    /// <summary>Commands that happen as a whole or not at all, in whatever text.</summary>
    private static readonly FrozenSet<string> s_wholes = new[]
    {
        "ALTER TABLE", "CREATE TABLE", "DROP TABLE", "LOCK TABLE", "TRUNCATE", "ALTER VIEW", "DROP VIEW", "DROP MATERIALIZED VIEW", "DROP TRIGGER", "DROP POLICY",
        "DROP RULE", "DROP INDEX", "COMMENT", "GRANT", "REVOKE",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>The same of those that keep expressions and run none of them.</summary>
    private static readonly FrozenSet<string> s_codeKeepers =
        new[] { "CREATE VIEW", "CREATE TRIGGER", "CREATE POLICY", "ALTER POLICY", "CREATE RULE" }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly ConditionalWeakTable<CatalogSnapshot, StrongBox<FrozenSet<string>>> s_ambiguous = [];

    /// <param name="plans">Null where the lineage is not known, or nothing is masked.</param>
    /// <param name="usesNames">The session's statements are judged by what they use.</param>
    public static Needs Of(ImmutableArray<StatementFacts> statements, StatementPlans? plans, CatalogSnapshot? catalog, bool usesNames)
    {
        NameClaim? hold = null;
        CatalogChange? change = null, afterwards = null;
        bool runsLater = false, isKnown = true;
        for (int i = 0; i < statements.Length; i++)
        {
            StatementFacts facts = statements[i];
            StatementLineage? lineage = plans?.Statements[i] is { IsStale: false } certain ? certain : null;
            if (ChangeOf(facts, lineage) is { } made)
            {
                made = made with { Claim = Known(made.Claim, catalog) };
                change = CatalogChange.Join(change, made);
                afterwards = runsLater ? CatalogChange.Join(afterwards, made) : null;
            }
            if (facts.Hold is not null)
                hold = NameClaim.Join(hold ?? NameClaim.Nobody, facts.Hold);
            // Where the lineage is not known, neither are the triggers.
            bool mayRunLater = lineage is null ? catalog?.Definitions.HasDeferrable == true && facts.Classes.Contains(StatementClass.Write)
                : lineage.RunsLater || KeepsRunning(facts, lineage);
            runsLater |= mayRunLater;
            isKnown &= !mayRunLater || lineage is not null;
        }
        NameUse? use = !usesNames || !statements.Any(StatementPlanner.DependsOnCatalog) ? null : plans?.UseOf(statements) ?? UseOf(statements);
        if (use is null && hold is null && change is null)
            return Needs.Nothing;
        NameUse? later = !runsLater || use is null ? null : isKnown ? use : NameUse.All;
        return new Needs(use, change?.Claim is { Reach: > ChangeReach.Nobody } claim ? claim : null, hold, change, later)
        {
            IsAgainstItself = later is not null && afterwards?.IsAgainst(later) == true,
            IsWhole = IsWhole(statements, plans, catalog),
            IsPlainRead = statements.All(one => !StatementPlanner.DependsOnCatalog(one) || (StatementPlanner.IsRead(one) && !StatementEffects.RunsUnknownCode(one, catalog))),
            ReleasesAmid = statements.Length > 1 && statements.Any(StatementEffects.EndsLocks),
        };
    }

    /// <summary>It fails as a whole where it fails: nothing in it catches the failure and goes on, as PL/pgSQL may.</summary>
    private static bool IsWhole(ImmutableArray<StatementFacts> statements, StatementPlans? plans, CatalogSnapshot? catalog)
    {
        if (catalog?.Definitions is not { EventTriggers.IsEmpty: true } known)
            return false;
        for (int i = 0; i < statements.Length; i++)
        {
            StatementFacts facts = statements[i];
            StatementLineage? lineage = plans?.Statements[i];
            bool keepsCode = s_codeKeepers.Contains(facts.Command);
            if ((!keepsCode && !s_wholes.Contains(facts.Command)) || lineage is { IsStale: true } or { ChangesInside: true })
                return false;
            bool mayCatch = lineage is not null ? lineage.Functions.Any(one => MayCatch(known.Routines.GetValueOrDefault(one.Id), one.Id))
                : !facts.Functions.IsEmpty && known.Routines.Values.Any(one => MayCatch(one, one.Id) && facts.Functions.Any(called => called.Name == one.Name));
            // Without a lineage nobody knows what triggers run, nor what was done before in the same text.
            if ((!keepsCode && mayCatch) || (lineage is null && (statements.Length > 1 || facts.Command == "TRUNCATE")))
                return false;
        }
        return true;
    }

    private static bool MayCatch(CatalogRoutine? function, uint id) => id >= CatalogRoutine.FirstUserId && function is not { Language: 'i' or 'c' or 's' };

    /// <summary>A user's function may have other code by the time when a cursor's next rows are fetched.</summary>
    public static bool CallsUsers(StatementLineage lineage) => lineage.Functions.Any(static function => function.Id >= CatalogRoutine.FirstUserId);

    /// <summary>By what the statements name, where nothing more is known.</summary>
    private static NameUse UseOf(ImmutableArray<StatementFacts> statements) => new(statements.SelectMany(StatementNames.Of), writes: true);

    private static bool KeepsRunning(StatementFacts facts, StatementLineage lineage) =>
        (facts.NameEffect == NameEffect.DeclareCursor || lineage.ChangesNames) && CallsUsers(lineage);

    private static CatalogChange? ChangeOf(StatementFacts facts, StatementLineage? lineage)
    {
        if (lineage is not null)
        {
            return lineage.ChangesInside ? CatalogChange.Everything : facts.Change ?? (lineage.ChangesCatalog ? CatalogChange.Everything
                : lineage.ChangesMeaning && StatementEffects.IsQuery(facts) ? s_moves : null);
        }
        // What a procedure does that is called by somebody from whom nothing is protected is not looked into.
        return facts.Change ?? (facts.ChangesCatalog ? new CatalogChange(NameClaim.Nobody, ChangeReach.Everybody, []) : null);
    }

    /// <summary>What it says without names, in names of this catalog.</summary>
    private static NameClaim Known(NameClaim claim, CatalogSnapshot? catalog)
    {
        if (catalog is null || (!claim.Cascades && claim.Types.IsEmpty))
            return claim;
        if (claim.Types.Any(name => catalog.Definitions.Types.Values.Any(type => type.Name == name) || !catalog.RelationsNamed(name).IsEmpty))
            return NameClaim.Everybody;
        return claim.Cascades ? claim with { Names = [.. claim.Names.Union(Ambiguous(catalog))] } : claim;
    }

    /// <summary>Names that stand for several things, so that where one goes another is found.</summary>
    private static FrozenSet<string> Ambiguous(CatalogSnapshot catalog) => s_ambiguous.GetValue(catalog, static all => new(
        all.Relations.Where(static one => !one.IsSystem).GroupBy(static one => one.Name).Where(static same => same.Skip(1).Any()).Select(static same => same.Key)
            .Concat(all.AddedFunctions.GroupBy(static one => one.Name).Where(static same => same.Skip(1).Any()).Select(static same => same.Key))
            .ToFrozenSet(StringComparer.Ordinal))).Value!;
}
