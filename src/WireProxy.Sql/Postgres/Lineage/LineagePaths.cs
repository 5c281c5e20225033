using System.Collections.Immutable;
using System.Text;
using WireProxy.Sql.Catalog;

namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>Tells people by what way a statement comes to a column. Slow, for messages alone: nothing is decided by it.</summary>
public static class LineagePaths
{
    /// <summary>The views and functions between a statement and a column that it uses, from what the statement names on:
    /// <c>view clinic.called</c>, <c>function clinic.tell</c>. Empty where it names the column's table itself, or the way cannot be told.</summary>
    public static ImmutableArray<string> Between(StatementLineage lineage, SourceColumn column, CatalogSnapshot catalog)
    {
        ArgumentNullException.ThrowIfNull(lineage);
        ArgumentNullException.ThrowIfNull(catalog);
        var path = new SearchPath(catalog.Definitions.ReadPath);
        var stations = Stations(lineage, catalog, path).Where(s => s.Lineage.ReachesEverything || s.Lineage.UsesOf(column) != ColumnUses.None).ToList();
        var way = ImmutableArray.CreateBuilder<string>();
        // From the outermost inwards: one that no other leads to, and so on among those that it leads to itself.
        for (var left = stations; Outermost(left) is { } next; left = [.. left.Where(s => s != next && next.LeadsTo(s))])
            way.Add(next.Name);
        return way.ToImmutable();
    }

    static Station? Outermost(List<Station> stations) =>
        stations.FirstOrDefault(s => !stations.Any(other => other != s && other.LeadsTo(s))) ?? stations.FirstOrDefault();

    static IEnumerable<Station> Stations(StatementLineage lineage, CatalogSnapshot catalog, SearchPath path)
    {
        foreach (var id in lineage.Relations)
            if (catalog.Relation(id) is { IsSystem: false, Kind: 'v' or 'm' } view)
                yield return new(id, false, $"{(view.Kind == 'v' ? "view" : "materialized view")} {view.Schema}.{view.Name}", OfView(view, catalog, path));
        foreach (var function in lineage.Functions)
            if (function.Id >= CatalogRoutine.FirstUserId)
                yield return new(function.Id, true, $"function {function.Schema}.{function.Name}", PostgresLineage.OfFunctionCall(function.Id, catalog, path));
    }

    static StatementLineage OfView(CatalogRelation view, CatalogSnapshot catalog, SearchPath path) => PostgresLineage.Resolve(
        Encoding.UTF8.GetBytes($"SELECT * FROM {Quoted(view.Schema)}.{Quoted(view.Name)}"), catalog, path).Statements[0];

    static string Quoted(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    sealed record Station(uint Id, bool IsFunction, string Name, StatementLineage Lineage)
    {
        public bool LeadsTo(Station other) => (other.IsFunction != IsFunction || other.Id != Id)
            && (other.IsFunction ? Lineage.Functions.Any(f => f.Id == other.Id) : Lineage.Relations.Contains(other.Id));
    }
}
