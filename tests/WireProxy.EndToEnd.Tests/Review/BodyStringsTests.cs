using System.Text;
using WireProxy.TestKit;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.EndToEnd.Tests.Review;

/// <summary>A function's body that means one thing while standard_conforming_strings is on, and another while it is off.</summary>
public sealed class BodyStringsTests() : ThroughGateway(Through.Guarded)
{
    private string _id = "";

    [SetUp]
    public async Task Make()
    {
        _id = Guid.NewGuid().ToString("N")[..12];
        await using var client = await LogInAsync();
        foreach (var language in new[] { "sql", "plpgsql" })
        {
            var body = language == "sql" ? @"SELECT 'a\'' || (SELECT full_name FROM clinic.patients WHERE id = 1) --'" :
                @"BEGIN RETURN 'a\'' || (SELECT full_name FROM clinic.patients WHERE id = 1); --'; " + "\nEND";
            var made = await client.QueryAsync($"CREATE FUNCTION {language}_{_id}() RETURNS text LANGUAGE {language} AS $$ {body} $$");
            Assert.That(made.Select(message => message.Type), Has.Some.EqualTo('C'), () => string.Join(' ', made));
        }
    }

    [TestCase("sql")]
    [TestCase("plpgsql")]
    public async Task Is_not_run_while_they_are_off(string language)
    {
        await using var client = await LogInAsync();
        await client.QueryAsync("SET standard_conforming_strings = off");

        AssertNothingShown(await client.QueryAsync($"SELECT {language}_{_id}()"));
    }

    [TestCase("sql")]
    [TestCase("plpgsql")]
    public async Task Is_not_run_behind_what_turns_them_off(string language)
    {
        await using var client = await LogInAsync();
        await client.SendAsync(Query("SET standard_conforming_strings = off"), Query($"SELECT {language}_{_id}()"));
        AssertNothingShown([.. await client.ReadUntilAsync('Z'), .. await client.ReadUntilAsync('Z')]);
        await client.QueryAsync("SET standard_conforming_strings = on");

        AssertNothingShown(await client.QueryAsync($"SET standard_conforming_strings = off; SELECT {language}_{_id}()"));
        await client.QueryAsync("SET standard_conforming_strings = on");

        AssertNothingShown(await client.QueryAsync($"SELECT set_config('standard_conforming_strings', 'off', false), {language}_{_id}()"));
    }

    [TestCase("sql")]
    [TestCase("plpgsql")]
    public async Task Is_not_run_by_a_function_that_turns_them_off_for_itself(string language)
    {
        await using var client = await LogInAsync();
        await client.QueryAsync($"ALTER FUNCTION {language}_{_id}() SET standard_conforming_strings = off");

        AssertNothingShown(await client.QueryAsync($"SELECT {language}_{_id}()"));
    }

    private static void AssertNothingShown(IEnumerable<WireMessage> answer)
    {
        foreach (var message in answer)
            foreach (var secret in Clinic.Secrets)
                Assert.That(Encoding.UTF8.GetString(message.Body), Does.Not.Contain(secret));
    }
}
