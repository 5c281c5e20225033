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
    private static readonly ConditionalWeakTable<CatalogSnapshot, StrongBox<FrozenSet<string>>> s_ambiguous = [];

    /// <param name="plans">Null where the lineage is not known, or nothing is masked.</param>
    /// <param name="usesNames">The session's statements are judged by what they use.</param>
    public static Needs Of(ImmutableArray<StatementFacts> statements, StatementPlans? plans, CatalogSnapshot? catalog, bool usesNames)
    {
        NameClaim? claim = null, hold = null, against = null;
        CatalogChange? change = null;
        bool runsLater = false;
        for (int i = 0; i < statements.Length; i++)
        {
            StatementFacts facts = statements[i];
            StatementLineage? lineage = plans?.Statements[i];
            if (ChangeOf(facts, lineage) is { } made)
            {
                change = CatalogChange.Join(change, made);
                NameClaim known = Known(made.Claim, catalog);
                claim = NameClaim.Join(claim ?? NameClaim.Nobody, known);
                against = runsLater ? NameClaim.Join(against ?? NameClaim.Nobody, known) : null;
            }
            if (facts.Hold is not null)
                hold = NameClaim.Join(hold ?? NameClaim.Nobody, facts.Hold);
            runsLater |= lineage is { RunsLater: true } || (lineage is not null && KeepsRunning(facts, lineage));
        }
        NameUse? use = !usesNames || !statements.Any(StatementPlanner.DependsOnCatalog) ? null : plans?.UseOf(statements) ?? UseOf(statements);
        return use is null && claim is null && hold is null && change is null ? Needs.Nothing
            : new Needs(use, claim is { Reach: ChangeReach.Nobody } ? null : claim, hold, change, runsLater ? use : null)
            {
                IsAgainstItself = against is not null && use?.IsUnder(against) == true,
            };
    }

    /// <summary>A user's function may have other code by the time when a cursor's next rows are fetched.</summary>
    public static bool CallsUsers(StatementLineage lineage) => lineage.Functions.Any(static function => function.Id >= CatalogRoutine.FirstUserId);

    /// <summary>By what the statements name, where nothing more is known.</summary>
    private static NameUse UseOf(ImmutableArray<StatementFacts> statements) => new(
        statements.SelectMany(facts => facts.Relations.Select(one => one.Name).Concat(facts.Functions.Select(one => one.Name))), writes: true);

    private static bool KeepsRunning(StatementFacts facts, StatementLineage lineage) =>
        (facts.NameEffect == NameEffect.DeclareCursor || lineage.ChangesNames) && CallsUsers(lineage);

    private static CatalogChange? ChangeOf(StatementFacts facts, StatementLineage? lineage)
    {
        if (lineage is { IsStale: false })
            return lineage.ChangesInside ? CatalogChange.Everything : facts.Change ?? (lineage.ChangesCatalog ? CatalogChange.Everything : null);
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
