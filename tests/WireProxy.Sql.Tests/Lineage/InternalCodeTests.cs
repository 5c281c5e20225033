namespace WireProxy.Sql.Tests.Lineage;

/// <summary>PostgreSQL's own code under another name, and as a trigger.</summary>
public sealed class InternalCodeTests() : LineageFixture(Objects)
{
    const string Objects = """
        CREATE FUNCTION h.same(int, int) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'int4eq';
        CREATE FUNCTION h.louder(text) RETURNS text LANGUAGE internal IMMUTABLE STRICT AS 'upper';
        CREATE FUNCTION h.tells(text, text) RETURNS void LANGUAGE internal IMMUTABLE STRICT AS 'pg_notify';
        CREATE FUNCTION h.sets(text, text, boolean) RETURNS text LANGUAGE internal IMMUTABLE STRICT AS 'set_config_by_name';
        CREATE FUNCTION h.runs(text, boolean, boolean, text) RETURNS xml LANGUAGE internal IMMUTABLE STRICT AS 'query_to_xml';
        CREATE FUNCTION h.reads(text) RETURNS text LANGUAGE internal IMMUTABLE STRICT AS 'pg_read_file_all';
        CREATE TABLE h.found (title text, body text, words tsvector);
        CREATE TRIGGER indexes BEFORE INSERT OR UPDATE ON h.found FOR EACH ROW EXECUTE FUNCTION tsvector_update_trigger(words, 'pg_catalog.simple', body);
        CREATE TRIGGER quiet BEFORE UPDATE ON h.found FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
        """;

    [TestCase("SELECT h.same(1, 2)", "")]
    [TestCase("SELECT h.louder(unit) FROM h.doctors", "doctors.unit")]
    public void What_it_gives_is_made_of_what_it_is_given(string sql, string sources)
    {
        var lineage = Server.One(sql);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(lineage.ReachesEverything, Is.False);
            Assert.That(Server.Words(lineage.Columns[0].Sources), Is.EqualTo(sources));
        }
    }

    [Test]
    public void What_keeps_its_argument_keeps_it_under_any_name_and_label() =>
        Assert.That(Server.One("SELECT h.tells('c', unit) FROM h.doctors").Writes.Single().Sources.Contains(Server.Column("doctors.unit")), Is.True);

    [TestCase("SELECT h.sets('a.b', unit, false) FROM h.doctors")]
    [TestCase("SELECT h.reads('x')")]
    [TestCase("SELECT h.runs('SELECT ' || 'unit FROM h.doctors', true, false, '')")]
    public void What_reads_or_runs_by_itself_reaches_everything(string sql) => Assert.That(Server.One(sql).ReachesEverything, Is.True);

    [Test]
    public void What_runs_a_literal_is_followed() =>
        Assert.That(Server.Words(Server.One("SELECT h.runs('SELECT unit FROM h.doctors', true, false, '')").Columns[0].Sources), Is.EqualTo("doctors.unit"));

    [Test]
    public void Words_for_text_search_are_a_copy()
    {
        var lineage = Server.One("INSERT INTO h.found (body) SELECT unit FROM h.doctors");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(lineage.ReachesEverything, Is.False);
            Assert.That(lineage.Writes.Single(write => write.Target == Server.Column("found.words")).Sources.Contains(Server.Column("doctors.unit")), Is.True);
        }
    }

    [Test]
    public void The_planners_estimates_are_no_change_of_the_catalog()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Server.One("UPDATE pg_class SET reltuples = 1, relpages = 2 WHERE relname = 'pad'").ReachesEverything, Is.False);
            Assert.That(Server.One("UPDATE pg_class SET reltuples = 1, relkind = 'v' WHERE relname = 'pad'").ReachesEverything, Is.True);
            Assert.That(Server.One("UPDATE pg_class SET (reltuples, relkind) = (SELECT 1, 'v') WHERE relname = 'pad'").ReachesEverything, Is.True);
            Assert.That(Server.One("UPDATE pg_class SET relkind = DEFAULT").ReachesEverything, Is.True);
        }
    }
}
