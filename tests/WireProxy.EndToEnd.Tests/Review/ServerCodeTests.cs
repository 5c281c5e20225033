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

    private static string Errors(IEnumerable<WireMessage> answer) =>
        string.Join('\n', answer.Where(message => message.Type == 'E').Select(message => Encoding.UTF8.GetString(message.Body)));
}
