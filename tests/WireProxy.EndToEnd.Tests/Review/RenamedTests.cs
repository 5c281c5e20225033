using System.Text;
using WireProxy.TestKit;

namespace WireProxy.EndToEnd.Tests.Review;

/// <summary>The policy names columns: another name would take them out of its sight, at the latest when the gateway is started again.</summary>
public sealed class RenamedTests() : ThroughGateway(Through.Guarded)
{
    [TestCase("ALTER TABLE clinic.patients RENAME full_name TO harmless")]
    [TestCase("ALTER TABLE clinic.patients RENAME TO harmless")]
    [TestCase("ALTER INDEX clinic.patients RENAME TO harmless")]
    [TestCase("ALTER TABLE clinic.patients SET SCHEMA public")]
    [TestCase("ALTER SCHEMA clinic RENAME TO harmless")]
    [TestCase("ALTER DATABASE clinic RENAME TO harmless")]
    [TestCase("CREATE DATABASE harmless TEMPLATE clinic")]
    [TestCase("CREATE DATABASE harmless STRATEGY file_copy TEMPLATE = 'clinic'")]
    [TestCase("ALTER TYPE clinic.some RENAME ATTRIBUTE full_name TO harmless CASCADE")]
    [TestCase("DO 'BEGIN ALTER TABLE clinic.patients RENAME full_name TO harmless; END'")]
    [TestCase("SET search_path = clinic; ALTER TABLE patients RENAME full_name TO harmless")]
    [TestCase("CREATE TABLE news (); ALTER TABLE clinic.patients RENAME full_name TO harmless")]
    public async Task What_the_policy_protects_by_its_name_is_not_renamed(string sql)
    {
        foreach (string user in (string[])["postgres", "trusted"])
        {
            await using var client = await WireClient.LogInAsync(Port, user);
            await client.QueryAsync("BEGIN");
            var answer = await client.QueryAsync(sql);
            await client.QueryAsync("ROLLBACK");
            Assert.That(answer.Where(message => message.Type == 'E').Select(message => Encoding.UTF8.GetString(message.Body)), Has.Some.Contain("WireProxy did not run this"), user);
        }
    }

    [TestCase("ALTER TABLE clinic.patients RENAME ward TO place")]
    [TestCase("ALTER TABLE clinic.wards RENAME TO places")]
    [TestCase("ALTER TABLE clinic.wards SET SCHEMA public")]
    [TestCase("ALTER VIEW clinic.called RENAME name TO label")]
    [TestCase("ALTER INDEX clinic.patients_pkey RENAME TO other_pkey")]
    [TestCase("ALTER TABLE clinic.patients RENAME CONSTRAINT patients_pkey TO other_pkey")]
    [TestCase("ALTER ROLE CURRENT_USER SET work_mem = '5MB'")]
    public async Task What_it_does_not_name_is_renamed(string sql)
    {
        foreach (string user in (string[])["postgres", "trusted"])
        {
            await using var client = await WireClient.LogInAsync(Port, user);
            await client.QueryAsync("BEGIN");
            var answer = await client.QueryAsync(sql);
            await client.QueryAsync("ROLLBACK");
            Assert.That(string.Join(' ', answer.Where(message => message.Type == 'E').Select(message => Encoding.UTF8.GetString(message.Body))),
                Does.Not.Contain("WireProxy"), user);
        }
    }
}
