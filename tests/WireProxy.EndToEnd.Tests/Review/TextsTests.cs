using System.Text;
using WireProxy.TestKit;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.EndToEnd.Tests.Review;

/// <summary>Values in the texts of errors and notices.</summary>
public sealed class TextsTests() : ThroughGateway(Through.Guarded)
{
    // Conditions of classes that mostly hold no values: unknown databases, schemas and files name what was looked for.
    [TestCase("SELECT pg_database_size(full_name::name) FROM clinic.patients")]
    [TestCase("SELECT has_schema_privilege(full_name, 'USAGE') FROM clinic.patients")]
    [TestCase("SELECT full_name::regnamespace FROM clinic.patients")]
    [TestCase("SELECT pg_stat_file(full_name) FROM clinic.patients")]
    public async Task An_error_that_names_what_a_function_looked_for_is_withheld(string sql)
    {
        await using var client = await LogInAsync();

        AssertWithheld(await client.QueryAsync(sql));
    }

    [Test]
    public async Task A_notice_of_a_trigger_on_an_unprotected_table_is_withheld()
    {
        var name = $"t_{Guid.NewGuid():N}";
        await using var client = await LogInAsync();
        await client.QueryAsync(
            $"CREATE TABLE {name} (a int); CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS " +
            "$$ BEGIN RAISE NOTICE '%', (SELECT full_name FROM clinic.patients WHERE id = 1); RETURN new; END $$; " +
            $"CREATE TRIGGER t BEFORE INSERT ON {name} FOR EACH ROW EXECUTE FUNCTION {name}()");

        AssertWithheld(await client.QueryAsync($"INSERT INTO {name} VALUES (1)"));
    }

    [Test]
    public async Task A_Sync_that_the_server_ignores_shows_no_later_error()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync("CREATE TEMP TABLE target (a int)");
        await client.SendAsync(Query("COPY target FROM STDIN"), Sync, CopyDone);
        await client.ReadUntilAsync('Z');
        await client.SendAsync(Query("UPDATE clinic.patients SET id = full_name::int"));

        AssertWithheld(await client.ReadToEndOrReadyAsync());
    }

    [Test]
    public async Task What_COPY_says_of_the_clients_own_data_is_told()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync("CREATE TEMP TABLE target (a int)");
        await client.SendAsync(Query("COPY target FROM STDIN"), CopyData("seventeen\n"u8.ToArray()), CopyDone);

        var error = (await client.ReadUntilAsync('Z')).Single(message => message.Type == 'E');

        Assert.That(error.Field('M'), Does.Contain("seventeen"));
    }

    [Test]
    public async Task What_DROP_says_of_names_is_told()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync("CREATE TEMP TABLE base (a int); CREATE TEMP VIEW above AS SELECT a FROM base");

        var missing = await client.QueryAsync("DROP TABLE IF EXISTS nowhere; DROP SCHEMA IF EXISTS nowhere; CREATE TEMP TABLE other (a int)");
        var cascade = await client.QueryAsync("DROP TABLE base CASCADE");

        Assert.That(missing.Where(message => message.Type == 'N').Select(message => message.Field('M')), Has.Exactly(2).EndsWith("does not exist, skipping"));
        Assert.That(cascade.Single(message => message.Type == 'N').Field('M'), Is.EqualTo("drop cascades to view above"));
    }

    [Test]
    public async Task A_plan_that_the_server_tells_beside_a_query_is_withheld()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync("SET client_min_messages = log; SET debug_print_plan = on");

        AssertWithheld(await client.QueryAsync("SELECT clinic.tell()"));
    }

    private static void AssertWithheld(IReadOnlyList<WireMessage> answer)
    {
        var said = answer.Where(message => message.Type is 'E' or 'N').ToList();
        Assert.That(said, Is.Not.Empty);
        foreach (var secret in Clinic.Secrets)
            Assert.That(Encoding.UTF8.GetString(said[0].Body), Does.Not.Contain(secret));
    }
}
