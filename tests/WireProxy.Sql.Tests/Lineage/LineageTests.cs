using WireProxy.Sql.Postgres.Lineage;

namespace WireProxy.Sql.Tests.Lineage;

/// <summary>Lineage of statements that were thought up rather than generated. What is expected stands as relation.column in the order of
/// the alphabet, columns separated by bars.</summary>
public sealed class LineageTests : LineageFixture
{
    [TestCaseSource(typeof(LineageCases), nameof(LineageCases.Columns))]
    public async Task Columns_come_from(string sql, string expected)
    {
        var lineage = Server.One(sql);
        Assert.That(string.Join("|", lineage.Columns.Select(c => Words(c.Sources))), Is.EqualTo(expected), string.Join("; ", lineage.Reasons));
        var answer = await Server.RunAsync($"BEGIN; {sql}; ROLLBACK");
        if (answer.Columns is null)
            return;
        using (Assert.EnterMultipleScope())
            for (var i = 0; i < answer.Columns.Count; i++)
            {
                var (name, table, number) = answer.Columns[i];
                Assert.That(lineage.Columns[i].Name ?? name, Is.EqualTo(name));
                if (table != 0)
                    Assert.That(lineage.Columns[i].Origin, Is.EqualTo(new SourceColumn(table, number)), name);
            }
    }

    /// <summary>Of the system's own views, which are read where they stand, the view's column counts.</summary>
    string Words(SourceSet sources) => sources.IsEverything ? "everything" : Server.Words(sources) is { Length: > 0 } words ? words
        : string.Join(" ", sources.Columns.Where(c => Server.Catalog.Relation(c.Relation)!.IsSystem)
            .Select(c => $"{Server.Catalog.Relation(c.Relation)!.Name}.{Server.Catalog.Relation(c.Relation)!.AllColumns.Single(x => x.Number == c.Attribute).Name}"));

    [TestCase("CREATE TABLE x AS SELECT unit AS u FROM h.doctors", "NewColumn x.u doctors.unit")]
    [TestCase("SELECT unit INTO TEMP y FROM h.doctors", "NewColumn y.unit doctors.unit")]
    [TestCase("CREATE MATERIALIZED VIEW m AS SELECT unit FROM h.doctors", "NewView m.unit doctors.unit")]
    [TestCase("CREATE VIEW v AS SELECT unit FROM h.doctors", "")]
    [TestCase("COPY (SELECT unit FROM h.doctors) TO '/x.csv'", "File a file of the server doctors.unit")]
    [TestCase("SELECT set_config('a.b', (SELECT unit FROM h.doctors LIMIT 1), false)", "State set_config doctors.unit")]
    [TestCase("SELECT pg_notify('a', unit) FROM h.doctors", "State pg_notify doctors.unit")]
    [TestCase("SELECT upper(unit) FROM h.doctors", "")]
    [TestCase("ALTER TABLE h.pad ALTER COLUMN c TYPE text USING a", "Column c pad.a")]
    [TestCase("ALTER TABLE h.pad ADD COLUMN d text DEFAULT h.ssn_of(1)", "NewColumn pad.d patients.ssn vips.ssn")]
    [TestCase("DO $$ BEGIN EXECUTE 'x' || (SELECT unit FROM h.doctors LIMIT 1); END $$",
        "Anywhere SQL that the block puts together everything; Statement EXECUTE doctors.unit")]
    [TestCase("DO $$ DECLARE v text; BEGIN SELECT unit INTO v FROM h.doctors; UPDATE h.pad SET a = v; END $$",
        "Column a doctors.unit; Column c doctors.unit pad.a; Column what doctors.unit pad.a pad.b; Column who patients.ssn vips.ssn; State nextval")]
    public void Values_go_to(string sql, string expected) => Assert.That(
        string.Join("; ", Server.One(sql).Writes.Select(w => $"{w.Kind} {w.Name} {Words(w.Sources)}").Where(w => !w.StartsWith("State nextval", StringComparison.Ordinal)).Order(StringComparer.Ordinal)),
        Is.EqualTo(expected.Replace("; State nextval", "", StringComparison.Ordinal)));

