using WireProxy.TestKit;

namespace WireProxy.EndToEnd.Tests.Masking;

/// <summary>However a protected value is asked for, it does not come.</summary>
public sealed class MaskingTests() : ThroughGateway(Through.Guarded)
{
    private static readonly string[] Questions =
    [
        "SELECT * FROM clinic.patients",
        "TABLE clinic.patients",
        "SELECT full_name, ssn, born, postcode, email, external FROM clinic.patients",
        "SELECT full_name AS ward, ssn AS id FROM clinic.patients",
        "SELECT a.b, a.c FROM clinic.patients AS a (id, b, c)",
        "SELECT p.* FROM clinic.patients p JOIN clinic.wards w ON w.name = p.ward",
        "SELECT (SELECT full_name FROM clinic.patients WHERE id = 1)",
        "SELECT s.f FROM (SELECT full_name AS f FROM clinic.patients) s",
        "WITH c AS (SELECT full_name FROM clinic.patients), d (x) AS (TABLE c) SELECT x FROM d",
        "SELECT ward FROM clinic.patients UNION ALL SELECT full_name FROM clinic.patients",
        "SELECT name FROM clinic.called",
        "SELECT * FROM clinic.called",
        "SELECT upper(substr(full_name, 2)), full_name || '' FROM clinic.patients",
        "SELECT 'x' || name FROM clinic.called",
        "SELECT coalesce(NULL, full_name), CASE WHEN true THEN ssn END, nullif(full_name, ''), greatest(full_name, '') FROM clinic.patients",
        "SELECT min(full_name), max(ssn), string_agg(full_name, ','), array_agg(full_name), json_agg(full_name) FROM clinic.patients",
        "SELECT first_value(full_name) OVER (ORDER BY id), lag(ssn) OVER (ORDER BY id) FROM clinic.patients",
        "SELECT DISTINCT full_name FROM clinic.patients ORDER BY full_name",
        "SELECT full_name, count(*) FROM clinic.patients GROUP BY GROUPING SETS ((full_name), ())",
        "SELECT p FROM clinic.patients p",
        "SELECT p::text, row_to_json(p), to_jsonb(p.*), ROW(p.*) FROM clinic.patients p",
        "SELECT (p).full_name FROM clinic.patients p",
        "SELECT unnest(allergies) FROM clinic.patients",
        "SELECT history ->> 'note', history #>> '{note}', jsonb_path_query(history, '$.note') FROM clinic.patients",
        "SELECT encode(photo, 'hex'), photo FROM clinic.patients",
        "SELECT weight, weight + 0, born::text, to_char(born, 'YYYY-MM-DD') FROM clinic.patients",
        "SELECT x.v FROM clinic.patients p, LATERAL (VALUES (p.full_name)) x (v)",
        "SELECT x.v FROM clinic.patients p, LATERAL unnest(ARRAY[p.full_name]) x (v)",
        "SELECT 1; SELECT full_name FROM clinic.patients; SELECT 2",
        "SET search_path = clinic; SELECT full_name FROM patients",
        "PREPARE q AS SELECT full_name FROM clinic.patients; EXECUTE q",
        "BEGIN; DECLARE c CURSOR FOR SELECT full_name FROM clinic.patients; FETCH ALL FROM c; COMMIT",
        "BEGIN; DECLARE c SCROLL CURSOR WITH HOLD FOR SELECT * FROM clinic.patients; COMMIT; FETCH 2 FROM c; FETCH BACKWARD 1 FROM c",
        "BEGIN; UPDATE clinic.patients SET ward = ward RETURNING full_name; ROLLBACK",
        "BEGIN; DELETE FROM clinic.visits WHERE id = 1; DELETE FROM clinic.patients WHERE id = 2 RETURNING *; ROLLBACK",
        "BEGIN; WITH u AS (UPDATE clinic.patients SET ward = 'x' RETURNING full_name) SELECT full_name AS ward FROM u; ROLLBACK",
        "COPY clinic.patients TO STDOUT",
        "COPY clinic.patients (ward, full_name) TO STDOUT (FORMAT csv, HEADER, FORCE_QUOTE *, DELIMITER ';', NULL 'nix')",
        "COPY clinic.patients (full_name) TO STDOUT (DELIMITER '|')",
        "COPY (SELECT full_name AS w FROM clinic.patients) TO STDOUT (FORMAT csv)",
        "COPY (SELECT name FROM clinic.called) TO STDOUT",
        "SELECT full_name::int FROM clinic.patients",
        "SELECT ('1' || ssn)::date FROM clinic.patients",
        "UPDATE clinic.patients SET full_name = NULL WHERE id = 1",
        "INSERT INTO clinic.patients (id, full_name, email) SELECT 99, '', email FROM clinic.patients WHERE id = 1",
        "DO $$ BEGIN RAISE NOTICE 'it is %', (SELECT full_name FROM clinic.patients WHERE id = 1); END $$",
        "DO $$ BEGIN RAISE EXCEPTION USING MESSAGE = 'no', DETAIL = (SELECT ssn FROM clinic.patients WHERE id = 1); END $$",
        "LISTEN leak; SELECT pg_notify('leak', full_name) FROM clinic.patients; SELECT 1",
        "SELECT clinic.tell()",
        "SELECT * FROM clinic.tell_all()",
        "SELECT histogram_bounds, most_common_vals FROM pg_stats WHERE tablename = 'patients'",
        "SELECT stavalues1 FROM pg_statistic WHERE starelid = 'clinic.patients'::regclass",
        "SELECT table_to_xml('clinic.patients', true, false, '')",
        "SELECT query_to_xml('SELECT full_name FROM clinic.patients', true, false, '')",
        "CREATE TEMP TABLE copied AS SELECT full_name AS x FROM clinic.patients; SELECT x FROM copied",
        "SELECT full_name AS x INTO TEMP copied FROM clinic.patients; SELECT x FROM copied",
        "CREATE TEMP TABLE copied (x text); INSERT INTO copied SELECT ssn FROM clinic.patients; SELECT x FROM copied",
        "CREATE TEMP TABLE copied (x text); INSERT INTO copied VALUES (''); UPDATE copied SET x = (SELECT ssn FROM clinic.patients WHERE id = 1); SELECT x FROM copied",
        "CREATE TEMP VIEW seen AS SELECT full_name AS x FROM clinic.patients; SELECT x FROM seen",
        "CREATE FUNCTION pg_temp.peek() RETURNS text LANGUAGE sql AS 'SELECT full_name FROM clinic.patients LIMIT 1'; SELECT pg_temp.peek()",
    ];

