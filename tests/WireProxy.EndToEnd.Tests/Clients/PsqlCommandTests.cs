using WireProxy.TestKit;

namespace WireProxy.EndToEnd.Tests.Clients;

/// <summary>The unmodified psql, not on a terminal. What it shows is what it shows without the gateway.</summary>
[TestFixture(Through.Transparent)]
[TestFixture(Through.Guarded)]
public sealed class PsqlCommandTests(Through through) : ThroughGateway(through)
{
    [TestCase(@"\d")]
    [TestCase(@"\d clinic.patients")]
    [TestCase(@"\d+ clinic.called")]
    [TestCase(@"\dt+ clinic.*")]
    [TestCase(@"\dt+ pg_catalog.pg_am*")]
    [TestCase(@"\l")]
    [TestCase(@"\du")]
    [TestCase(@"\dn+")]
    [TestCase(@"\df+ pg_catalog.array_l*")]
    [TestCase(@"\dT")]
    [TestCase(@"\dp clinic.*")]
    [TestCase(@"\sf pg_catalog.lpad(text, integer)")]
    [TestCase(@"\ddp")]
    [TestCase(@"\dconfig work_mem")]
    [TestCase(@"\encoding")]
    public async Task A_command_that_describes_shows_the_same(string command)
    {
        var direct = await DirectPsql.ScriptAsync(command + "\n");
        var result = await Psql.ScriptAsync(command + "\n");

        Assert.That(direct.ExitCode, Is.Zero, direct.ToString());
        Assert.That(direct.Output + direct.Error, Is.Not.Empty);
        Assert.That(result, Is.EqualTo(direct));
    }

    [Test]
    public async Task A_script_with_errors_notices_and_settings_shows_the_same()
    {
        const string script = """
            \timing off
            BEGIN;
            CREATE TEMP TABLE t (a int PRIMARY KEY, b text);
            INSERT INTO t VALUES (1, 'one'), (2, NULL);
            SAVEPOINT s;
            INSERT INTO t VALUES (1, 'again');
            ROLLBACK TO s;
            \set VERBOSITY verbose
            DO $$ BEGIN RAISE NOTICE 'seen %', 42; RAISE WARNING USING MESSAGE = 'careful', HINT = 'a hint', DETAIL = 'a detail'; END $$;
            \pset null '(null)'
            \x
            SELECT * FROM t ORDER BY a;
            \x
            SELECT 1/0;
            COMMIT;
            SELECT a, b FROM t \gdesc
            SELECT 'x' AS one, 'y' AS two \gset
            \echo :one :two
            SELECT format('SELECT %s', n) FROM generate_series(1, 3) n \gexec
            SELECT 1 AS first \; SELECT 2 AS second \; SELECT 3 AS third;
            \set FETCH_COUNT 2
            SELECT n FROM generate_series(1, 5) n;
            \errverbose
            SET client_encoding = 'LATIN1';
            SELECT chr(228) AS a_umlaut;
            """;

        var direct = await DirectPsql.ScriptAsync(script);
        var result = await Psql.ScriptAsync(script);

        Assert.That(direct.Output, Does.Contain("(null)").And.Contain("x y"));
        Assert.That(result, Is.EqualTo(direct));
    }

    [Test]
    public async Task Copy_goes_both_ways()
    {
        using var directory = new TemporaryDirectory();
        await File.WriteAllLinesAsync(directory["in.csv"], Enumerable.Range(0, 20_000).Select(n => $"{n},\"text, {n} \u00e4\""));
        var table = $"copied_{Kind}".ToLowerInvariant();

        var result = await Psql.ScriptAsync($"""
            CREATE TABLE {table} (n int, t text);
            \copy {table} FROM '{directory["in.csv"]}' (FORMAT csv)
            \copy (SELECT * FROM {table} ORDER BY n) TO '{directory["out.csv"]}' (FORMAT csv, FORCE_QUOTE (t))
            \copy {table} TO '{directory["out.bin"]}' (FORMAT binary)
            \copy {table} FROM '{directory["out.bin"]}' (FORMAT binary)
            SELECT count(*), count(DISTINCT n) FROM {table};
            DROP TABLE {table};
            """, "-A", "-t", "-v", "ON_ERROR_STOP=1");

        Assert.That(result.ExitCode, Is.Zero, result.ToString());
        Assert.That(result.Output, Does.Contain("40000|20000"));
        Assert.That(await File.ReadAllTextAsync(directory["out.csv"]), Is.EqualTo(await File.ReadAllTextAsync(directory["in.csv"])));
    }

    [Test]
    public async Task A_copy_that_fails_leaves_the_connection_usable()
    {
        var result = await Psql.ScriptAsync("""
            CREATE TEMP TABLE t (n int);
            COPY t FROM STDIN;
            1
            not a number
            2
            \.
            SELECT 'still ' || 'here';
            """, "-A", "-t");

        Assert.That(result.Error, Does.Contain("invalid input syntax for type integer").And.Contain("COPY t, line 2"));
        Assert.That(result.Output, Does.Contain("still here"));
    }

    [Test]
    public async Task Large_objects_come_back_as_they_went()
    {
        using var directory = new TemporaryDirectory();
        var content = new byte[3_000_001];
        Random.Shared.NextBytes(content);
        await File.WriteAllBytesAsync(directory["in"], content);

        var result = await Psql.ScriptAsync($"""
            \lo_import '{directory["in"]}' 'a comment'
            \set object :LASTOID
            \lo_list
            \lo_export :object '{directory["out"]}'
            \lo_unlink :object
            SELECT count(*) FROM pg_largeobject WHERE loid = :object;
            """, "-A", "-t", "-v", "ON_ERROR_STOP=1");

        Assert.That(result.ExitCode, Is.Zero, result.ToString());
        Assert.That(result.Output, Does.Contain("a comment").And.Contain("lo_unlink").And.EndsWith("0\n"));
        Assert.That(await File.ReadAllBytesAsync(directory["out"]), Is.EqualTo(content));
    }

    [Test]
    public async Task A_value_of_100_MB_comes_whole()
    {
        using var directory = new TemporaryDirectory();

        var result = await Psql.ScriptAsync($"""
            \o {directory["out"]}
            SELECT repeat('0123456789', 10 * 1024 * 1024);
            """, "-A", "-t");

        Assert.That(result.ExitCode, Is.Zero, result.ToString());
        Assert.That(new FileInfo(directory["out"]).Length, Is.EqualTo(100L * 1024 * 1024 + 1));
    }

    [Test]
    public async Task A_value_of_100_MB_goes_whole()
    {
        using var directory = new TemporaryDirectory();
        await File.WriteAllTextAsync(directory["in"], new string('x', 100 * 1024 * 1024) + "\n");

        var result = await Psql.ScriptAsync($"""
            CREATE TEMP TABLE t (v text);
            \copy t FROM '{directory["in"]}'
            SELECT length(v) FROM t;
            """, "-A", "-t");

        Assert.That(result.Output, Does.Contain($"{100 * 1024 * 1024}"), result.ToString());
    }
}
