using WireProxy.Sql;
using WireProxy.Sql.Catalog;
using WireProxy.Sql.Postgres.Lineage;

namespace WireProxy.Relay.Postgres;

/// <summary>The names of relations and functions, without schemas, that a statement's meaning hangs on.</summary>
internal static class StatementNames
{
    /// <summary>Those that it says.</summary>
    public static IEnumerable<string> Of(StatementFacts facts) =>
        facts.Relations.Select(static one => one.Name).Concat(facts.Functions.Select(static one => one.Name));

    /// <summary>Those that it uses, be it through views, functions and triggers.</summary>
    public static IEnumerable<string> Of(StatementLineage lineage, CatalogSnapshot catalog) =>
        lineage.Relations.Select(id => catalog.Relation(id)?.Name ?? "").Concat(lineage.Functions.Select(static one => one.Name));
}
