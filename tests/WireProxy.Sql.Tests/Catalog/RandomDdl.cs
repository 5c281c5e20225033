namespace WireProxy.Sql.Tests.Catalog;

/// <summary>Statements that change a catalog, over so few names that they meet one another; about every third of them fails.</summary>
internal sealed class RandomDdl(int seed)
{
    static readonly string[] s_statements =
    [
        "CREATE TABLE {t} (id int PRIMARY KEY, a text DEFAULT 'x', b int, c {y})", "CREATE TABLE {t} (id serial, a text, b int CHECK (b > {n}), UNIQUE (a))",
        "CREATE TABLE {t} PARTITION OF {t} FOR VALUES IN ({n})", "CREATE TABLE {t} (id int, a text, b int) PARTITION BY LIST (id)",
        "CREATE TABLE {t} (extra int) INHERITS ({t})", "CREATE TABLE {t} AS SELECT * FROM {t}", "CREATE UNLOGGED TABLE {t} (a text, b int GENERATED ALWAYS AS ({n} + 1) STORED)",
        "DROP TABLE {t}", "DROP TABLE {t} CASCADE", "DROP VIEW {v}", "DROP VIEW {v} CASCADE", "DROP MATERIALIZED VIEW {v}",
        "ALTER TABLE {t} ADD COLUMN {c} text DEFAULT {f}(1)::text", "ALTER TABLE {t} ADD COLUMN {c} int GENERATED ALWAYS AS IDENTITY", "ALTER TABLE {t} ADD COLUMN {c} {y}",
        "ALTER TABLE {t} DROP COLUMN {c}", "ALTER TABLE {t} DROP COLUMN {c} CASCADE", "ALTER TABLE {t} RENAME COLUMN {c} TO {c}", "ALTER TABLE {t} RENAME TO {u}",
        "ALTER TABLE {t} SET SCHEMA {s}", "ALTER TABLE {t} ALTER COLUMN {c} SET DEFAULT {f}({n})", "ALTER TABLE {t} ALTER COLUMN {c} DROP DEFAULT",
        "ALTER TABLE {t} ALTER COLUMN {c} TYPE text USING {c}::text", "ALTER TABLE {t} ADD CHECK ({f}({n}) > 0)", "ALTER TABLE {t} ADD CONSTRAINT k CHECK (a <> 'y') NOT VALID",
        "ALTER TABLE {t} DROP CONSTRAINT k", "ALTER TABLE {t} ADD FOREIGN KEY (b) REFERENCES {t} (id) ON DELETE CASCADE", "ALTER TABLE {t} ADD PRIMARY KEY (id)",
        "ALTER TABLE {t} ATTACH PARTITION {t} FOR VALUES IN ({n})", "ALTER TABLE {t} DETACH PARTITION {t}", "ALTER TABLE {t} INHERIT {t}", "ALTER TABLE {t} NO INHERIT {t}",
        "CREATE INDEX ON {t} (a)", "CREATE UNIQUE INDEX ix{n} ON {t} (b)", "CREATE INDEX ix{n} ON {t} (lower(a)) WHERE b > {n}", "DROP INDEX ix{n}", "DROP INDEX {s}.ix{n}",
        "CREATE VIEW {v} AS SELECT id, a FROM {t}", "CREATE OR REPLACE VIEW {v} AS SELECT id, a AS a FROM {t} WHERE b > {n}", "CREATE VIEW {v} AS SELECT x.*, {f}(1) AS z FROM {v} x",
        "CREATE VIEW {v} AS SELECT * FROM {t} JOIN {t} AS o USING (id, a, b)", "CREATE MATERIALIZED VIEW {v} AS SELECT a, count(*) FROM {t} GROUP BY a",
        "ALTER VIEW {v} RENAME TO {w}", "ALTER VIEW {v} SET SCHEMA {s}", "ALTER VIEW {v} RENAME COLUMN {c} TO {c}", "CREATE VIEW {v} AS SELECT ({f}(b)) AS id, 'l1'::{y}::text AS a FROM {t}",
        "CREATE FUNCTION {f}(int) RETURNS int LANGUAGE sql AS 'SELECT {n}'", "CREATE OR REPLACE FUNCTION {f}(i int DEFAULT {n}) RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN {n}; END'",
        "CREATE FUNCTION {f}(text) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT count(*)::int FROM {t}; END", "DROP FUNCTION {f}(int)", "DROP FUNCTION {f}(int) CASCADE",
        "ALTER FUNCTION {f}(int) RENAME TO {g}", "ALTER FUNCTION {f}(int) SET SCHEMA {s}", "ALTER FUNCTION {f}(int) SET search_path = {s}", "ALTER FUNCTION {f}(int) SECURITY DEFINER",
        "CREATE FUNCTION {f}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'", "CREATE TRIGGER tr{n} BEFORE INSERT ON {t} FOR EACH ROW WHEN (NEW.b > {n}) EXECUTE FUNCTION {f}()",
        "CREATE CONSTRAINT TRIGGER tr{n} AFTER INSERT ON {t} DEFERRABLE FOR EACH ROW EXECUTE FUNCTION {f}()", "DROP TRIGGER tr{n} ON {t}", "ALTER TABLE {t} DISABLE TRIGGER ALL",
        "ALTER TRIGGER tr{n} ON {t} RENAME TO tr{n}", "CREATE RULE ru AS ON DELETE TO {t} DO ALSO DELETE FROM {t}", "DROP RULE ru ON {t}",
        "CREATE POLICY po{n} ON {t} USING (b > {n})", "ALTER POLICY po{n} ON {t} WITH CHECK ({f}(b) > 0)", "DROP POLICY po{n} ON {t}",
        "CREATE TYPE {y} AS ENUM ('l1', 'l2')", "ALTER TYPE {y} ADD VALUE 'l{n}'", "ALTER TYPE {y} RENAME VALUE 'l1' TO 'l{n}'", "CREATE TYPE {y} AS (p int, q text)",
        "ALTER TYPE {y} ADD ATTRIBUTE r{n} int CASCADE", "ALTER TYPE {y} RENAME ATTRIBUTE q TO q{n}", "ALTER TYPE {y} DROP ATTRIBUTE p CASCADE", "ALTER TYPE {y} RENAME TO {z}", "DROP TYPE {y} CASCADE",
        "CREATE DOMAIN {y} AS text DEFAULT 'd' CHECK (VALUE <> 'e{n}')", "ALTER DOMAIN {y} ADD CONSTRAINT dc CHECK (length(VALUE) > {n})", "ALTER DOMAIN {y} DROP CONSTRAINT dc",
        "ALTER DOMAIN {y} SET DEFAULT 'f{n}'", "CREATE SEQUENCE {s}.sq{n}", "ALTER SEQUENCE {s}.sq{n} OWNED BY {t}.id", "ALTER SEQUENCE {s}.sq{n} OWNED BY NONE", "DROP SEQUENCE {s}.sq{n} CASCADE",
        "COMMENT ON TABLE {t} IS 'wireproxy: protect {n}'", "COMMENT ON COLUMN {t}.a IS 'wireproxy'", "COMMENT ON COLUMN {t}.a IS 'plain'", "COMMENT ON SCHEMA {s} IS 'wireproxy {n}'", "COMMENT ON TABLE {t} IS NULL",
        "CREATE STATISTICS {s}.st{n} ON (b + 1), a FROM {t}", "DROP STATISTICS {s}.st{n}", "CREATE PUBLICATION pu{n} FOR TABLE {t}", "DROP PUBLICATION pu{n}",
        "CREATE EXTENSION IF NOT EXISTS pgcrypto SCHEMA {s}", "ALTER EXTENSION pgcrypto DROP FUNCTION {s}.gen_salt(text)", "ALTER EXTENSION pgcrypto ADD FUNCTION {s}.gen_salt(text)", "DROP EXTENSION pgcrypto",
        "CREATE OPERATOR {s}.@@@ (LEFTARG = int, RIGHTARG = int, FUNCTION = int4pl)", "DROP OPERATOR {s}.@@@ (int, int)", "CREATE AGGREGATE {f}(text) (SFUNC = textcat, STYPE = text)",
        "CREATE CAST ({y} AS int) WITH FUNCTION {f}({y})", "CREATE FUNCTION {f}({y}) RETURNS int LANGUAGE sql AS 'SELECT 1'", "CREATE SCHEMA {r}", "DROP SCHEMA {r} CASCADE", "ALTER SCHEMA {r} RENAME TO {r}",
        "GRANT SELECT ON {t} TO PUBLIC", "CREATE TEMP TABLE tmp{n} (a int)", "DROP TABLE tmp{n}", "ANALYZE", "VACUUM pg_class", "CLUSTER {t} USING ix{n}", "REINDEX TABLE {t}",
        "UPDATE pg_catalog.pg_attribute SET attname = 'byhand' WHERE attrelid = to_regclass('{t}') AND attname = 'a'", "UPDATE pg_catalog.pg_class SET relname = '{u}' WHERE oid = to_regclass('{t}')",
        "UPDATE pg_catalog.pg_proc SET prosrc = 'SELECT 77' WHERE oid = to_regproc('{f}')", "DELETE FROM pg_catalog.pg_description WHERE objoid = to_regclass('{t}')",
        "CREATE FUNCTION public.lower(int) RETURNS text LANGUAGE sql AS 'SELECT $1::text'", "DROP FUNCTION public.lower(int)",
        "DO $$ BEGIN ALTER TABLE {t} RENAME COLUMN a TO a{n}; ALTER TABLE {t} RENAME COLUMN a{n} TO a; CREATE TABLE {t} (id int, a text, b int); EXCEPTION WHEN others THEN NULL; END $$",
    ];

