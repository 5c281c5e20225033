namespace WireProxy.Sql.Tests.Lineage;

/// <summary>A hospital in which every stored text is a token that says which column it belongs to, whatever is done to it afterwards:
/// Q, three letters for the column, a row, Q. Columns of keys hold small numbers and no tokens.</summary>
internal static class Hospital
{
    public const string Schema = """
        CREATE SCHEMA h;
        CREATE TYPE h.contact AS (name text, phone text);
        CREATE DOMAIN h.code AS text CHECK (length(VALUE) > 1);
        CREATE TABLE h.patients (id int PRIMARY KEY, gone text, full_name text, ssn h.code, city text, notes jsonb, doctor int,
            contact h.contact, tags text[], shout text GENERATED ALWAYS AS (upper(full_name) || '!') STORED, junk int);
        ALTER TABLE h.patients DROP COLUMN gone;
        CREATE TABLE h.vips (perk text) INHERITS (h.patients);
        CREATE TABLE h.doctors (id int PRIMARY KEY, full_name text, unit text);
        CREATE TABLE h.visits (id int, patient int, day int, reason text, result text) PARTITION BY RANGE (day);
        CREATE TABLE h.visits_a PARTITION OF h.visits FOR VALUES FROM (0) TO (100);
        CREATE TABLE h.visits_b (result text, day int, reason text, patient int, id int);
        ALTER TABLE h.visits ATTACH PARTITION h.visits_b FOR VALUES FROM (100) TO (200);
        CREATE TABLE h.log (id serial, what text, who text DEFAULT 'nobody');
        CREATE TABLE h.pad (id int PRIMARY KEY, a text, b text, c text);
        """;

    public const string Objects = """
        CREATE VIEW h.v_names AS SELECT id, full_name AS label, city FROM h.patients;
        CREATE VIEW h.v_cards (k, card) AS SELECT p.id, p.full_name || '/' || p.ssn FROM h.patients p;
        CREATE VIEW h.v_nested AS SELECT n.id, n.label AS who, d.unit FROM h.v_names n JOIN h.doctors d ON d.id = n.id;
        CREATE VIEW h.v_union AS SELECT id, full_name AS x FROM h.patients UNION ALL SELECT id, unit FROM h.doctors;
        CREATE VIEW h.v_using AS SELECT * FROM h.doctors JOIN (SELECT id, reason FROM h.visits) v USING (id);
        CREATE VIEW h.v_row AS SELECT p.id, p AS whole FROM ONLY h.patients p;
        CREATE MATERIALIZED VIEW h.m_summary AS SELECT p.id, p.ssn AS tag, count(*) AS n FROM h.patients p GROUP BY 1, 2;
        CREATE FUNCTION h.ssn_of(i int) RETURNS text LANGUAGE sql STABLE AS 'SELECT ssn::text FROM h.patients WHERE id = i LIMIT 1';
        CREATE FUNCTION h.label(h.patients) RETURNS text LANGUAGE sql STABLE AS 'SELECT $1.full_name || $1.city';
        CREATE FUNCTION h.all_patients() RETURNS SETOF h.patients LANGUAGE sql STABLE AS 'SELECT * FROM h.patients';
        CREATE FUNCTION h.pairs(OUT a text, OUT b text) RETURNS SETOF record LANGUAGE sql STABLE AS 'SELECT city, ssn FROM h.patients';
        CREATE FUNCTION h.tab(i int) RETURNS TABLE (k int, t text) LANGUAGE sql STABLE AS 'SELECT id, reason FROM h.visits WHERE id >= i';
        CREATE FUNCTION h.echo(anyelement) RETURNS anyelement LANGUAGE sql AS 'SELECT $1';
        CREATE FUNCTION h.twice(x text, y text DEFAULT h.ssn_of(1)) RETURNS text LANGUAGE sql AS 'SELECT x || y';
        CREATE FUNCTION h.atomic(i int) RETURNS text LANGUAGE sql STABLE BEGIN ATOMIC SELECT unit FROM h.doctors WHERE id = i; END;
        CREATE FUNCTION h.pl_query() RETURNS TABLE (k int, t text, u text) LANGUAGE plpgsql STABLE AS
            $$ BEGIN RETURN QUERY SELECT p.id, p.city, p.full_name FROM h.patients p; END $$;
        CREATE FUNCTION h.pl_loop() RETURNS text LANGUAGE plpgsql STABLE AS
            $$ DECLARE r record; s text := ''; BEGIN FOR r IN SELECT * FROM h.doctors LOOP s := s || r.unit; END LOOP; RETURN s; END $$;
        CREATE FUNCTION h.pl_into(i int) RETURNS text LANGUAGE plpgsql STABLE AS
            $$ DECLARE v text; BEGIN SELECT reason INTO v FROM h.visits WHERE id = i; IF v IS NULL THEN RETURN 'none'; END IF; RETURN v; END $$;
        CREATE FUNCTION h.pl_literal() RETURNS text LANGUAGE plpgsql STABLE AS
            $$ DECLARE v text; BEGIN EXECUTE 'SELECT city FROM h.patients LIMIT 1' INTO v; RETURN v; END $$;
        CREATE FUNCTION h.pl_notice(i int) RETURNS int LANGUAGE plpgsql AS
            $$ BEGIN RAISE NOTICE 'visit %', (SELECT reason FROM h.visits WHERE id = i LIMIT 1); RETURN i; END $$;
        CREATE FUNCTION h.glue(text, text) RETURNS text LANGUAGE sql AS $$ SELECT $1 || $2 || coalesce((SELECT unit FROM h.doctors LIMIT 1), '') $$;
        CREATE OPERATOR h.@|@ (LEFTARG = text, RIGHTARG = text, FUNCTION = h.glue);
        CREATE TYPE h.box AS (v text);
        CREATE FUNCTION h.tobox(text) RETURNS h.box LANGUAGE sql AS 'SELECT ROW($1)::h.box';
        CREATE CAST (text AS h.box) WITH FUNCTION h.tobox(text);
        CREATE AGGREGATE h.keep (text) (SFUNC = textcat, STYPE = text, INITCOND = '');
        CREATE FUNCTION h.trg() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN INSERT INTO h.log (what) VALUES (OLD.a || NEW.b); NEW.c := upper(NEW.a); RETURN NEW; END $$;
        CREATE TRIGGER pad_log BEFORE UPDATE ON h.pad FOR EACH ROW EXECUTE FUNCTION h.trg();
        CREATE RULE doctors_rule AS ON UPDATE TO h.doctors DO ALSO INSERT INTO h.log (what, who) VALUES (OLD.unit, NEW.full_name);
        ALTER TABLE h.log ALTER COLUMN who SET DEFAULT h.ssn_of(2);
        """;

