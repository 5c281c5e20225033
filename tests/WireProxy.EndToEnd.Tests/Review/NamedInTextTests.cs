using System.Text;
using WireProxy.TestKit;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.EndToEnd.Tests.Review;

/// <summary>What a name of the session's stands for in the middle of a text, and a table that is filled with it.</summary>
public sealed class NamedInTextTests() : ThroughGateway(Through.Guarded)
{
    private const string Open = "PREPARE p AS SELECT name || '' AS x FROM clinic.wards";
    private const string Hidden = "PREPARE p AS SELECT full_name || '' AS x FROM clinic.patients";

    [TestCase(Open, "DEALLOCATE p; " + Hidden + "; EXECUTE p")]
    [TestCase(Open, "DEALLOCATE ALL; " + Hidden + "; EXECUTE p")]
    [TestCase(Open, "DO $$ BEGIN EXECUTE 'DEALLOCATE p'; EXECUTE 'PREPARE p AS SELECT full_name || '''' FROM clinic.patients'; END $$; EXECUTE p")]
    [TestCase("BEGIN", "DECLARE p CURSOR FOR SELECT name || '' FROM clinic.wards; CLOSE p; DECLARE p CURSOR FOR SELECT full_name || '' FROM clinic.patients; FETCH ALL p")]
    public async Task A_name_is_what_the_text_has_put_under_it_last(string before, string text)
    {
        await using var client = await LogInAsync();
        await client.QueryAsync(before);
        AssertNothingShown(await client.QueryAsync(text));
    }

    [Test]
    public async Task A_name_that_the_text_has_made_shows_what_is_open()
    {
        await using var client = await LogInAsync();
        Assert.That(Shown(await client.QueryAsync(Open + "; EXECUTE p")), Does.Contain("north"));
    }

    [Test]
    public async Task A_table_is_filled_by_name_with_what_is_open()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync("PREPARE p(text) AS SELECT name, beds FROM clinic.wards WHERE name = $1");
        await client.QueryAsync("CREATE TEMP TABLE filled AS EXECUTE p('north')");
        Assert.That(Shown(await client.QueryAsync("SELECT name FROM filled")), Does.Contain("north"));
    }

    [TestCase(Hidden, "CREATE TEMP TABLE filled AS EXECUTE p")]
    [TestCase(Hidden, "CREATE VIEW pg_temp.other AS SELECT 1; CREATE TEMP TABLE filled AS EXECUTE p")]
    [TestCase(Hidden, "CREATE VIEW pg_temp.other AS SELECT 1; EXPLAIN ANALYZE CREATE TEMP TABLE filled AS EXECUTE p")]
    [TestCase(Open, "DEALLOCATE p; " + Hidden + "; CREATE TEMP TABLE filled AS EXECUTE p")]
    [TestCase("PREPARE p(text) AS SELECT $1 AS x", "CREATE TEMP TABLE filled AS EXECUTE p(clinic.tell())")]
    [TestCase("SELECT 1", Hidden + "; CREATE TEMP TABLE filled AS EXECUTE p")]
    public async Task A_table_is_not_filled_by_name_with_what_is_protected(string before, string text)
    {
        await using (var client = await LogInAsync())
        {
            await client.QueryAsync(before);
            await client.QueryAsync(text);
            AssertNothingShown(await client.QueryAsync("SELECT x FROM filled"));
        }
        await using (var client = await LogInAsync())
        {
            await client.SendAsync([.. text.Split("; ").Prepend(before).SelectMany(one => new[] { Parse(one), Bind(), Execute() }), Sync]);
            await client.ReadUntilAsync('Z');
            AssertNothingShown(await client.QueryAsync("SELECT x FROM filled"));
        }
    }

    [TestCase("INSERT INTO clinic.wards (name) SELECT x FROM clinic.nowhere", "42P01")]
    [TestCase("INSERT INTO clinic.wards (name) SELECT nothing FROM clinic.patients", "42703")]
    [TestCase("CREATE TEMP TABLE t AS SELECT p.nothing FROM clinic.patients p", "42703")]
    public async Task A_name_that_nothing_bears_is_answered_with_the_servers_code(string sql, string code)
    {
        await using var client = await LogInAsync();
        var error = (await client.QueryAsync(sql)).Single(message => message.Type == 'E');
        Assert.That(Encoding.UTF8.GetString(error.Body), Does.Contain("C" + code));
    }

    [TestCase("CREATE TEMP TABLE made (a int PRIMARY KEY, b text); INSERT INTO made VALUES (1, 'seen'); SELECT * FROM made", "seen")]
    [TestCase("CREATE TEMP TABLE made AS SELECT name, beds FROM clinic.wards; DELETE FROM made WHERE beds > 12; SELECT * FROM made", "north")]
    [TestCase("CREATE TEMP TABLE made AS SELECT id, ward FROM clinic.patients; SELECT full_name, made.ward FROM clinic.patients JOIN made USING (id)", "south")]
    public async Task What_a_text_puts_into_a_new_table_is_shown_in_it_and_nothing_else(string text, string shown)
    {
        await using var client = await LogInAsync();
        var answer = await client.QueryAsync(text);
        Assert.That(Shown(answer), Does.Contain(shown));
        AssertNothingShown(answer);
    }

    [Test]
    public async Task A_table_without_data_takes_no_values()
    {
        await using var client = await LogInAsync();
        var answer = await client.QueryAsync("CREATE TEMP TABLE staged AS SELECT full_name FROM clinic.patients WITH NO DATA");
        Assert.That(answer.Where(message => message.Type == 'E'), Is.Empty);
    }

    [Test]
    public async Task That_a_value_is_there_is_told_and_the_value_is_not()
    {
        await using var client = await LogInAsync();
        Assert.That(Shown(await client.QueryAsync("SELECT count(email), count(DISTINCT ssn), bool_and(full_name IS NOT NULL) FROM clinic.patients")), Does.Contain("2").And.Contain("3").And.Contain("t"));
        AssertNothingShown(await client.QueryAsync("SELECT full_name IS NOT NULL, CASE WHEN full_name IS NULL THEN 'none' ELSE full_name END FROM clinic.patients"));
    }

    private static void AssertNothingShown(IReadOnlyList<WireMessage> answer)
    {
        foreach (var secret in Clinic.Secrets)
            Assert.That(Shown(answer), Does.Not.Contain(secret));
    }

    private static string Shown(IEnumerable<WireMessage> answer) =>
        string.Join('\n', answer.Where(message => message.Type is 'D' or 'E' or 'N').Select(message => Encoding.UTF8.GetString(message.Body)));
}