    [TestCaseSource(nameof(Questions))]
    public async Task A_protected_value_is_not_delivered(string sql)
    {
        var direct = await AskAsync(DirectPsql, sql);
        var result = await AskAsync(Psql, sql);

        Assert.That(Leaks(direct), Is.Not.Empty, "without the gateway the question is answered, or this test could not fail");
        Assert.That(Leaks(result), Is.Empty, result.ToString());
    }

    [Test]
    public async Task Binary_copy_delivers_no_protected_value()
    {
        using var directory = new TemporaryDirectory();
        foreach (var (psql, leaks) in new[] { (DirectPsql, true), (Psql, false) })
        {
            var result = await psql.ScriptAsync($"\\copy clinic.patients TO '{directory["out"]}' (FORMAT binary)\n");
            var bytes = await File.ReadAllBytesAsync(directory["out"]);

            Assert.That(result.ExitCode, Is.Zero, result.ToString());
            Assert.That(bytes.AsSpan().IndexOf("Quillfeather"u8) >= 0, Is.EqualTo(leaks));
            Assert.That(bytes.AsSpan().IndexOf((byte[])[0xca, 0xfe, 0xba, 0xbe, 0x01]) >= 0, Is.EqualTo(leaks));
            Assert.That(bytes.AsSpan().IndexOf("north"u8) >= 0, "what is not protected comes");
        }
    }

    [Test]
    public async Task Each_mask_keeps_what_it_promises()
    {
        var result = await Psql.ScriptAsync(
            "SELECT id, ssn, born, left(postcode, 3) IS NOT NULL, weight, visits, ward FROM clinic.patients WHERE id = 1;\n"
            + "SELECT postcode FROM clinic.patients WHERE id = 1;\n", "-A", "-t", "--pset=null=(null)");

        var lines = result.Output.Split('\n');
        var values = lines[0].Split('|');
        Assert.That(values[0], Is.EqualTo("1"));
        Assert.That(values[1], Does.EndWith("1234").And.Not.Contain("900").And.Not.Contain("11-"));
        Assert.That(values[2], Is.EqualTo("1987-01-01"));
        Assert.That(values[4], Is.EqualTo("(null)"));
        Assert.That(values[5], Is.Not.EqualTo("7717").And.Match("^-?[0-9]+$"));
        Assert.That(values[6], Is.EqualTo("north"));
        Assert.That(lines[1], Does.StartWith("902").And.Not.EqualTo("90210"));
    }

    [Test]
    public async Task A_copy_that_was_masked_can_be_loaded_again()
    {
        using var directory = new TemporaryDirectory();
        foreach (var format in (string[])["text", "csv", "binary"])
        {
            var result = await Psql.ScriptAsync($"""
                \copy clinic.patients TO '{directory["out"]}' (FORMAT {format})
                CREATE TEMP TABLE again_{format} (LIKE clinic.patients);
                \copy again_{format} FROM '{directory["out"]}' (FORMAT {format})
                SELECT count(*), count(ssn), count(ward) FROM again_{format};
                """, "-A", "-t", "-q");

            Assert.That(result.Error, Is.Empty);
            Assert.That(result.Output, Is.EqualTo("3|3|3\n"), format);
        }
    }

    [Test]
    public async Task Who_is_granted_the_clear_values_sees_them()
    {
        var result = await Gateway.Psql("trusted").QueryAsync("SELECT full_name, ssn FROM clinic.patients WHERE id = 1");

        Assert.That(result.Output, Is.EqualTo("Zephyrine Quillfeather|900-11-1234\n"), result.ToString());
    }

    private static Task<ProcessResult> AskAsync(Psql psql, string sql) =>
        psql.ScriptAsync($"\\set VERBOSITY verbose\n{sql};\nSELECT 'end';\n", "-A", "-t");

    private static IEnumerable<string> Leaks(ProcessResult result) =>
        Clinic.Secrets.Where(secret => (result.Output + result.Error).Contains(secret, StringComparison.OrdinalIgnoreCase));
}
