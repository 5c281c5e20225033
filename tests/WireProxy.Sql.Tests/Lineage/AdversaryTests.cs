using WireProxy.Sql.Postgres.Lineage;
using WireProxy.TestKit;

namespace WireProxy.Sql.Tests.Lineage;

/// <summary>Somebody with a superuser's rights has made objects whose only purpose is to carry values past the lineage.</summary>
public sealed class AdversaryTests() : LineageFixture(Objects)
{
    const string Objects = """
        CREATE FUNCTION h.say(t text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'heard %', t; RETURN true; END $$;
        CREATE FUNCTION h.hear(t text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RAISE NOTICE 'heard %', t; RETURN t; END $$;
        CREATE DOMAIN h.loud AS text CHECK (h.say(VALUE));
        CREATE TABLE h.secrets (id int, s text, CHECK (h.say(s)));
        INSERT INTO h.secrets SELECT id, unit FROM h.doctors;
        CREATE TABLE h.guarded (id int, g text);
        INSERT INTO h.guarded SELECT id, unit FROM h.doctors;
        CREATE INDEX guarded_index ON h.guarded (h.hear(g));
        CREATE TABLE h.policed (id int, p text);
        INSERT INTO h.policed SELECT id, unit FROM h.doctors;
        ALTER TABLE h.policed ENABLE ROW LEVEL SECURITY;
        CREATE POLICY tell ON h.policed USING (h.say(p));
        CREATE TABLE h.parent (id int PRIMARY KEY);
        CREATE TABLE h.child (id int, parent int REFERENCES h.parent ON DELETE CASCADE, t text);
        INSERT INTO h.parent VALUES (1);
        INSERT INTO h.child SELECT 1, 1, unit FROM h.doctors LIMIT 1;
        CREATE FUNCTION h.child_trigger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'gone %', OLD.t; RETURN OLD; END $$;
        CREATE TRIGGER child_gone BEFORE DELETE ON h.child FOR EACH ROW EXECUTE FUNCTION h.child_trigger();
        CREATE FUNCTION h.swap() RETURNS trigger LANGUAGE plpgsql AS
            $$ DECLARE r h.guarded; BEGIN SELECT * INTO r FROM h.guarded LIMIT 1; r.g := (SELECT ssn FROM h.patients LIMIT 1); RETURN r; END $$;
        CREATE TRIGGER swap_rows BEFORE INSERT ON h.guarded FOR EACH ROW EXECUTE FUNCTION h.swap();
        CREATE FUNCTION h.caught() RETURNS text LANGUAGE plpgsql AS
            $$ BEGIN PERFORM 1 FROM h.doctors WHERE unit::int > 0; RETURN ''; EXCEPTION WHEN others THEN RETURN sqlerrm; END $$;
        CREATE FUNCTION h.conflict() RETURNS SETOF text LANGUAGE plpgsql AS
            $$ #variable_conflict use_variable
            DECLARE id text; BEGIN SELECT ssn INTO id FROM h.patients LIMIT 1; RETURN QUERY SELECT id FROM h.doctors; END $$;
        CREATE FUNCTION h.ping(n int) RETURNS text LANGUAGE plpgsql AS
            $$ BEGIN RETURN CASE WHEN n = 0 THEN (SELECT max(unit) FROM h.doctors) ELSE h.pong(n - 1) END; END $$;
        CREATE FUNCTION h.pong(n int) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN h.ping(n); END $$;
        CREATE FUNCTION h.self(n int, t text) RETURNS text LANGUAGE sql AS
            $$ SELECT CASE WHEN n = 0 THEN t ELSE h.self(n - 1, (SELECT max(unit) FROM h.doctors)) END $$;
        CREATE FUNCTION h.step(state text, t text) RETURNS text LANGUAGE sql AS $$ SELECT coalesce((SELECT max(unit) FROM h.doctors), state) $$;
        CREATE AGGREGATE h.gather (text) (SFUNC = h.step, STYPE = text);
        CREATE FUNCTION h.shuffle(anyelement) RETURNS anyelement LANGUAGE sql AS 'SELECT $1';
        CREATE FUNCTION public.fake(text, text) RETURNS boolean LANGUAGE plpgsql AS
            $$ BEGIN RAISE NOTICE 'compared %', (SELECT max(unit) FROM h.doctors); RETURN true; END $$;
        CREATE OPERATOR public.~~~~ (LEFTARG = text, RIGHTARG = text, FUNCTION = public.fake);
        CREATE TYPE public.text AS (zip int, more int);
        CREATE TYPE h.crate AS (v text);
        CREATE FUNCTION h.to_crate(int) RETURNS h.crate LANGUAGE sql AS 'SELECT ROW((SELECT max(unit) FROM h.doctors))::h.crate';
        CREATE CAST (int AS h.crate) WITH FUNCTION h.to_crate(int) AS ASSIGNMENT;
        CREATE TABLE h.crates (id int, c h.crate);
        CREATE TABLE h.base (unit text);
        ALTER TABLE h.doctors INHERIT h.base;
        CREATE FUNCTION h.argument(t text DEFAULT h.ssn_of(1)) RETURNS text LANGUAGE sql AS 'SELECT t';
        CREATE VIEW h.v_deep AS SELECT (SELECT string_agg(x, ',') FROM h.conflict() x) AS all_of_it, h.ping(1) AS p;
        CREATE RULE loud_rule AS ON DELETE TO h.guarded DO ALSO SELECT h.say(OLD.g);
        CREATE TABLE h.bounds (b text) PARTITION BY LIST (b);
        CREATE OR REPLACE FUNCTION pg_catalog.lpad(text, int) RETURNS pg_catalog.text LANGUAGE sql AS 'SELECT max(unit) FROM h.doctors';
        CREATE OR REPLACE FUNCTION pg_catalog.initcap(text) RETURNS pg_catalog.text LANGUAGE internal IMMUTABLE STRICT AS 'pg_read_file_all';
        CREATE OR REPLACE VIEW information_schema.information_schema_catalog_name AS
            SELECT (SELECT max(unit) FROM h.doctors)::information_schema.sql_identifier AS catalog_name;
        CREATE EXTENSION tablefunc SCHEMA h;
        CREATE EXTENSION dblink SCHEMA h;
        CREATE FUNCTION h.outside(pg_catalog.text) RETURNS pg_catalog.text LANGUAGE internal IMMUTABLE STRICT AS 'pg_read_file_all';
        ALTER EXTENSION tablefunc ADD FUNCTION h.outside(pg_catalog.text);
        """;