    [TestCase("SELECT id FROM ONLY h.patients WHERE ssn = 'x'", "patients.ssn")]
    [TestCase("SELECT count(*) FROM ONLY h.patients GROUP BY ssn", "patients.ssn")]
    [TestCase("SELECT id FROM ONLY h.patients ORDER BY lower(ssn)", "patients.ssn")]
    [TestCase("SELECT id, ssn AS s FROM ONLY h.patients ORDER BY s", "patients.ssn")]
    [TestCase("SELECT 1 FROM (SELECT ssn FROM ONLY h.patients INTERSECT SELECT 'x') q", "patients.ssn")]
    [TestCase("SELECT DISTINCT ssn FROM ONLY h.patients", "patients.ssn")]
    [TestCase("SELECT 1 LIMIT (SELECT count(*) FROM ONLY h.patients WHERE ssn = 'x')", "patients.ssn")]
    [TestCase("SELECT row_number() OVER (PARTITION BY ssn) FROM ONLY h.patients", "patients.ssn")]
    [TestCase("SELECT a.id FROM ONLY h.patients a JOIN (VALUES ('x')) v (ssn) USING (ssn)", "patients.ssn")]
    [TestCase("UPDATE h.pad SET a = 'x' WHERE b LIKE 'y%'", "pad.b")]
    [TestCase("INSERT INTO h.pad VALUES (1) ON CONFLICT DO NOTHING", "pad.id")]
    [TestCase("SELECT array_agg(id ORDER BY ssn) FROM ONLY h.patients", "patients.ssn")]
    public void Rows_depend_on(string sql, string expected) => Assert.That(
        string.Join(" ", Server.One(sql).Touched.Where(t => (t.Uses & ColumnUses.Predicate) != 0).Select(t => Server.NameOf(t.Column)).Order()),
        Does.Contain(expected));

    [Test]
    public void What_the_text_changes_before_is_not_known_after()
    {
        var lineage = Server.Resolve("ALTER TABLE h.doctors RENAME unit TO zz; SELECT full_name FROM h.doctors; SELECT 1");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(lineage.Statements[1].ReachesEverything, Is.True);
            Assert.That(lineage.Statements[1].Shape, Is.EqualTo(ResultShape.Unknown));
            Assert.That(lineage.Statements[2].Columns.Single().Sources.IsEmpty, Is.True);
        }
    }

    [TestCase("CREATE VIEW h.v AS SELECT 1 AS a")]
    [TestCase("DROP TABLE IF EXISTS h.nothing CASCADE")]
    [TestCase("CREATE RULE r AS ON INSERT TO h.pad DO INSTEAD NOTHING")]
    [TestCase("CREATE POLICY p ON h.pad USING (a = 'x')")]
    [TestCase("ALTER SEQUENCE h.log_id_seq RESTART")]
    [TestCase("ALTER FUNCTION h.ssn_of(int) OWNER TO postgres")]
    [TestCase("GRANT SELECT ON h.pad TO postgres")]
    [TestCase("CREATE TABLE h.made (a int)")]
    [TestCase("ALTER TYPE h.contact ADD ATTRIBUTE fax text")]
    public void Plain_changes_of_the_catalog_are_understood(string sql)
    {
        var lineage = Server.One(sql);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(lineage.Reasons, Is.Empty);
            Assert.That(lineage.ReachesEverything, Is.False);
            Assert.That(lineage.ChangesCatalog, Is.True);
        }
    }

    [TestCase("SET search_path = \"$user\", h", true)]
    [TestCase("SELECT set_config('search_path', 'h', false)", true)]
    [TestCase("DO $$ BEGIN SET search_path = h; END $$", true)]
    [TestCase("EXECUTE p", true)]
    [TestCase("FETCH c", true)]
    [TestCase("ROLLBACK", true)]
    [TestCase("CALL nothing()", true)]
    [TestCase("DROP TABLE h.pad CASCADE", true)]
    [TestCase("DROP TABLE h.doctors", true)]
    [TestCase("CREATE VIEW h.v AS SELECT 1 AS a", true)]
    [TestCase("SET search_path = h", false)]
    [TestCase("DROP TABLE h.pad", false)]
    [TestCase("ALTER TABLE h.pad ADD COLUMN more int", false)]
    [TestCase("BEGIN", false)]
    [TestCase("SET work_mem = '1MB'", false)]
    [TestCase("SELECT h.ssn_of(1)", false)]
    [TestCase("UPDATE h.doctors SET unit = 'x'", false)]
    public void What_comes_next_may_mean_something_else(string first, bool expected) =>
        Assert.That(Server.Resolve(first + "; SELECT full_name FROM h.doctors").Statements[1].ReachesEverything, Is.EqualTo(expected));

    [TestCase("SELECT * FROM h.nothing")]
    [TestCase("SELECT nothing FROM h.doctors")]
    [TestCase("SELECT h.nothing(1)")]
    [TestCase("DO LANGUAGE plpython3u $$ x $$")]
    [TestCase("SELECT dblink_nothing('x')")]
    [TestCase("this is no SQL")]
    public void What_is_not_known_reaches_everything(string sql) => Assert.That(Server.One(sql).ReachesEverything, Is.True);

    [Test]
    public void A_prepared_statement_shows_its_arguments()
    {
        var prepared = Server.One("PREPARE p AS SELECT $1 || unit, $2::text FROM h.doctors");
        var execute = Server.One("EXECUTE p ('x', (SELECT full_name FROM h.doctors LIMIT 1))");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(execute.OfName, Is.EqualTo("p"));
            Assert.That(prepared.ColumnsWith(execute.Arguments).Select(c => Server.Words(c.Sources)), Is.EqualTo(["doctors.unit", "doctors.full_name"]));
        }
    }
}
