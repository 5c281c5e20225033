using WireProxy.Sql;

namespace WireProxy.Policy.Tests;

/// <summary>Builds catalogs: relations get object identifiers from 20000 upwards in the order in which they are added.</summary>
internal sealed class TestCatalog
{
    private readonly List<CatalogRelation> relations = [];
    private readonly List<CatalogFunction> functions =
        [new CatalogFunction("pg_catalog", "now"), new CatalogFunction("pg_catalog", "count"), new CatalogFunction("pg_catalog", "query_to_xml")];

    /// <summary>A clinic: patients and visits, a shop with a table of its own called visits, and the system's statistics.</summary>
    public static TestCatalog Clinic() => new TestCatalog()
        .Table("clinic.patients", "id", "ssn", "full_name")
        .Table("clinic.visits", "id", "patient_id")
        .Table("shop.visits", "id", "page")
        .Table("pg_catalog.pg_class", "oid", "relname")
        .Table("pg_catalog.pg_stats", "tablename", "most_common_vals", "histogram_bounds")
        .Table("pg_catalog.pg_stat_activity", "pid", "query");

    public TestCatalog Table(string name, params string[] columns) => Add(name, columns, [], []);

    public TestCatalog Child(string name, string parent, params string[] columns) => Add(name, columns, [parent], []);

    public TestCatalog View(string name, string[] reads, params string[] columns) => Add(name, columns, [], reads);

    public TestCatalog Function(string name)
    {
        functions.Add(new CatalogFunction(name.Split('.')[0], name.Split('.')[1]));
        return this;
    }

    public uint Id(string name) => relations.Single(relation => $"{relation.Schema}.{relation.Name}" == name).Id;

    public CatalogSnapshot Build() => new([.. relations], [.. functions]);

    private TestCatalog Add(string name, string[] columns, string[] parents, string[] reads)
    {
        string[] parts = name.Split('.');
        relations.Add(new CatalogRelation(
            (uint)(20000 + relations.Count), parts[0], parts[1],
            [.. columns.Select((column, i) => new CatalogColumn((short)(i + 1), column.TrimEnd('!'), 25, column.EndsWith('!')))],
            [.. parents.Select(Id)], [.. reads.Select(Id)]));
        return this;
    }
}
