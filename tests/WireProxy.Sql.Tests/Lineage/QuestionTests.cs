using WireProxy.Sql.Postgres.Lineage;
using WireProxy.TestKit;

namespace WireProxy.Sql.Tests.Lineage;

/// <summary>Statements whose outcome tells whether a guessed value is there, although they have no WHERE.</summary>
[Category("Server")]
public sealed class QuestionTests
{
    LineageServer _server = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        try
        {
            _server = await LineageServer.StartAsync();
        }
        catch (UnavailableException reason)
        {
            Assert.Ignore(reason.Message);
        }
    }

    [OneTimeTearDown]
    public async Task Stop() => await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);

    [TestCase("INSERT INTO h.pad (id, a) VALUES (7, 'x')", "pad.id")]
    [TestCase("INSERT INTO h.log (what) VALUES ('x')", "patients.id vips.id")] // By the default, which calls a function.
    [TestCase("UPDATE h.pad SET id = 9", "pad.id patients.id vips.id")] // By the trigger's row in the log.
    [TestCase("COPY h.pad (id) FROM STDIN", "pad.id")]
    [TestCase("CREATE TABLE h.fk (p int REFERENCES h.pad)", "pad.id")]
    [TestCase("CREATE TABLE h.fk (p int, FOREIGN KEY (p) REFERENCES h.pad (id))", "pad.id")]
    [TestCase("ALTER TABLE h.log ADD FOREIGN KEY (id) REFERENCES h.pad (id)", "pad.id")]
    [TestCase("ALTER TABLE h.log ADD COLUMN p int REFERENCES h.pad", "pad.id")]
    [TestCase("CREATE STATISTICS h.s ON (unit = 'x'), id FROM h.doctors", "doctors.unit")]
    [TestCase("ALTER DOMAIN h.code ADD CHECK (VALUE <> 'x')", "m_summary.tag patients.ssn vips.ssn")]
    public void What_tells_of_a_column_counts_as_a_condition_on_it(string sql, string expected)
    {
        var lineage = _server.One(sql);

        Assert.That(string.Join(" ", lineage.Touched.Where(use => (use.Uses & ColumnUses.Predicate) != 0).Select(use => _server.NameOf(use.Column))
            .Order(StringComparer.Ordinal)), Is.EqualTo(expected), string.Join("; ", lineage.Reasons));
    }
}
