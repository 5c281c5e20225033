using WireProxy.Sql.Postgres.Lineage;
using WireProxy.TestKit;

namespace WireProxy.Sql.Tests.Lineage;

/// <summary>Lineage of statements that were thought up rather than generated. What is expected stands as relation.column in the order of
/// the alphabet, columns separated by bars.</summary>
[Category("Server")]
public sealed class LineageTests
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

    [TestCase("SELECT 1, now(), current_user, count(*) FROM h.doctors", "|||")]
    [TestCase("SELECT full_name, unit FROM h.doctors", "doctors.full_name|doctors.unit")]
    [TestCase("SELECT ssn AS city FROM ONLY h.patients", "patients.ssn")]
    [TestCase("SELECT ssn FROM h.patients", "patients.ssn vips.ssn")]
    [TestCase("SELECT city FROM (SELECT ssn FROM ONLY h.patients) AS s (city)", "patients.ssn")]
    [TestCase("SELECT x.c3 FROM ONLY h.patients AS x (c1, c2, c3)", "patients.ssn")]
    [TestCase("SELECT shout FROM ONLY h.patients", "patients.full_name patients.shout")]
    [TestCase("SELECT card, k FROM h.v_cards", "patients.full_name patients.ssn vips.full_name vips.ssn|patients.id vips.id")]
    [TestCase("SELECT tag, n FROM h.m_summary", "patients.ssn vips.ssn|")]
    [TestCase("SELECT reason FROM h.visits", "visits.reason visits_a.reason visits_b.reason")]
    [TestCase("SELECT (whole).city FROM h.v_row", "patients.city")]
    [TestCase("SELECT (p).ssn FROM ONLY h.patients p", "patients.ssn")]
    [TestCase("SELECT (q.p).ssn, (q.p).city FROM (SELECT p FROM ONLY h.patients p) q", "patients.ssn|patients.city")]
    [TestCase("SELECT (unnest(array_agg(p))).ssn FROM ONLY h.patients p", "patients.ssn")]
    [TestCase("SELECT (contact).phone FROM ONLY h.patients", "patients.contact")]
    [TestCase("SELECT id FROM ONLY h.patients WHERE ssn = 'x' ORDER BY full_name", "patients.id")]
    [TestCase("SELECT exists (SELECT 1 FROM h.patients WHERE ssn = 'x')", "")]
    [TestCase("SELECT 'x' IN (SELECT ssn FROM ONLY h.patients)", "patients.ssn")]
    [TestCase("SELECT CASE WHEN ssn = '1' THEN 1 END FROM ONLY h.patients", "patients.ssn")]
    [TestCase("SELECT nullif(city, ssn) FROM ONLY h.patients", "patients.city patients.ssn")]
    [TestCase("WITH patients AS (SELECT 1 AS ssn) SELECT ssn FROM patients", "")]
    [TestCase("WITH doctors AS (SELECT unit FROM h.doctors) SELECT unit FROM doctors", "doctors.unit")]
    [TestCase("WITH a AS (SELECT unit AS x FROM h.doctors), b AS (SELECT x FROM a) SELECT (SELECT x FROM b LIMIT 1)", "doctors.unit")]
    [TestCase("WITH RECURSIVE r (i, x, y) AS (SELECT 1, 'a'::text, unit FROM h.doctors UNION ALL SELECT i + 1, y, x FROM r WHERE i < 3) SELECT x FROM r",
        "doctors.unit")]
    [TestCase("SELECT * FROM h.doctors JOIN h.v_names USING (id)",
        "doctors.id patients.id vips.id|doctors.full_name|doctors.unit|patients.full_name vips.full_name|patients.city vips.city")]
    [TestCase("SELECT x.* FROM (h.doctors d JOIN h.pad p ON d.id = p.id) x (q, r, s)", "doctors.id|doctors.full_name|doctors.unit|pad.id|pad.a|pad.b|pad.c")]
    [TestCase("SELECT a FROM h.pad NATURAL JOIN (SELECT id, unit AS a FROM h.doctors) d", "doctors.unit pad.a")]
    [TestCase("SELECT z FROM h.doctors d, LATERAL (SELECT d.unit AS z) l", "doctors.unit")]
    [TestCase("SELECT (SELECT s.unit FROM (SELECT d.unit) s) FROM h.doctors d", "doctors.unit")]
    [TestCase("SELECT * FROM (VALUES (1, 'a'), (2, (SELECT unit FROM h.doctors LIMIT 1))) v", "|doctors.unit")]
    [TestCase("SELECT unit FROM h.doctors UNION SELECT a FROM h.pad ORDER BY 1", "doctors.unit pad.a")]
    [TestCase("TABLE h.doctors", "doctors.id|doctors.full_name|doctors.unit")]
    [TestCase("SELECT h.ssn_of(1), h.echo(unit), h.atomic(1) FROM h.doctors", "patients.ssn vips.ssn|doctors.unit|doctors.unit")]
    [TestCase("SELECT h.label(p) FROM ONLY h.patients p WHERE p.id = 1",
        "patients.city patients.contact patients.doctor patients.full_name patients.id patients.junk patients.notes patients.shout patients.ssn patients.tags")]
    [TestCase("SELECT a, b FROM h.pairs()", "patients.city vips.city|patients.ssn vips.ssn")]
    [TestCase("SELECT k, t, u FROM h.pl_query()", "patients.id vips.id|patients.city vips.city|patients.full_name vips.full_name")]
    [TestCase("SELECT city FROM h.all_patients()", "patients.city vips.city")]
    [TestCase("SELECT (h.all_patients()).ssn", "patients.ssn vips.ssn")]
    [TestCase("SELECT h.twice('x')", "patients.ssn vips.ssn")]
    [TestCase("SELECT h.twice('x', 'y')", "")]
    [TestCase("SELECT ('a' OPERATOR(h.@|@) 'b')", "doctors.unit")]
    [TestCase("SELECT query_to_xml('SELECT unit FROM h.doctors', true, true, '')", "doctors.unit")]
    [TestCase("SELECT query_to_xml('SELECT ' || 'unit FROM h.doctors', true, true, '')", "everything")]
    [TestCase("SELECT pg_read_file('x')", "everything")]
    [TestCase("SELECT table_to_xml('h.doctors', true, true, '')", "everything")]
    [TestCase("SELECT e FROM h.doctors, unnest(ARRAY[unit]) e", "doctors.unit")]
    [TestCase("SELECT e.value FROM h.doctors d, jsonb_each_text(to_jsonb(d)) e", "doctors.full_name doctors.id doctors.unit")]
    [TestCase("SELECT lexeme FROM h.doctors, unnest(to_tsvector(unit))", "doctors.unit")]
    [TestCase("SELECT x FROM ROWS FROM (generate_series(1, 2), h.pl_loop()) WITH ORDINALITY AS f (g, x, o)", "doctors.full_name doctors.id doctors.unit")]
    [TestCase("SELECT (json_populate_record(NULL::h.doctors, to_json(p))).unit FROM h.pad p", "pad.a pad.b pad.c pad.id")]
    [TestCase("SELECT x FROM jsonb_to_recordset((SELECT jsonb_agg(d) FROM h.doctors d)) AS r (x text)", "doctors.full_name doctors.id doctors.unit")]
    [TestCase("INSERT INTO h.log (what) SELECT unit FROM h.doctors RETURNING what, who", "doctors.unit log.what|log.who patients.ssn vips.ssn")]
    [TestCase("DELETE FROM h.pad USING h.doctors d WHERE d.id = pad.id RETURNING unit, a", "doctors.unit|pad.a")]
    [TestCase("SELECT rank() OVER (ORDER BY ssn), lag(city) OVER (ORDER BY ssn) FROM ONLY h.patients", "|patients.city")]
    [TestCase("SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY unit) FROM h.doctors", "doctors.unit")]
    [TestCase("SELECT count(*) FILTER (WHERE ssn > 'a'), city FROM ONLY h.patients GROUP BY city", "|patients.city")]
    [TestCase("SELECT xmlelement(name x, xmlattributes(unit AS u), full_name) FROM h.doctors", "doctors.full_name doctors.unit")]
    [TestCase("SELECT v FROM h.doctors, XMLTABLE('/a' PASSING xmlelement(name a, unit) COLUMNS v text PATH '.', o FOR ORDINALITY)", "doctors.unit")]
    [TestCase("SELECT relname FROM pg_class WHERE relnamespace = 'h'::regnamespace", "pg_class.relname")]
    [TestCase("SELECT most_common_vals FROM pg_stats WHERE tablename = 'patients'", "pg_stats.most_common_vals")]
    [TestCase("SELECT table_name FROM information_schema.tables", "tables.table_name")]
    [TestCase("COPY h.doctors (unit) TO STDOUT", "doctors.unit")]
    [TestCase("EXPLAIN SELECT * FROM h.patients WHERE ssn = 'x'", "")]
    [TestCase("EXPLAIN VERBOSE SELECT h.ssn_of(1)", "patients.ssn vips.ssn")]
    public async Task Columns_come_from(string sql, string expected)
    {
        var lineage = _server.One(sql);
        Assert.That(string.Join("|", lineage.Columns.Select(c => Words(c.Sources))), Is.EqualTo(expected), string.Join("; ", lineage.Reasons));
        var answer = await _server.RunAsync($"BEGIN; {sql}; ROLLBACK");
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
    string Words(SourceSet sources) => sources.IsEverything ? "everything" : _server.Words(sources) is { Length: > 0 } words ? words
        : string.Join(" ", sources.Columns.Where(c => _server.Catalog.Relation(c.Relation)!.IsSystem)
            .Select(c => $"{_server.Catalog.Relation(c.Relation)!.Name}.{_server.Catalog.Relation(c.Relation)!.AllColumns.Single(x => x.Number == c.Attribute).Name}"));

    [TestCase("CREATE TABLE x AS SELECT unit AS u FROM h.doctors", "NewColumn x.u doctors.unit")]
    [TestCase("SELECT unit INTO TEMP y FROM h.doctors", "NewColumn y.unit doctors.unit")]
    [TestCase("CREATE MATERIALIZED VIEW m AS SELECT unit FROM h.doctors", "NewView m.unit doctors.unit")]
    [TestCase("CREATE VIEW v AS SELECT unit FROM h.doctors", "")]
    [TestCase("COPY (SELECT unit FROM h.doctors) TO '/x'", "File a file of the server doctors.unit")]
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
        string.Join("; ", _server.One(sql).Writes.Select(w => $"{w.Kind} {w.Name} {Words(w.Sources)}").Where(w => !w.StartsWith("State nextval", StringComparison.Ordinal)).Order(StringComparer.Ordinal)),
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
        string.Join(" ", _server.One(sql).Touched.Where(t => (t.Uses & ColumnUses.Predicate) != 0).Select(t => _server.NameOf(t.Column)).Order()),
        Does.Contain(expected));

    [Test]
    public void What_the_text_changes_before_is_not_known_after()
    {
        var lineage = _server.Resolve("ALTER TABLE h.doctors RENAME unit TO zz; SELECT full_name FROM h.doctors; SELECT 1");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(lineage.Statements[1].ReachesEverything, Is.True);
            Assert.That(lineage.Statements[1].Shape, Is.EqualTo(ResultShape.Unknown));
            Assert.That(lineage.Statements[2].Columns.Single().Sources.IsEmpty, Is.True);
        }
    }

    [TestCase("SELECT * FROM h.nothing")]
    [TestCase("SELECT nothing FROM h.doctors")]
    [TestCase("SELECT h.nothing(1)")]
    [TestCase("DO LANGUAGE plpython3u $$ x $$")]
    [TestCase("SELECT dblink_nothing('x')")]
    [TestCase("this is no SQL")]
    public void What_is_not_known_reaches_everything(string sql) => Assert.That(_server.One(sql).ReachesEverything, Is.True);

    [Test]
    public void A_prepared_statement_shows_its_arguments()
    {
        var prepared = _server.One("PREPARE p AS SELECT $1 || unit, $2::text FROM h.doctors");
        var execute = _server.One("EXECUTE p ('x', (SELECT full_name FROM h.doctors LIMIT 1))");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(execute.OfName, Is.EqualTo("p"));
            Assert.That(prepared.ColumnsWith(execute.Arguments).Select(c => _server.Words(c.Sources)), Is.EqualTo(["doctors.unit", "doctors.full_name"]));
        }
    }
}
