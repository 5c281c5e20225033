using WireProxy.Sql.Catalog;

namespace WireProxy.Policy.Tests;

/// <summary>Builds catalogs: relations get object identifiers from 20000 upwards in the order in which they are added.</summary>
internal sealed class TestCatalog
{
    private readonly List<CatalogRelation> relations = [];
    private readonly List<CatalogFunction> functions =
        [new(1, "pg_catalog", "now"), new(2, "pg_catalog", "count"), new(3, "pg_catalog", "query_to_xml")];

    private readonly List<string?[]> labels = [];

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
        functions.Add(new CatalogFunction((uint)(functions.Count + 1), name.Split('.')[0], name.Split('.')[1]));
        return this;
    }

    /// <param name="column">Its number, or 0 for the relation.</param>
    /// <param name="provider">Null for a comment.</param>
    public TestCatalog Label(string relation, short column, string? provider, string text)
    {
        string id = Id(relation).ToString();
        labels.Add(provider is null ? ["n", id, column.ToString(), text, null, null] : ["l", id, column.ToString(), text, provider, null]);
        return this;
    }

    public TestCatalog Label(LabelPlace place, string? schema, string? provider, string text)
    {
        labels.Add(["L", place == LabelPlace.Schema ? "2200" : "0", provider, text, schema, null]);
        return this;
    }

    public uint Id(string name) => relations.Single(relation => $"{relation.Schema}.{relation.Name}" == name).Id;

    public TestCatalog ViewOfUnknown(string name, params string[] columns)
    {
        Add(name, columns, [], []);
        relations[^1] = relations[^1] with { Reads = [77777] };
        return this;
    }

    public CatalogSnapshot Build(string database = "ward")
    {
        CatalogBuilder builder = new();
        builder.Add(["d", null, "150000", database, null, null]);
        foreach (CatalogRelation relation in relations)
        {
            string id = relation.Id.ToString();
            builder.Add(["r", id, relation.Kind.ToString(), relation.Schema, relation.Name, null]);
            foreach (CatalogColumn column in relation.Columns)
                builder.Add(["c", id, column.Number.ToString(), column.Name, column.TypeId.ToString(), column.IsGenerated ? "t" : "f"]);
            foreach (uint parent in relation.Parents)
                builder.Add(["p", id, parent.ToString(), null, null, null]);
            foreach (uint read in relation.Reads)
                builder.Add(["v", id, read.ToString(), null, null, null]);
        }
        foreach (CatalogFunction function in functions)
            builder.Add(["f", function.Id.ToString(), null, function.Schema, function.Name, null]);
        foreach (string?[] label in labels)
            builder.Add(label);
        return builder.Build(1);
    }

    private TestCatalog Add(string name, string[] columns, string[] parents, string[] reads)
    {
        string[] parts = name.Split('.');
        relations.Add(new CatalogRelation(
            (uint)(20000 + relations.Count), parts[0], parts[1], reads.Length > 0 ? 'v' : 'r',
            [.. columns.Select((column, i) => new CatalogColumn((short)(i + 1), column.TrimEnd('!'), 25, column.EndsWith('!')))],
            [.. parents.Select(Id)], [.. reads.Select(Id)]));
        return this;
    }
}
