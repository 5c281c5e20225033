using WireProxy.Sql.Postgres.Lineage;

namespace WireProxy.Sql.Tests.Lineage;

/// <summary>Statements that put values of h.doctors.unit somewhere without saying so: through what was made before for this purpose.</summary>
public sealed class CarryingTests() : LineageFixture(Objects)
{
    const string Objects = """
        CREATE TABLE h.place (a text, b text);
        CREATE FUNCTION h.fetch() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT max(unit) FROM h.doctors); END $$;
        CREATE FUNCTION h.steady(t text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN t; END $$;
        CREATE FUNCTION h.elsewhere(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN (SELECT max(unit) FROM h.doctors); END $$;

        CREATE DOMAIN h.given AS text DEFAULT h.fetch();
        CREATE DOMAIN h.plain AS text;
        CREATE TABLE h.plains (p h.plain);

        CREATE TABLE h.key (k text PRIMARY KEY);
        CREATE TABLE h.follows (k text REFERENCES h.key ON UPDATE CASCADE);
        CREATE TABLE h.falls (k text DEFAULT h.fetch() REFERENCES h.key ON DELETE SET DEFAULT);

        CREATE TABLE h.computed (a text, g text GENERATED ALWAYS AS (h.elsewhere(a)) STORED);
        CREATE TABLE h.kept (u text, g text GENERATED ALWAYS AS (u || '!') STORED);
        CREATE TABLE h.rebuilt (a text, n int);
        CREATE INDEX ON h.rebuilt (h.steady(a));
        CREATE MATERIALIZED VIEW h.refreshed AS SELECT id FROM h.doctors;
        CREATE INDEX ON h.refreshed (h.steady(id::text));
        CREATE VIEW h.turning AS SELECT unit AS x FROM h.doctors;
        CREATE MATERIALIZED VIEW h.filled AS SELECT x FROM h.turning;
        CREATE TABLE h.units (unit text);
        ALTER TABLE h.doctors INHERIT h.units;
        CREATE MATERIALIZED VIEW h.of_units AS SELECT unit FROM h.units;

        CREATE OR REPLACE FUNCTION h.steady(t text) RETURNS text LANGUAGE plpgsql VOLATILE AS
            $$ BEGIN INSERT INTO h.place(a) SELECT unit FROM h.doctors; RETURN t; END $$;
        """;

    [TestCase("ALTER TABLE h.plains ADD COLUMN z h.given")]
    [TestCase("ALTER TABLE h.rebuilt ALTER n TYPE bigint")]
    [TestCase("ALTER TABLE h.rebuilt SET UNLOGGED")]
    [TestCase("ALTER DOMAIN h.plain ADD CHECK (h.steady(VALUE) <> '')")]
    [TestCase("ALTER TABLE h.computed ALTER g DROP EXPRESSION")]
    [TestCase("INSERT INTO h.computed (a) VALUES ('x')")]
    [TestCase("REFRESH MATERIALIZED VIEW h.refreshed")]
    [TestCase("REINDEX SCHEMA h")]
    [TestCase("ANALYZE")]
    [TestCase("UPDATE h.key SET k = (SELECT max(unit) FROM h.doctors)")]
    [TestCase("DELETE FROM h.key")]
    [TestCase("CREATE OR REPLACE VIEW h.turning AS SELECT full_name AS x FROM h.doctors")]
    [TestCase("ALTER TABLE h.doctors NO INHERIT h.units")]
    [TestCase("DROP TABLE h.doctors CASCADE")]
    [TestCase("DROP SCHEMA h CASCADE")]
    [TestCase("DROP OWNED BY CURRENT_USER")]
    public void What_is_put_somewhere_is_in_the_lineage(string sql)
    {
        var secret = Server.Column("doctors.unit");
        Assert.That(Server.One(sql).Writes.Where(w => w.Sources.Contains(secret) && w.Target != secret), Is.Not.Empty);
    }

    [Test]
    public void What_follows_a_key_gets_what_the_key_is_given()
    {
        var writes = Server.One("UPDATE h.key SET k = (SELECT max(unit) FROM h.doctors)").Writes;
        Assert.That(writes.Single(w => w.Target == Server.Column("follows.k")).Sources, Is.EqualTo(SourceSet.OfAll([Server.Column("doctors.unit")])));
        Assert.That(Server.One("UPDATE h.key SET k = 'x'").Writes.Where(w => w.Target == Server.Column("follows.k")), Is.Empty);
    }

    [TestCase("SELECT set_config('search_path', 'h', false), h.fetch()")]
    [TestCase("WITH s AS MATERIALIZED (SELECT set_config('search_path', 'h', false) v) SELECT h.fetch() FROM s WHERE v <> ''")]
    [TestCase("SELECT h.fetch() WHERE set_config('role', 'x', true) <> ''")]
    [TestCase("EXECUTE q(set_config('search_path', 'h', false))")]
    [TestCase("ALTER FUNCTION pg_catalog.set_config(text, text, boolean) STABLE")]
    [TestCase("ALTER FUNCTION pg_notify RENAME TO x")]
    [TestCase("CREATE OR REPLACE AGGREGATE pg_catalog.max(text) (SFUNC = textcat, STYPE = text)")]
    public void What_cannot_be_told_beforehand_counts_as_everything(string sql)
    {
        var lineage = Server.One(sql);
        Assert.That(lineage.Writes.Any(w => w.Sources.IsEverything || w.Sources.Contains(Server.Column("doctors.unit"))), string.Join("; ", lineage.Reasons));
    }

