
namespace WireProxy.Sql.Tests.Lineage;

/// <summary>Code that a statement runs without a word of it in the statement: it tells what the statement does not name.</summary>
public sealed class HiddenCodeTests() : LineageFixture(Objects)
{
    const string Objects = """
        CREATE FUNCTION h.tell() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE NOTICE '% %', tg_op, (SELECT max(unit) FROM h.doctors); IF tg_op = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$;
        CREATE FUNCTION h.told(x int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
            $$ BEGIN RAISE NOTICE 'told %', (SELECT max(unit) FROM h.doctors); RETURN x; END $$;
        CREATE FUNCTION h.spread(x float8, y float8) RETURNS float8 LANGUAGE plpgsql IMMUTABLE AS
            $$ BEGIN RAISE NOTICE 'spread %', (SELECT max(unit) FROM h.doctors); RETURN x - y; END $$;

        CREATE TABLE h.under (a int);
        CREATE TRIGGER tells BEFORE INSERT OR UPDATE OR DELETE ON h.under FOR EACH ROW EXECUTE FUNCTION h.tell();
        CREATE VIEW h.over AS SELECT a FROM h.under;
        CREATE VIEW h.over_over AS SELECT a FROM h.over WHERE a > 0;

        CREATE TABLE h.moving (k int, t text) PARTITION BY LIST (k);
        CREATE TABLE h.moving_1 PARTITION OF h.moving FOR VALUES IN (1);
        CREATE TABLE h.moving_2 PARTITION OF h.moving FOR VALUES IN (2);
        CREATE TRIGGER tells BEFORE INSERT ON h.moving_2 FOR EACH ROW EXECUTE FUNCTION h.tell();
        CREATE TABLE h.mover (id int PRIMARY KEY);
        INSERT INTO h.mover VALUES (1);
        INSERT INTO h.moving VALUES (1, 'x');
        ALTER TABLE h.moving ADD FOREIGN KEY (k) REFERENCES h.mover ON UPDATE CASCADE;

        CREATE TABLE h.emptied (id int PRIMARY KEY);
        CREATE TABLE h.emptied_too (id int REFERENCES h.emptied);
        CREATE TRIGGER tells BEFORE TRUNCATE ON h.emptied_too EXECUTE FUNCTION h.tell();

        CREATE TABLE h.placed (a int) PARTITION BY RANGE (h.told(a));
        CREATE TABLE h.placed_1 PARTITION OF h.placed FOR VALUES FROM (0) TO (9);
        CREATE TABLE h.measured (a int, b int);
        INSERT INTO h.measured VALUES (1, 1), (2, 2);
        CREATE STATISTICS h.measure ON (h.told(a)), b FROM h.measured;
        CREATE TYPE h.span AS RANGE (subtype = float8, subtype_diff = h.spread);
        CREATE TABLE h.spans (s h.span);
        CREATE INDEX ON h.spans USING gist (s);
        INSERT INTO h.spans SELECT h.span(n, n + 1) FROM generate_series(1, 500) n;
        ANALYZE h.spans;
        CREATE TABLE h.checked (a int, CHECK (h.told(1) > 0));
        CREATE TABLE h.indexed (a int);
        CREATE INDEX ON h.indexed ((a + h.told(1)));

        CREATE DOMAIN h.telling AS int CHECK (h.told(VALUE) > 0);
        CREATE TYPE h.pair AS (a h.telling, b int);
        CREATE FUNCTION h.takes(x h.telling) RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
        CREATE FUNCTION h.gives(x int) RETURNS h.telling LANGUAGE plpgsql AS 'BEGIN RETURN x; END';
        CREATE PROCEDURE h.ends() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO h.log (what, who) VALUES ('x', 'y'); COMMIT; END $$;
        CREATE FUNCTION h.again(n int) RETURNS text LANGUAGE plpgsql AS $$ BEGIN
            IF n = 0 THEN RETURN (SELECT max(unit) FROM h.doctors); END IF; RAISE NOTICE 'again %', h.again(n - 1); RETURN 'x'; END $$;
        CREATE FUNCTION h.odd(n int) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN 'x'; END $$;
        CREATE FUNCTION h.even(n int) RETURNS text LANGUAGE plpgsql AS $$ BEGIN
            IF n = 0 THEN RETURN (SELECT max(unit) FROM h.doctors); END IF; PERFORM h.odd(n - 1); RETURN 'x'; END $$;
        CREATE OR REPLACE FUNCTION h.odd(n int) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'odd %', h.even(n - 1); RETURN 'x'; END $$;
        """;