    /// <summary>Relations that store rows, with their columns of tokens.</summary>
    public static readonly (string Relation, string[] Columns)[] Stored =
    [
        ("patients", ["full_name", "ssn", "city", "notes", "contact", "tags"]),
        ("vips", ["full_name", "ssn", "city", "notes", "contact", "tags", "perk"]),
        ("doctors", ["full_name", "unit"]),
        ("visits_a", ["reason", "result"]),
        ("visits_b", ["reason", "result"]),
        ("log", ["what", "who"]),
        ("pad", ["a", "b", "c"]),
    ];

    /// <summary>Three letters for each column.</summary>
    public static Dictionary<string, (string Relation, string Column)> Codes { get; } = MakeCodes();

    static Dictionary<string, (string, string)> MakeCodes()
    {
        var codes = new Dictionary<string, (string, string)>();
        foreach (var (relation, columns) in Stored)
            foreach (var column in columns)
                codes.Add(new string([(char)('B' + (codes.Count / 10)), 'X', (char)('A' + (codes.Count % 10))]), (relation, column));
        return codes;
    }

    static string Token(string relation, string column, int row) =>
        $"Q{Codes.Single(c => c.Value == (relation, column)).Key}{row}Q";

    public static string Rows()
    {
        var sql = new System.Text.StringBuilder();
        for (var row = 1; row <= 3; row++)
        {
            foreach (var table in new[] { "patients", "vips" })
            {
                string T(string column) => $"'{Token(table, column, row)}'";
                var id = table == "vips" ? row + 3 : row;
                sql.Append($"INSERT INTO h.{table} (id, full_name, ssn, city, notes, doctor, contact, tags{(table == "vips" ? ", perk" : "")}) VALUES ({id}, "
                    + $"{T("full_name")}, {T("ssn")}, {T("city")}, '{{\"k\": \"{Token(table, "notes", row)}\"}}', {row}, "
                    + $"ROW({T("contact")}, 'p'), ARRAY[{T("tags")}, 'none']{(table == "vips" ? ", " + T("perk") : "")});\n");
            }
            sql.Append($"INSERT INTO h.doctors VALUES ({row}, '{Token("doctors", "full_name", row)}', '{Token("doctors", "unit", row)}');\n");
            sql.Append($"INSERT INTO h.visits VALUES ({row}, {row}, {row}, '{Token("visits_a", "reason", row)}', '{Token("visits_a", "result", row)}');\n");
            sql.Append($"INSERT INTO h.visits VALUES ({row + 3}, {row}, {row + 100}, '{Token("visits_b", "reason", row)}', '{Token("visits_b", "result", row)}');\n");
            sql.Append($"INSERT INTO h.log (what, who) VALUES ('{Token("log", "what", row)}', '{Token("log", "who", row)}');\n");
            sql.Append($"INSERT INTO h.pad VALUES ({row}, '{Token("pad", "a", row)}', '{Token("pad", "b", row)}', '{Token("pad", "c", row)}');\n");
        }
        return sql.ToString();
    }

    /// <summary>The columns whose tokens stand in a text, whole or as they stand reversed.</summary>
    public static IEnumerable<(string Relation, string Column)> Find(string text)
    {
        var upper = text.ToUpperInvariant();
        var reversed = new string([.. upper.Reverse()]);
        foreach (var (code, column) in Codes)
            for (var row = '1'; row <= '3'; row++)
            {
                var token = $"Q{code}{row}Q";
                if (upper.Contains(token, StringComparison.Ordinal) || reversed.Contains(token, StringComparison.Ordinal))
                    yield return column;
            }
    }
}
