using WireProxy.Sql.Catalog;
using WireProxy.Sql.TransactSql;

namespace WireProxy.Sql.Tests.TransactSql;

public sealed class SqlServerCatalogTests
{
    [TestCase(SqlServerCatalogQuery.Text, "SELECT IF IF"), TestCase(SqlServerCatalogQuery.CoreText, "SELECT")]
    public void The_catalog_query_reads_system_views_alone(string text, string commands)
    {
        var statements = new TransactSqlAnalyzer().Analyze(text).Statements;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(statements.Select(facts => facts.Command), Is.EqualTo(commands.Split(' ')));
            Assert.That(statements.SelectMany(facts => facts.Classes).Distinct(), Is.EqualTo([StatementClass.Read]));
            Assert.That(statements.SelectMany(facts => facts.Relations).Select(r => r.Schema).Distinct(), Is.EqualTo(["sys"]));
            Assert.That(statements.Any(facts => facts.HasUnknownSql || facts.ChangesCatalog), Is.False);
        }
    }

    [Test]
    public void The_catalog_query_has_the_columns_that_it_says()
    {
        foreach (var lineage in Sql.TransactSql.Lineage.TransactSqlLineage.Resolve(SqlServerCatalogQuery.Text, Hospital.Catalog).ResultSets)
        {
            Assert.That(lineage.Columns.Select(c => c.Name), Is.EqualTo(["kind", "id", "a", "b", "c", "d"]));
            Assert.That(lineage.All.IsEmpty, Is.True);
        }
    }

    [Test]
    public void Classifications_and_properties_are_read()
    {
        var catalog = Hospital.Read(Hospital.Rows.Append(["k", "103", "4", "Confidential", "National ID", "30"]).Append(["k", "103", "9", "Public", null, null])
            .Append(["n", "103", "3", "wireproxy", null, "keep_last=4"]).Append(["n", "103", "5", "MS_Description", null, "born [wireproxy: year]"]));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(catalog.SqlServer!.Classifications[(103, 4)], Is.EqualTo(new SqlServerClassification("Confidential", "National ID", 30)));
            Assert.That(catalog.SqlServer.Classifications[(103, 9)], Is.EqualTo(new SqlServerClassification("Public", null, null)));
            Assert.That(catalog.Definitions.Labels.Select(l => (l.Relation, l.Column, l.Provider, l.Text)), Is.EqualTo(
                [(103u, (short)3, "wireproxy", "keep_last=4"), (103u, (short)5, (string?)null, "born [wireproxy: year]")]));
        }
    }

    [Test]
    public void The_rows_make_a_snapshot()
    {
        var catalog = Hospital.Catalog;
        var objects = catalog.SqlServer!;
        using (Assert.EnterMultipleScope())
        {
            Assert.That((catalog.Database, catalog.ServerVersion), Is.EqualTo(("hosp", 16)));
            Assert.That(catalog.Relation("clinic", "patients")!.Columns, Has.Length.EqualTo(20));
            Assert.That(catalog.Relation("clinic", "v_patient_public")!.Reads, Is.EqualTo([103u]));
            Assert.That(catalog.IsUserFunction("clinic", "patient_ssn"), Is.True);
            Assert.That(objects.Relation("CLINIC", "PATIENTS")!.Id, Is.EqualTo(103));
            Assert.That(objects.Synonym("dbo", "People")!.Target, Is.EqualTo("[hosp].[clinic].[patients]"));
            Assert.That(objects.Triggers(110).Single().Name, Is.EqualTo("tg_log"));
            Assert.That(objects.Computed(108, 3), Is.EqualTo("(upper([holder]))"));
            Assert.That(objects.IsNotInserted(107, 1) && objects.IsNotInserted(108, 4) && !objects.IsNotInserted(107, 2), Is.True);
            Assert.That(objects.HistoryOf(109), Is.EqualTo(103));
            Assert.That(objects.TableType("dbo", "names")!.Columns.Single().Name, Is.EqualTo("name"));
        }
    }

    [Test]
    public void Object_ids_below_zero_are_read() =>
        Assert.That(Hospital.Read([["d", null, "16", "hosp", null, null], ["r", "-5", "r", "dbo", "t", null]]).Relation(unchecked((uint)-5))!.Name, Is.EqualTo("t"));

    [Test]
    public void Names_that_differ_in_case_alone_are_told_apart_by_their_spelling()
    {
        var objects = Hospital.Read([["d", null, "16", "hosp", null, null], ["r", "1", "r", "dbo", "T", null], ["r", "2", "r", "dbo", "t", null]]).SqlServer!;
        Assert.That((objects.Relation("dbo", "T")!.Id, objects.Relation("dbo", "t")!.Id), Is.EqualTo((1u, 2u)));
    }

    static IEnumerable<string?[]> BadRows =>
    [
        ["z", "1", null, null, null, null], ["r", "x", "r", "dbo", "t", null], ["r", "1", "r", null, "t", null], ["c", "1", "99999", "a", "1", null],
        ["d", null, "16", null, null, null], ["d"],
    ];

    [TestCaseSource(nameof(BadRows))]
    public void A_row_of_another_query_is_an_error(string?[] row) => Assert.That(() => new SqlServerCatalogBuilder().Add(row), Throws.TypeOf<FormatException>());

    [Test]
    public void An_answer_without_the_database_is_not_whole() =>
        Assert.That(() => new SqlServerCatalogBuilder().Build(1), Throws.TypeOf<FormatException>());
}
