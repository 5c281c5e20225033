using System.Text;
using WireProxy.TestKit;

namespace WireProxy.EndToEnd.Tests.Journal;

/// <summary>Passwords, and what could be tried against them offline, enter neither the journal nor the log.</summary>
public sealed class CredentialTests
{
    [TestCase(Through.Transparent)]
    [TestCase(Through.Guarded)]
    public async Task No_credential_is_recorded_or_logged(Through through)
    {
        await using var gateway = await Clinic.StartAsync(through == Through.Guarded ? Clinic.Guard : settings => settings);
        var server = await Clinic.ServerAsync();
        foreach (var user in (string[])["clear", "md5", "scram"])
        {
            await (gateway.Psql(user) with { Password = PostgresServer.Password }).QueryAsync("SELECT 'marker'");
            await (gateway.Psql(user) with { Password = "wrong-horse-zx" }).QueryAsync("SELECT 1");
        }
        await gateway.Psql().ScriptAsync("""
            CREATE ROLE told LOGIN PASSWORD 'told-zx-1';
            ALTER ROLE told WITH ENCRYPTED PASSWORD E'told-zx-\x32' VALID UNTIL 'infinity';
            ALTER USER told PASSWORD $$told-zx-3$$;
            DO 'BEGIN ALTER ROLE told PASSWORD ''told-zx-4''; END';
            CREATE ROLE unparsable PASSWORD 'told-zx-5' nonsense;
            SELECT 1; ALTER ROLE told PASSWORD 'told-zx-6'; SELECT 2;
            """);
        await using (var terminal = gateway.Psql().OpenTerminal())
        {
            await terminal.ExpectAsync("postgres=# ");
            await terminal.SendLineAsync(@"\password told");
            await terminal.ExpectAsync("Enter new password");
            await terminal.SendLineAsync("told-zx-7");
            await terminal.ExpectAsync("Enter it again:");
            await terminal.SendLineAsync("told-zx-7");
            await terminal.ExpectAsync("postgres=# ");
        }
        var verifier = await server.QueryAsync("SELECT rolpassword FROM pg_authid WHERE rolname = 'told'");
        var md5 = await server.QueryAsync("SELECT rolpassword FROM pg_authid WHERE rolname = 'md5'");
        await server.QueryAsync("DROP ROLE told");
        await gateway.StopAsync();

        var recorded = Encoding.Latin1.GetString(new JournalFiles(gateway).Bytes);
        Assert.That(recorded, Does.Contain("SELECT 'marker'"), "or nothing was recorded");
        Assert.That(verifier, Does.StartWith("SCRAM-SHA-256$"));
        foreach (var secret in (string[])[PostgresServer.Password, "wrong-horse-zx", "told-zx", verifier, md5, "SCRAM-SHA-256$4096", "c=biws"])
        {
            Assert.That(recorded, Does.Not.Contain(secret));
            Assert.That(gateway.Log, Does.Not.Contain(secret));
        }
        Assert.That(gateway.Log, Does.Not.Contain("marker"), "the log holds no statement");
    }
}
