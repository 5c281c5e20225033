using WireProxy.Sql.TransactSql.Lineage;

namespace WireProxy.Sql.Tests.TransactSql;

/// <summary>What the session brings to a batch, and what it takes from it.</summary>
public sealed class LineageContextTests
{
    static readonly SourceColumn s_ssn = new(103, 4);

    [Test]
    public void Temporary_tables_go_from_one_batch_to_the_next()
    {
        var first = TransactSqlLineage.Resolve("SELECT ssn AS a, zip AS b INTO #t FROM clinic.patients", Hospital.Catalog);
        var second = TransactSqlLineage.Resolve("INSERT #t (b) SELECT state FROM clinic.patients", Hospital.Catalog, tempTables: first.TempTables);
        var third = TransactSqlLineage.Resolve("SELECT a, b FROM #t", Hospital.Catalog, tempTables: second.TempTables).ResultSets.Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(third.Columns[0].Sources.Columns, Is.EqualTo([s_ssn]));
            Assert.That(third.Columns[1].Sources.Columns, Is.EqualTo([new SourceColumn(103, 9), new SourceColumn(103, 15)]));
        }
    }

    [Test]
    public void Unknown_code_may_fill_every_temporary_table()
    {
        var first = TransactSqlLineage.Resolve("SELECT zip INTO #t FROM clinic.patients; EXEC clinic.unheard_of", Hospital.Catalog);
        var second = TransactSqlLineage.Resolve("SELECT zip FROM #t", Hospital.Catalog, tempTables: first.TempTables);
        Assert.That(second.Union.IsEverything, Is.True);
    }

    [Test]
    public void A_column_added_to_a_temporary_table_may_be_computed_from_the_others()
    {
        var first = TransactSqlLineage.Resolve("SELECT ssn INTO #t FROM clinic.patients; ALTER TABLE #t ADD x AS (ssn + 'a')", Hospital.Catalog);
        var second = TransactSqlLineage.Resolve("SELECT x FROM #t", Hospital.Catalog, tempTables: first.TempTables);
        Assert.That(second.Union.Contains(s_ssn), Is.True);
    }

    [Test]
    public void In_another_database_no_name_is_known() =>
        Assert.That(TransactSqlLineage.Resolve("SELECT zip FROM clinic.patients", Hospital.Catalog, currentDatabase: "other").Union.IsEverything, Is.True);

    [TestCase("hosp"), TestCase("HOSP"), TestCase(null)]
    public void In_the_catalogs_database_names_are_known(string? database) =>
        Assert.That(TransactSqlLineage.Resolve("SELECT zip FROM clinic.patients", Hospital.Catalog, database).Union.IsEverything, Is.False);

    [TestCase("clinic", false), TestCase("dbo", true), TestCase(null, false)]
    public void The_default_schema_finds_names(string? schema, bool isEverything) =>
        Assert.That(TransactSqlLineage.Resolve("SELECT zip FROM patients", Hospital.Catalog, defaultSchema: schema).Union.IsEverything, Is.EqualTo(isEverything));

    [Test]
    public void Quotes_mean_what_the_session_says()
    {
        const string Sql = """SELECT "ssn" FROM clinic.patients""";
        using (Assert.EnterMultipleScope())
        {
            Assert.That(TransactSqlLineage.Resolve(Sql, Hospital.Catalog, quotedIdentifier: true).Union.Columns, Is.EqualTo([s_ssn]));
            Assert.That(TransactSqlLineage.Resolve(Sql, Hospital.Catalog, quotedIdentifier: false).Union.IsEmpty, Is.True);
        }
    }

    [Test]
    public void Conditions_are_told_apart_from_values()
    {
        var lineage = TransactSqlLineage.Resolve("SELECT zip FROM clinic.patients WHERE ssn = 'x' ORDER BY dob", Hospital.Catalog);
        var statement = lineage.Statements.Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(lineage.Union.Contains(s_ssn), Is.False);
            Assert.That(statement.Predicates.Columns, Is.EqualTo([s_ssn, new SourceColumn(103, 5)]));
            Assert.That(statement.Touched.Columns, Is.EqualTo([s_ssn, new SourceColumn(103, 5), new SourceColumn(103, 9)]));
            Assert.That(statement.Relations, Is.EqualTo([103u]));
        }
    }

    [TestCase("UPDATE clinic.patients SET state = 'x'"), TestCase("CREATE UNIQUE INDEX i ON clinic.patients (ssn)")]
    [TestCase("ALTER TABLE clinic.patients ALTER COLUMN ssn varchar(3)"), TestCase("SELECT CONVERT(int, ssn) FROM clinic.patients")]
    [TestCase("SELECT zip FROM clinic.patients WHERE CONVERT(int, ssn) = 1"), TestCase("SELECT dbo.shout(zip), clinic.patient_ssn(1) FROM clinic.patients")]
    [TestCase("DECLARE @x int; SELECT @x = ssn FROM clinic.patients")]
    public void An_error_may_quote_the_column(string sql) =>
        Assert.That(TransactSqlLineage.Resolve(sql, Hospital.Catalog).Errors.Contains(s_ssn), Is.True);

    [TestCase("UPDATE clinic.departments SET name = 'x'"), TestCase("SELECT name FROM clinic.departments")]
    public void An_error_quotes_nothing_of_other_tables(string sql) =>
        Assert.That(TransactSqlLineage.Resolve(sql, Hospital.Catalog).Errors.Contains(s_ssn), Is.False);

    [Test]
    public void A_procedure_called_by_name_tells_its_output_parameters()
    {
        var byPosition = TransactSqlLineage.ResolveCall("clinic.lookup_ssn", [(null, false), (null, true)], Hospital.Catalog);
        var byName = TransactSqlLineage.ResolveCall("[clinic].[lookup_ssn]", [("@out", true), ("@id", false)], Hospital.Catalog);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(byPosition.Variables["@p1"].Columns, Is.EqualTo([s_ssn]));
            Assert.That(byName.Variables["@out"].Columns, Is.EqualTo([s_ssn]));
            Assert.That(byPosition.ResultSets, Is.Empty);
        }
    }

    [TestCase("clinic.get_patient; DROP TABLE x"), TestCase("clinic.get_patient]; DROP TABLE x"), TestCase("nowhere"), TestCase(""), TestCase("a.b.c.d.e"), TestCase("clinic.get_patient;2")]
    public void A_procedure_that_is_not_known_may_do_anything(string name) =>
        Assert.That(TransactSqlLineage.ResolveCall(name, [("@a; DROP TABLE x", false)], Hospital.Catalog).Union.IsEverything, Is.True);

    [Test]
    public void A_system_procedure_is_not_the_users_of_the_same_name() =>
        Assert.That(TransactSqlLineage.Resolve("EXEC dbo.sp_who", Hospital.Catalog).ResultSets.Single().IsKnown, Is.False);

    [Test]
    public void The_callers_are_answered_alike_on_many_threads()
    {
        var entries = Corpus.Load<LineageEntry>(Path.Combine("TransactSql", "corpus", "lineage"));
        Parallel.For(0, 1_000, new() { MaxDegreeOfParallelism = 8 }, i =>
        {
            var entry = entries[i % entries.Count];
            Assert.That(LineageText.Of(TransactSqlLineage.Resolve(entry.Sql, Hospital.Catalog)), Is.EqualTo(entry.Says));
        });
    }
}