    [TestCase("SELECT set_config('application_name', 'x', false), h.ssn_of(1)")]
    [TestCase("SELECT set_config('search_path', 'h', false)")]
    [TestCase("ALTER FUNCTION h.fetch() STABLE")]
    [TestCase("ALTER TABLE h.doctors ALTER unit TYPE varchar(200)")]
    [TestCase("CREATE OR REPLACE VIEW h.turning AS SELECT unit AS x FROM h.doctors WHERE id > 0")]
    [TestCase("CREATE AGGREGATE h.longest(text) (SFUNC = textcat, STYPE = text)")]
    [TestCase("ALTER TABLE h.doctors ADD COLUMN note text DEFAULT 'x'")]
    public void Ordinary_work_puts_nothing_anywhere(string sql) => Assert.That(Server.One(sql).Writes.Where(w => !w.Sources.IsEmpty), Is.Empty);

    [TestCase("CREATE OR REPLACE VIEW h.turning AS SELECT unit AS x FROM h.doctors; INSERT INTO h.place SELECT x FROM h.turning", true)]
    [TestCase("ALTER TABLE h.place ALTER a SET DEFAULT h.fetch(); INSERT INTO h.place (b) VALUES ('x')", true)]
    [TestCase("ROLLBACK; INSERT INTO h.place SELECT x FROM h.turning", true)]
    [TestCase("CREATE TABLE h.fresh (a text); INSERT INTO h.fresh VALUES ('x')", false)]
    [TestCase("ALTER TABLE h.place ADD COLUMN c text; UPDATE h.place SET b = 'x'", false)]
    [TestCase("CREATE OR REPLACE VIEW h.turning AS SELECT unit AS x FROM h.doctors; SELECT x FROM h.turning", false)]
    public void Behind_what_turns_the_meaning_of_something_nothing_is_carried_on(string text, bool mayCarry) =>
        Assert.That(Server.Resolve(text).Statements[^1].MayCarry, Is.EqualTo(mayCarry));
}

/// <summary>The conditions of a domain put the value somewhere, wherever a value becomes one of it.</summary>
public sealed class CarryingDomainTests() : LineageFixture(Objects)
{
    const string Objects = """
        CREATE TABLE h.place (a text);
        CREATE FUNCTION h.carry(t text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN INSERT INTO h.place(a) VALUES (t); RETURN true; END $$;
        CREATE FUNCTION h.carry(t text[]) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN INSERT INTO h.place(a) VALUES (t[1]); RETURN true; END $$;
        CREATE DOMAIN h.carried AS text CHECK (h.carry(VALUE));
        CREATE DOMAIN h.many AS text[] CHECK (h.carry(VALUE));
        CREATE TYPE h.parcel AS (v h.carried);
        CREATE FUNCTION h.same(t text) RETURNS h.carried LANGUAGE sql AS 'SELECT t';
        CREATE FUNCTION public.looks(text, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN INSERT INTO h.place(a) VALUES ($1); RETURN true; END $$;
        CREATE OPERATOR public.= (LEFTARG = text, RIGHTARG = text, FUNCTION = public.looks);
        CREATE TABLE h.plains (p text);
        CREATE FUNCTION h.fetch() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT max(unit) FROM h.doctors); END $$;
        CREATE TYPE h.carton AS (v text);
        CREATE FUNCTION h.packed(text) RETURNS h.carton LANGUAGE sql AS $$ SELECT ROW(h.fetch())::h.carton $$;
        CREATE CAST (text AS h.carton) WITH FUNCTION h.packed(text) AS ASSIGNMENT;
        CREATE FUNCTION h.inside(t text) RETURNS int LANGUAGE plpgsql AS $$ DECLARE d h.carried; BEGIN d := t; RETURN 1; END $$;
        """;

    [TestCase("SELECT unit::h.carried FROM h.doctors")]
    [TestCase("SELECT ARRAY[unit]::h.many FROM h.doctors")]
    [TestCase("SELECT h.same(unit) FROM h.doctors")]
    [TestCase("SELECT h.inside(unit) FROM h.doctors")]
    [TestCase("SELECT ROW(unit)::h.parcel FROM h.doctors")]
    [TestCase("SELECT x.v FROM h.doctors d, jsonb_to_record(jsonb_build_object('v', d.unit)) AS x (v h.carried)")]
    [TestCase("ALTER TABLE h.doctors ALTER unit TYPE h.carried")]
    [TestCase("DO $$ DECLARE d h.carried; BEGIN SELECT max(unit) INTO d FROM h.doctors; END $$")]
    [TestCase("DO $$ BEGIN CASE (SELECT max(unit) FROM h.doctors) WHEN 'x' THEN NULL; ELSE NULL; END CASE; END $$")]
    public void The_value_is_put_there(string sql) => Assert.That(Server.One(sql).Writes.Any(w =>
        w.Target == Server.Column("place.a") && w.Sources.Contains(Server.Column("doctors.unit"))));

    [Test]
    public void A_cast_gives_a_column_of_another_type_what_it_reads() => Assert.That(Server.One("ALTER TABLE h.plains ALTER p TYPE h.carton").Writes.Any(w =>
        w.Target == Server.Column("plains.p") && w.Sources.Contains(Server.Column("doctors.unit"))));

    [TestCase("SELECT full_name FROM h.doctors")]
    public void Another_value_is_not(string sql) => Assert.That(Server.One(sql).Writes.Any(w => w.Sources.Contains(Server.Column("doctors.unit"))), Is.False);
}
