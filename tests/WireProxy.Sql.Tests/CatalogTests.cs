using WireProxy.Sql.Catalog;
using WireProxy.TestKit;

namespace WireProxy.Sql.Tests;

/// <summary>The catalog query against a real server.</summary>
public sealed class CatalogTests
{
    const string Clinic = """
        CREATE SCHEMA clinic;
        CREATE TABLE clinic.patients (id int PRIMARY KEY, gone int, ssn text, "Full
        Name" varchar(80), born date, label text GENERATED ALWAYS AS (ssn || 'x') STORED);
        ALTER TABLE clinic.patients DROP COLUMN gone;
        CREATE TABLE clinic.children () INHERITS (clinic.patients);
        CREATE TABLE clinic.visits (id int, day date) PARTITION BY RANGE (day);
        CREATE TABLE clinic.visits_2026 PARTITION OF clinic.visits FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
        CREATE VIEW public.people AS SELECT p.ssn, v.day FROM clinic.patients p JOIN clinic.visits v USING (id);
        CREATE MATERIALIZED VIEW public.kept AS SELECT * FROM public.people;
        CREATE SEQUENCE clinic.numbers;
        CREATE FUNCTION clinic.leak() RETURNS text LANGUAGE sql AS 'SELECT ssn FROM clinic.patients';
        CREATE FUNCTION public.upper(int) RETURNS int LANGUAGE sql AS 'SELECT $1';
        """;

    /// <summary>Kinds of rows whose text depends on the path of the session that reads.</summary>
    static readonly string[] s_writtenOut = ["s", "w", "u", "e", "i", "h", "x", "y", "b", "T"];