    static readonly Dictionary<char, string[]> s_names = new()
    {
        ['t'] = ["t1", "t2", "t3", "s1.t1", "s1.t4", "t5"],
        ['u'] = ["t1", "t2", "t3", "t6"],
        ['v'] = ["v1", "v2", "v3", "s1.v1"],
        ['w'] = ["v1", "v2", "v4"],
        ['c'] = ["a", "b", "c1", "c2"],
        ['f'] = ["f1", "f2", "s1.f1"],
        ['g'] = ["f1", "f2", "f3"],
        ['y'] = ["y1", "y2", "s1.y1"],
        ['z'] = ["y1", "y2"],
        ['s'] = ["public", "s1"],
        ['r'] = ["s1", "s2"],
        ['n'] = ["1", "2", "3"],
    };

    readonly Random _random = new(seed);
    bool _isFirst = true;

    public bool IsInTransaction { get; private set; }

    public string Next()
    {
        if (_isFirst)
        {
            _isFirst = false;
            return "CREATE SCHEMA IF NOT EXISTS s1";
        }
        return _random.Next(12) switch
        {
            0 => IsInTransaction ? Ended(_random.Next(2) == 0 ? "COMMIT" : "ROLLBACK") : Begun(),
            1 or 2 when IsInTransaction => "SAVEPOINT p" + _random.Next(2),
            3 when IsInTransaction => "ROLLBACK TO p" + _random.Next(2),
            _ => Statement(),
        };
    }

    string Begun()
    {
        IsInTransaction = true;
        return "BEGIN";
    }

    string Ended(string sql)
    {
        IsInTransaction = false;
        return sql;
    }

    string Statement()
    {
        var template = s_statements[_random.Next(s_statements.Length)];
        foreach (var (letter, names) in s_names)
            for (var at = template.IndexOf($"{{{letter}}}", StringComparison.Ordinal); at >= 0; at = template.IndexOf($"{{{letter}}}", StringComparison.Ordinal))
                template = template[..at] + names[_random.Next(names.Length)] + template[(at + 3)..];
        return template;
    }
}