    [OneTimeSetUp]
    public async Task Prepare()
    {
        await Server.RunAsync("SET constraint_exclusion = on");
        await Server.RunAsync("DECLARE held CURSOR WITH HOLD FOR SELECT unit FROM h.doctors");
    }

    [TestCase("CALL h.ends()")]
    [TestCase("DO $$ BEGIN CALL h.ends(); INSERT INTO h.log (what, who) VALUES ('x', 'y'); ROLLBACK; CALL h.ends(); END $$")]
    [TestCase("DO $$ <<b>> DECLARE c h.contact; BEGIN b.c.name := 'x'; RAISE NOTICE '%', b.c.name; END $$")]
    public void A_body_is_understood(string sql) => Assert.That(Server.One(sql).ReachesEverything, Is.False);

    [TestCase("DO $$ <<b>> DECLARE c h.contact; BEGIN c.name := (SELECT max(unit) FROM h.doctors); RAISE NOTICE '%', b.c.name; END $$")]
    [TestCase("INSERT INTO h.over VALUES (1)")]
    [TestCase("INSERT INTO h.over_over VALUES (1)")]
    [TestCase("WITH w AS (INSERT INTO h.over VALUES (1) RETURNING a) UPDATE h.over_over SET a = 1 FROM w")]
    [TestCase("UPDATE h.moving SET k = 2")]
    [TestCase("WITH w AS (INSERT INTO h.mover VALUES (3) RETURNING id) UPDATE h.mover SET id = 2 WHERE id = 1")]
    [TestCase("TRUNCATE h.emptied CASCADE")]
    [TestCase("INSERT INTO h.placed VALUES (1)")]
    [TestCase("ANALYZE h.measured")]
    [TestCase("SELECT count(*) FROM h.spans WHERE s && h.span(1, 2)")]
    [TestCase("INSERT INTO h.spans SELECT h.span(n, n + 1) FROM generate_series(1, 500) n")]
    [TestCase("SELECT a FROM h.checked WHERE a > 5")]
    [TestCase("SELECT a FROM h.indexed")]
    [TestCase("DO $$ DECLARE x h.telling := 1; BEGIN END $$")]
    [TestCase("DO $$ DECLARE x h.pair; BEGIN x.a := 1; END $$")]
    [TestCase("SELECT h.takes(1)")]
    [TestCase("SELECT h.gives(1)")]
    [TestCase("SELECT json_populate_record(NULL::h.pair, '{\"a\": 1}')")]
    [TestCase("SELECT x FROM jsonb_to_record('{\"x\": 1}') AS t (x h.telling)")]
    [TestCase("SELECT x FROM xmltable('/a' PASSING '<a>1</a>' COLUMNS x h.telling PATH '.')")]
    [TestCase("SELECT x FROM jsonb_populate_recordset(NULL::h.pair, '[{\"a\": 1}]') AS x")]
    [TestCase("SELECT '{1}'::h.telling[]")]
    [TestCase("SELECT '(1,2)'::h.pair")]
    [TestCase("DO $$ DECLARE c refcursor := 'held'; v text; BEGIN FETCH FIRST FROM c INTO v; RAISE NOTICE '%', v; END $$")]
    [TestCase("DO $$ DECLARE c CURSOR FOR SELECT city FROM h.patients; v text; BEGIN c := 'held'; FETCH FIRST FROM c INTO v; RAISE NOTICE '%', v; END $$")]
    [TestCase("SELECT h.again(1)")]
    [TestCase("SELECT h.even(2)")]
    [TestCase("SELECT h.odd(1)")]
    public async Task What_it_tells_is_in_the_lineage(string sql)
    {
        var witness = new Witness(Server);
        await witness.RunAsync(sql, looksAtTables: true);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(witness.Faults, Is.Empty);
            Assert.That(witness.Seen, Is.GreaterThan(0), "the attack does not work, and so shows nothing");
        }
    }
}