    PostgresServer _server = null!;
    CatalogSnapshot _catalog = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        try
        {
            _server = await PostgresServer.StartAsync(new() { Script = Clinic });
        }
        catch (UnavailableException reason)
        {
            Assert.Ignore(reason.Message);
        }
        _catalog = await CatalogReader.ReadAsync(_server.Psql());
    }

    [OneTimeTearDown]
    public async Task Stop() => await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);

    [Test]
    public void The_snapshot_says_where_it_is_from()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(_catalog.Version, Is.EqualTo(7));
            Assert.That(_catalog.Database, Is.EqualTo("postgres"));
            Assert.That(_catalog.ServerVersion, Is.InRange(150_000, 159_999));
        }
    }

    [Test]
    public async Task Columns_have_the_numbers_of_RowDescription()
    {
        var patients = _catalog.Relation("clinic", "patients")!;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(patients.Id, Is.EqualTo(uint.Parse(await _server.QueryAsync("SELECT 'clinic.patients'::regclass::oid"))));
            Assert.That(patients.Kind, Is.EqualTo('r'));
            Assert.That(patients.Columns, Is.EqualTo(
            [
                new CatalogColumn(1, "id", 23, false), new CatalogColumn(3, "ssn", 25, false), new CatalogColumn(4, "Full\nName", 1043, false),
                new CatalogColumn(5, "born", 1082, false), new CatalogColumn(6, "label", 25, true),
            ]));
            Assert.That(patients.Column(3)!.Name, Is.EqualTo("ssn"));
            Assert.That(patients.Column(2), Is.Null);
            Assert.That(_catalog.Relation("public", "people")!.Column(2)!.Name, Is.EqualTo("day"));
        }
    }

    [Test]
    public void Parents_and_the_relations_behind_views_are_known()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Names(_catalog.Relation("clinic", "children")!.Parents), Is.EqualTo(["patients"]));
            Assert.That(Names(_catalog.Relation("clinic", "visits_2026")!.Parents), Is.EqualTo(["visits"]));
            Assert.That(Names(_catalog.Relation("public", "people")!.Reads), Is.EquivalentTo(["patients", "visits"]));
            Assert.That(Names(_catalog.Relation("public", "kept")!.Reads), Is.EqualTo(["people"]));
            Assert.That(_catalog.Relation("clinic", "patients")!.Reads, Is.Empty);
        }
    }

    [TestCase("clinic", "visits", 'p')]
    [TestCase("public", "people", 'v')]
    [TestCase("public", "kept", 'm')]
    [TestCase("clinic", "numbers", 'S')]
    [TestCase("pg_catalog", "pg_class", 'r')]
    [TestCase("pg_catalog", "pg_stats", 'v')]
    [TestCase("information_schema", "columns", 'v')]
    public void Relations_of_every_kind_are_known(string schema, string name, char kind) =>
        Assert.That(_catalog.Relation(schema, name)?.Kind, Is.EqualTo(kind));

    [Test]
    public void System_relations_are_known_by_their_number()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(_catalog.Relation(1259)!.Name, Is.EqualTo("pg_class"));
            Assert.That(_catalog.Relation(1259)!.IsSystem, Is.True);
            Assert.That(_catalog.Relation("clinic", "patients")!.IsSystem, Is.False);
            Assert.That(_catalog.Relations.Any(r => r.Schema == "pg_toast"), Is.False);
            Assert.That(_catalog.Relation(1), Is.Null);
        }
    }

    [Test]
    public void Functions_are_known_by_number_and_by_name()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(_catalog.Function(952), Is.EqualTo(new CatalogFunction(952, "pg_catalog", "lo_open")));
            Assert.That(_catalog.IsUserFunction("clinic", "leak"), Is.True);
            Assert.That(_catalog.IsUserFunction(null, "leak"), Is.True);
            Assert.That(_catalog.IsUserFunction("public", "leak"), Is.False);
            Assert.That(_catalog.IsUserFunction(null, "lower"), Is.False);
            Assert.That(_catalog.IsUserFunction("information_schema", "_pg_expandarray"), Is.False);
            Assert.That(_catalog.IsSystemFunction("lower"), Is.True);
            Assert.That(_catalog.IsSystemFunction("upper"), Is.False, "A user has made another.");
            Assert.That(_catalog.IsSystemFunction("leak"), Is.False);
        }
    }

    [Test]
    public async Task Temporary_relations_are_seen_under_their_name()
    {
        var catalog = await CatalogReader.ReadAsync(_server.Psql(), "CREATE TEMP TABLE patients (x int)");
        var schemas = catalog.RelationsNamed("patients").Select(r => r.Schema).ToList();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(schemas, Has.Count.EqualTo(2));
            Assert.That(schemas, Does.Contain("clinic"));
            Assert.That(schemas, Has.Some.StartsWith("pg_temp_"));
        }
    }

    [Test]
    public async Task Any_role_sees_the_same()
    {
        var rows = await CatalogReader.RowsAsync(_server.Psql("trusted"));
        Assert.That(Sorted(rows), Is.EqualTo(Sorted(await CatalogReader.RowsAsync(_server.Psql()))));
    }

    [Test]
    public async Task Neither_search_path_nor_a_users_own_operators_change_the_answer()
    {
        var honest = Sorted(await CatalogReader.RowsAsync(_server.Psql()));
        await _server.ScriptAsync("""
            CREATE DATABASE evil;
            \c evil
            CREATE SCHEMA evil;
            SET search_path = evil, pg_catalog;
            CREATE DOMAIN evil.text AS pg_catalog.text CHECK (VALUE <> 'r');
            CREATE DOMAIN evil.name AS pg_catalog.name;
            CREATE FUNCTION evil.no(oid, oid) RETURNS bool LANGUAGE sql AS 'SELECT false';
            CREATE FUNCTION evil.no("char", "char") RETURNS bool LANGUAGE sql AS 'SELECT false';
            CREATE FUNCTION evil.no(pg_catalog.name, pg_catalog.name) RETURNS bool LANGUAGE sql AS 'SELECT true';
            CREATE FUNCTION evil.no(int2, int2) RETURNS bool LANGUAGE sql AS 'SELECT false';
            CREATE OPERATOR evil.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = evil.no);
            CREATE OPERATOR evil.= (LEFTARG = "char", RIGHTARG = "char", FUNCTION = evil.no);
            CREATE OPERATOR evil.= (LEFTARG = pg_catalog.name, RIGHTARG = pg_catalog.name, FUNCTION = evil.no);
            CREATE OPERATOR evil.> (LEFTARG = int2, RIGHTARG = int2, FUNCTION = evil.no);
            CREATE FUNCTION evil.current_database() RETURNS pg_catalog.name LANGUAGE sql AS $$ SELECT 'other'::pg_catalog.name $$;
            CREATE TABLE evil.pg_class (oid oid);
            CREATE TABLE evil.pg_attribute (oid oid);
            """);
        var rows = await CatalogReader.RowsAsync(_server.Psql(database: "evil"), "SET search_path = evil, pg_catalog");
        var plain = await CatalogReader.RowsAsync(_server.Psql(database: "evil"));
        using (Assert.EnterMultipleScope())
        {
            // Definitions leave out the schemas that the path shows, which the rows s list; what they mean is the same.
            Assert.That(Sorted(rows.Where(r => !s_writtenOut.Contains(r[0]!))), Is.EqualTo(Sorted(plain.Where(r => !s_writtenOut.Contains(r[0]!)))));
            Assert.That(rows.Where(r => r[0] == "s").OrderBy(r => r[1]).Select(r => r[3]), Is.EqualTo(["evil", "pg_catalog"]));
            Assert.That(rows.Single(r => r[0] == "d")[3], Is.EqualTo("evil"));
            Assert.That(rows.Any(r => r[0] == "r" && r[4] == "pg_class" && r[3] == "evil"), Is.True);
            Assert.That(rows.Count(r => r[0] == "f" && r[3] is null), Is.EqualTo(honest.Count(r => r.StartsWith("f|", StringComparison.Ordinal) && r.Split('|')[3].Length == 0)));
        }
    }

    [Test]
    public async Task Every_column_of_the_answer_is_text()
    {
        var described = await _server.Psql().ScriptAsync(PostgresCatalogQuery.Text + " \\gdesc\n", "-A", "-t", "-q");
        Assert.That(described.Output.TrimEnd('\n').Split('\n'), Is.EqualTo(["kind|text", "id|text", "a|text", "b|text", "c|text", "d|text"]));
    }

    [Test]
    public async Task The_analyzer_understands_the_query_itself()
    {
        var facts = new Postgres.PostgresAnalyzer().Analyze(System.Text.Encoding.UTF8.GetBytes(PostgresCatalogQuery.Text));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(facts.Problem, Is.Null);
            // Nothing of it may depend on the search path.
            Assert.That(facts.Statements.Single().Relations.Select(r => r.Schema).Distinct(), Is.EqualTo(["pg_catalog"]));
            Assert.That(facts.Statements.Single().Functions.Select(f => f.Schema).Distinct(), Is.EqualTo(["pg_catalog"]));
            Assert.That(await _server.QueryAsync("SELECT 1"), Is.EqualTo("1"));
        }
    }

    [Test]
    public async Task A_newer_server_answers_too()
    {
        PostgresInstallation newer;
        try
        {
            newer = await PostgresInstallation.Npm18Async();
        }
        catch (UnavailableException reason)
        {
            Assert.Ignore(reason.Message);
            return;
        }
        await using var server = await PostgresServer.StartAsync(new() { Installation = newer, Script = Clinic });
        var catalog = await CatalogReader.ReadAsync(server.Psql());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(catalog.ServerVersion, Is.InRange(180_000, 189_999));
            Assert.That(catalog.Relation("clinic", "patients")!.Columns, Is.EqualTo(_catalog.Relation("clinic", "patients")!.Columns));
            Assert.That(catalog.Relation("public", "people")!.Reads, Has.Length.EqualTo(2));
        }
    }

    [Test]
    public async Task Half_an_answer_is_none()
    {
        var rows = await CatalogReader.RowsAsync(_server.Psql());
        var builder = new CatalogBuilder();
        foreach (var row in rows.Where(r => r[0] != "d"))
            builder.Add(row);
        Assert.That(() => builder.Build(1), Throws.TypeOf<FormatException>());
    }

    [TestCase("?", "1", "1", null, null, null)]
    [TestCase(null, "1", "1", null, null, null)]
    [TestCase("p", "one", "1", null, null, null)]
    [TestCase("p", "1", null, null, null, null)]
    [TestCase("r", "1", "view", "s", "n", null)]
    [TestCase("p", "99999999999", "1", null, null, null)]
    public void A_row_that_is_not_the_querys_is_refused(params string?[] row) =>
        Assert.That(() => new CatalogBuilder().Add(row), Throws.TypeOf<FormatException>());

    IEnumerable<string> Names(IEnumerable<uint> ids) => ids.Select(id => _catalog.Relation(id)!.Name);

    static string[] Sorted(IEnumerable<string?[]> rows) => [.. rows.Select(r => string.Join('|', r)).Order(StringComparer.Ordinal)];
}
