using System.Text;
using WireProxy.TestKit;

namespace WireProxy.EndToEnd.Tests.Review;

/// <summary>What a superuser could make the server run outside of any session: nobody judges it there, and it reaches every database.</summary>
public sealed class ServerCodeTests() : ThroughGateway(Through.Guarded)
{
    [TestCase("LOAD '/tmp/x.so'")]
    [TestCase("LOAD '$libdir/../../tmp/x'")]
    [TestCase("CREATE FUNCTION never() RETURNS int LANGUAGE c AS '/tmp/x', 'f'")]
    [TestCase("CREATE FUNCTION never() RETURNS int LANGUAGE sql SET dynamic_library_path = '/tmp' AS 'SELECT 1'")]
    [TestCase("ALTER FUNCTION clinic.tell() SET session_preload_libraries = '/tmp/x'")]
    [TestCase("SET dynamic_library_path = '/tmp'")]
    [TestCase("SELECT set_config('Dynamic_Library_Path', '/tmp', false)")]
    [TestCase("ALTER SYSTEM SET archive_command = 'cp %p /tmp'")]
    [TestCase("ALTER SYSTEM SET ssl_passphrase_command TO 'x'")]
    [TestCase("ALTER SYSTEM SET archive_library = 'x'")]
    [TestCase("ALTER ROLE CURRENT_USER SET session_preload_libraries = '/tmp/x'")]
    [TestCase("ALTER DATABASE postgres SET local_preload_libraries = 'x'")]
    [TestCase("COPY (SELECT 'archive_command = x') TO '/tmp/never/postgresql.auto.conf'")]
    [TestCase("COPY clinic.wards TO '/tmp/never/.bashrc'")]
    [TestCase("SELECT lo_export(0, '/tmp/never/x.so')")]
    [TestCase("DO 'BEGIN ALTER SYSTEM SET restore_command = ''x''; END'")]
    [TestCase("CREATE SUBSCRIPTION never CONNECTION 'host=127.0.0.1' PUBLICATION p")]
    [TestCase("ALTER SUBSCRIPTION never ENABLE")]
    [TestCase("ALTER SUBSCRIPTION never REFRESH PUBLICATION")]
    public async Task Code_of_the_servers_own_is_not_set_up_in_any_database(string sql)
    {
        foreach (string database in (string[])["postgres", "template1"])
        {
            await using var client = await WireClient.LogInAsync(Port, database: database);
            Assert.That(Errors(await client.QueryAsync(sql)), Does.Contain("WireProxy did not run this"), database);
        }
    }

    [TestCase("LOAD 'auto_explain'")]
    [TestCase("LOAD '$libdir/plpgsql'")]
    [TestCase("SET statement_timeout = '5s'")]
    [TestCase("SELECT set_config('search_path', '', true)")]
    [TestCase("RESET dynamic_library_path")]
    [TestCase("COPY clinic.wards TO '/dev/null'")]
    [TestCase("ALTER SUBSCRIPTION never DISABLE")]
    [TestCase("ALTER ROLE CURRENT_USER SET work_mem = '5MB'")]
    public async Task What_only_looks_so_is_done(string sql)
    {
        await using var client = await LogInAsync();
        await client.QueryAsync("BEGIN");
        Assert.That(Errors(await client.QueryAsync(sql)), Does.Not.Contain("WireProxy"));
    }

    /// <summary>autovacuum computes it again, a minute later, when the function may be another one.</summary>
    [TestCase("CREATE INDEX ON server_{0} (copies_{0}(i))")]
    [TestCase("CREATE INDEX ON server_{0} (i) WHERE copies_{0}(i) > 0")]
    [TestCase("CREATE STATISTICS statistics_{0} ON (copies_{0}(i)), i FROM server_{0}")]
    [TestCase("CREATE OR REPLACE FUNCTION plain_{0}(i int) RETURNS int LANGUAGE plpgsql AS 'BEGIN INSERT INTO out_{0} SELECT full_name FROM clinic.patients; RETURN i; END'")]
    [TestCase("CREATE OR REPLACE FUNCTION plain_{0}(i int) RETURNS int LANGUAGE sql AS 'SELECT count(*)::int FROM out_{0}'")]
    [TestCase("CREATE FUNCTION plain_{0}(i bigint) RETURNS int LANGUAGE plpgsql AS 'BEGIN EXECUTE ''SELECT '' || i; RETURN 1; END'")]
    [TestCase("CREATE OR REPLACE FUNCTION within_{0}(i int) RETURNS int LANGUAGE plpgsql AS 'BEGIN PERFORM copies_{0}(i); RETURN i; END'")]
    [TestCase("ALTER FUNCTION plain_{0}(int) SET search_path = elsewhere")]
    [TestCase("ALTER FUNCTION copies_{0}(int) RENAME TO within_{0}")]
    public async Task What_autovacuum_runs_is_an_expression_and_stays_one(string sql)
    {
        await using var client = await LogInAsync();
        string id = await MakeIndexAsync(client);
        Assert.That(Errors(await client.QueryAsync(string.Format(null, sql, id))), Does.Contain("WireProxy did not run this"));
    }

    [TestCase("CREATE OR REPLACE FUNCTION plain_{0}(i int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'DECLARE x int := i * 2; BEGIN IF x > 3 THEN x := 3; END IF; RETURN within_{0}(x); END'")]
    [TestCase("CREATE OR REPLACE FUNCTION within_{0}(i int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT abs($1) + 1'")]
    [TestCase("CREATE OR REPLACE FUNCTION copies_{0}(i int) RETURNS int LANGUAGE sql AS 'SELECT 1'")]
    [TestCase("CREATE INDEX ON server_{0} (abs(i), within_{0}(i))")]
    public async Task What_is_an_expression_is_replaced_by_another(string sql)
    {
        await using var client = await LogInAsync();
        string id = await MakeIndexAsync(client);
        Assert.That(Errors(await client.QueryAsync(string.Format(null, sql, id))), Is.Empty);
    }

    private static async Task<string> MakeIndexAsync(WireClient client)
    {
        string id = Guid.NewGuid().ToString("N");
        foreach (string sql in (string[])[
            $"CREATE TABLE server_{id} (i int)", $"CREATE TABLE out_{id} (t text)",
            $"CREATE FUNCTION copies_{id}(i int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN INSERT INTO out_{id} VALUES (i); RETURN i; END'",
            $"CREATE FUNCTION within_{id}(i int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT i + 1'",
            $"CREATE FUNCTION plain_{id}(i int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN within_{id}(i); END'",
            $"CREATE INDEX ON server_{id} (plain_{id}(i))"])
            Assert.That(Errors(await client.QueryAsync(sql)), Is.Empty, sql);
        return id;
    }

    private static string Errors(IEnumerable<WireMessage> answer) =>
        string.Join('\n', answer.Where(message => message.Type == 'E').Select(message => Encoding.UTF8.GetString(message.Body)));
}
