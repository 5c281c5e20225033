using WireProxy.TestKit;

namespace WireProxy.EndToEnd.Tests.Masking;

/// <summary>What has nothing to do with a protected column comes as the server gave it: a gateway that answers NULL to be on the
/// safe side gives wrong answers.</summary>
public sealed class NotMaskedTests() : ThroughGateway(Through.Guarded)
{
    private static readonly string[] Questions =
    [
        "SELECT count(*), sum(beds), max(name), string_agg(name, ',' ORDER BY name) FROM clinic.wards",
        "SELECT id, ward FROM clinic.patients ORDER BY id",
        "SELECT w.beds * 2, upper(w.name) FROM clinic.wards w ORDER BY 1",
        "VALUES (1, 'x'), (2, NULL)",
        "SELECT current_user, current_setting('work_mem'), 1 + 1, 'a' || 'b', ARRAY[1, 2], '{\"a\": 1}'::jsonb -> 'a'",
        "WITH RECURSIVE r (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT sum(n) FROM r",
        "SELECT relname, relkind, reltuples >= -1 FROM pg_class WHERE relname = 'wards'",
        "SHOW work_mem",
        "EXPLAIN (COSTS OFF) SELECT * FROM clinic.wards WHERE beds > 1",
        "DISCARD ALL; SELECT 1 + 1",
        "PREPARE q (int) AS SELECT $1 * 2, name FROM clinic.wards ORDER BY name; EXECUTE q (21); DEALLOCATE q",
        "BEGIN; DECLARE c CURSOR FOR SELECT n, n * 2 FROM generate_series(1, 3) n; FETCH ALL FROM c; COMMIT",
        "BEGIN; DECLARE c SCROLL CURSOR FOR SELECT upper(name), beds FROM clinic.wards ORDER BY 1; FETCH 2 FROM c; FETCH PRIOR FROM c; COMMIT",
        "DECLARE c CURSOR WITH HOLD FOR SELECT beds + 1 FROM clinic.wards; FETCH ALL FROM c; CLOSE c",
        "CREATE TEMP TABLE made AS SELECT 1 AS n; SELECT n, n + 1 FROM made; DROP TABLE made",
        "BEGIN; CREATE TEMP TABLE made (n int); INSERT INTO made VALUES (1) RETURNING n, n + 1; SELECT sum(n) FROM made; ROLLBACK",
        "BEGIN; CREATE TABLE made AS SELECT name FROM clinic.wards; SELECT name, length(name) FROM made ORDER BY 1; ROLLBACK",
        "BEGIN; UPDATE clinic.wards SET beds = beds + 1 RETURNING name, beds; ROLLBACK",
        "COPY (SELECT beds * 2, name FROM clinic.wards ORDER BY name) TO STDOUT (FORMAT csv, HEADER)",
        "COPY clinic.wards TO STDOUT",
        "COPY clinic.wards TO STDOUT \\; SELECT 1 + 1, 'a' || 'b', 2 * beds FROM clinic.wards ORDER BY 3",
        "SELECT gid, owner, database FROM pg_prepared_xacts",
        "BEGIN; CREATE TABLE prepared (n int); PREPARE TRANSACTION 'some id'; SELECT gid FROM pg_prepared_xacts; ROLLBACK PREPARED 'some id'",
        "DO $$ BEGIN RAISE NOTICE 'seen %', 6 * 7; END $$",
        "SELECT * FROM \"no_\u20ac_table\"",
        "SELECT 'abc'::int",
        "INSERT INTO clinic.wards VALUES ('north', 1)",
        "LISTEN news; NOTIFY news, 'payload'; UNLISTEN news",
        "SELECT set_config('my.setting', 'value', false), current_setting('my.setting')",
        "SELECT xmlelement(name a, 'b'), regexp_matches('abc', '(b)(c)'), '[1,5)'::int4range, interval '1 day', point(1, 2)",
    ];

    [TestCaseSource(nameof(Questions))]
    public async Task The_answer_is_that_of_the_server(string sql)
    {
        // Without the process id of a notification, which is another one each time.
        var script = $"\\set VERBOSITY verbose\n\\pset null (null)\n{sql};\n";

        var direct = await DirectPsql.ScriptAsync(script, "-A", "-t");
        var result = await Psql.ScriptAsync(script, "-A", "-t");

        Assert.That(WithoutProcess(result), Is.EqualTo(WithoutProcess(direct)));
    }

    private static string WithoutProcess(ProcessResult result) =>
        string.Join('\n', result.ToString().Split('\n').Select(line => line.Split(" received from server process with PID ")[0]));
}
