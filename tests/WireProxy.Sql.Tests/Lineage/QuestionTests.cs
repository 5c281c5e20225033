using WireProxy.Sql.Postgres.Lineage;

namespace WireProxy.Sql.Tests.Lineage;

/// <summary>Statements whose outcome tells whether a guessed value is there, although they have no WHERE.</summary>
public sealed class QuestionTests : LineageFixture
{
    [TestCase("INSERT INTO h.pad (id, a) VALUES (7, 'x')", "pad.id")]
    [TestCase("UPDATE h.pad SET id = 9", "pad.id")]
    [TestCase("COPY h.pad (id) FROM STDIN", "pad.id")]
    [TestCase("CREATE TABLE h.fk (p int REFERENCES h.pad)", "pad.id")]
    [TestCase("CREATE TABLE h.fk (p int, FOREIGN KEY (p) REFERENCES h.pad (id))", "pad.id")]
    [TestCase("ALTER TABLE h.log ADD FOREIGN KEY (id) REFERENCES h.pad (id)", "pad.id")]
    [TestCase("ALTER TABLE h.log ADD COLUMN p int REFERENCES h.pad", "pad.id")]
    [TestCase("CREATE STATISTICS h.s ON (unit = 'x'), id FROM h.doctors", "doctors.unit")]
    [TestCase("ALTER DOMAIN h.code ADD CHECK (VALUE <> 'x')", "patients.ssn vips.ssn")]
    [TestCase("CREATE TRIGGER t BEFORE UPDATE ON h.doctors FOR EACH ROW WHEN (OLD.unit = 'x') EXECUTE FUNCTION suppress_redundant_updates_trigger()", "doctors.unit")]
    [TestCase("CREATE POLICY p ON h.pad USING (EXISTS (SELECT FROM h.doctors WHERE unit = 'x'))", "doctors.unit")]
    [TestCase("CREATE POLICY p ON h.pad WITH CHECK (pad.b = 'x')", "pad.b")]
    [TestCase("ALTER POLICY p ON h.doctors USING (unit = 'x')", "doctors.unit")]
    [TestCase("SELECT count(*) FROM h.doctors d, generate_series(1, length(d.unit)) g", "doctors.unit")]
    [TestCase("SELECT count(*) FROM h.patients p, unnest(p.tags) t", "patients.tags")]
    public void What_tells_of_a_column_counts_as_a_condition_on_it(string sql, string expected)
    {
        var lineage = Server.One(sql);

        // Triggers and defaults may have conditions of their own.
        Assert.That(Conditions(lineage), Is.SupersetOf(expected.Split(' ')), string.Join("; ", lineage.Reasons));
    }

    [TestCase("INSERT INTO h.visits (id, reason) VALUES (1, 'x')")]
    [TestCase("UPDATE h.visits SET reason = 'x'")]
    [TestCase("CREATE TABLE h.plain (p int)")]
    public void What_tells_nothing_counts_as_no_condition(string sql) => Assert.That(Conditions(Server.One(sql)), Is.Empty);

    string[] Conditions(StatementLineage lineage) =>
        [.. lineage.Touched.Where(use => (use.Uses & ColumnUses.Predicate) != 0).Select(use => Server.NameOf(use.Column))];
}