    [TestCase("SELECT unit::h.loud FROM h.doctors")]
    [TestCase("INSERT INTO h.secrets SELECT 1, full_name FROM h.doctors")]
    [TestCase("INSERT INTO h.guarded SELECT 1, full_name FROM h.doctors RETURNING g")]
    [TestCase("UPDATE h.guarded SET g = g || '!'")]
    [TestCase("ANALYZE h.guarded")]
    [TestCase("REINDEX TABLE h.guarded")]
    [TestCase("CREATE INDEX ON h.doctors (h.hear(unit))")]
    [TestCase("DELETE FROM h.parent")]
    [TestCase("SELECT h.caught()")]
    [TestCase("SELECT h.conflict()")]
    [TestCase("SELECT h.ping(2), h.pong(1)")]
    [TestCase("SELECT h.pong(1)")]
    [TestCase("SELECT h.self(1, 'x')")]
    [TestCase("SELECT h.gather('x') FROM h.pad")]
    [TestCase("SELECT id FROM h.shuffle((SELECT array_agg(d) FROM h.doctors d)) id")]
    [TestCase("SELECT full_name FROM h.shuffle((SELECT array_agg(d) FROM h.doctors d)) full_name")]
    [TestCase("SELECT id FROM unnest((SELECT array_agg(d) FROM h.doctors d)::pg_catalog.text[]) id")]
    [TestCase("SELECT v1, v2 FROM (SELECT * FROM unnest((SELECT array_agg(unit) FROM h.doctors)::text[]), h.pad) q (v1, v2)")]
    [TestCase("SELECT v1, v5 FROM (SELECT * FROM unnest(to_tsvector('simple', (SELECT max(unit) FROM h.doctors))), h.pad) q (v1, v2, v3, v4, v5)")]
    [TestCase("SELECT 'a' ~~~~ 'b'")]
    [TestCase("SELECT count(*) FROM h.pad WHERE a ~~~~ b")]
    [TestCase("INSERT INTO h.crates VALUES (1, 5) RETURNING c")]
    [TestCase("SELECT 5::h.crate")]
    [TestCase("SELECT unit FROM h.base")]
    [TestCase("SELECT h.argument(), h.argument('x')")]
    [TestCase("SELECT all_of_it, p FROM h.v_deep")]
    [TestCase("DELETE FROM h.guarded WHERE id = 1")]
    [TestCase("SELECT lpad('x', 3)")]
    [TestCase("SELECT catalog_name FROM information_schema.information_schema_catalog_name")]
    [TestCase("SELECT a FROM h.crosstab('SELECT 1, 1, 1', 'SELECT ''x'' FROM generate_series(1, 1)') AS c (i int, a int), h.doctors WHERE unit::int = 1")]
    [TestCase("SELECT a FROM h.crosstab('SELECT 1, ' || '1, unit FROM h.doctors') AS c (i int, a pg_catalog.text)")]
    [TestCase("SELECT a FROM h.crosstab('SELECT 1, 1, unit FROM h.doctors') AS c (i int, a pg_catalog.text)")]
    [TestCase("SELECT d.unit FROM h.doctors d JOIN LATERAL (SELECT d.full_name AS unit) l ON true")]
    [TestCase("SELECT l.unit FROM h.doctors d JOIN LATERAL (SELECT d.full_name AS unit) l ON true")]
    [TestCase("SELECT (SELECT unit FROM (SELECT 'x' AS a) s) FROM h.doctors")]
    [TestCase("SELECT x FROM (SELECT full_name AS x FROM h.doctors) a, (SELECT (SELECT max(unit) FROM h.doctors) AS y) b ORDER BY y")]
    [TestCase("SELECT string_agg(v, '') FROM (SELECT unnest(string_to_array(unit, NULL)) AS v FROM h.doctors LIMIT 20) q")]
    [TestCase("DO $$ DECLARE v text; BEGIN EXECUTE 'SELECT max(unit) FROM h.doctors' INTO v; RAISE NOTICE '%', v; END $$")]
    [TestCase("DO $$ DECLARE r record; BEGIN FOR r IN SELECT * FROM h.doctors LOOP RAISE NOTICE '%', r; END LOOP; END $$")]
    [TestCase("DO $$ BEGIN ASSERT false, (SELECT max(unit) FROM h.doctors); END $$")]
    [TestCase("DO $$ BEGIN PERFORM unit::int FROM h.doctors; EXCEPTION WHEN others THEN RAISE NOTICE '%', sqlerrm; END $$")]
    [TestCase("DO $$ DECLARE c CURSOR FOR SELECT unit FROM h.doctors; v text; BEGIN OPEN c; FETCH c INTO v; RAISE NOTICE '%', v; END $$")]
    [TestCase("SELECT unit::int FROM h.doctors")]
    [TestCase("UPDATE h.doctors SET id = NULL WHERE id = 1")]
    [TestCase("ALTER TABLE h.pad ALTER COLUMN a TYPE int USING b::int")]
    public async Task Nothing_comes_out_that_the_lineage_does_not_say(string sql)
    {
        var witness = new Witness(Server)
        {
            Copies = [("doctors.unit", "guarded.g"), ("doctors.unit", "secrets.s"), ("doctors.unit", "policed.p"), ("doctors.unit", "child.t")],
        };
        await witness.RunAsync(sql, looksAtTables: true);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(witness.Faults, Is.Empty);
            Assert.That(witness.Seen, Is.GreaterThan(0), "the attack does not work, and so shows nothing");
        }
    }

    [Test]
    public async Task What_a_definition_computes_is_a_copy()
    {
        var lineage = Server.One("CREATE TABLE h.bound_1 PARTITION OF h.bounds FOR VALUES IN (h.ssn_of(1))");
        Assert.That(lineage.Writes.Any(w => w.Sources.Contains(Server.Column("patients.ssn"))), Is.True);
        await Task.CompletedTask;
    }

    [TestCase("SELECT initcap('x')")]
    [TestCase("SELECT h.outside('x')")]
    [TestCase("SELECT h.dblink_exec('x', 'y')")]
    [TestCase("SELECT * FROM h.dblink('x') AS t (a int)")]
    [TestCase("SELECT h.connectby('h.doctors', 'unit', 'unit', 'x', 0)")]
    public void A_function_that_reads_by_itself_reaches_everything(string sql) => Assert.That(Server.One(sql).Columns[0].Sources.IsEverything, Is.True);

    [Test]
    public void A_function_called_by_its_number_is_known_too()
    {
        var routine = Server.Catalog.Definitions.Routines.Values.Single(r => r.Schema == "h" && r.Name == "ssn_of");
        var lineage = PostgresLineage.OfFunctionCall(routine.Id, Server.Catalog, Server.Path);
        Assert.That(lineage.Columns.Single().Sources.Contains(Server.Column("patients.ssn")), Is.True);
        Assert.That(PostgresLineage.OfFunctionCall(1, Server.Catalog, Server.Path).ReachesEverything, Is.True);
    }

    [Test]
    public void A_view_says_what_its_columns_are_made_of()
    {
        var columns = PostgresLineage.ColumnsOf(Server.Catalog.Relation("h", "v_cards")!.Id, Server.Catalog);
        Assert.That(columns.Select(c => Server.Words(c.Sources)),
            Is.EqualTo(["patients.id vips.id", "patients.full_name patients.ssn vips.full_name vips.ssn"]));
    }

    [Test]
    public void A_policy_is_run_by_a_query() =>
        Assert.That(Server.One("SELECT id FROM h.policed").Messages.Contains(Server.Column("policed.p")), Is.True);

    [Test]
    public async Task Somebodys_temporary_relation_may_be_meant()
    {
        await using var other = await WireClientOf("CREATE TEMP VIEW pg_class AS SELECT unit AS relname FROM h.doctors; CREATE TEMP VIEW shadow AS SELECT 1");
        await Server.ChangeAsync("SELECT 1");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Server.One("SELECT relname FROM pg_class").ReachesEverything, Is.True);
            Assert.That(Server.One("SELECT relname FROM pg_catalog.pg_class").ReachesEverything, Is.False);
        }
    }

    async Task<WireClient> WireClientOf(string sql)
    {
        var client = await WireClient.LogInAsync(Server.Port);
        await client.QueryAsync(sql);
        return client;
    }
}
