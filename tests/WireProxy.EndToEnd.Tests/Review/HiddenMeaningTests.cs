using System.Text;
using WireProxy.TestKit;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.EndToEnd.Tests.Review;

/// <summary>Names that come to stand for something else between the judgement and the rows.</summary>
public sealed class HiddenMeaningTests() : ThroughGateway(Through.Guarded)
{
    // A view over the protected table itself is refused as a copy; what a function reads is not known.
    private const string Protected = "SELECT clinic.tell() AS x";

    private string _view = "";

    [SetUp]
    public async Task Make_a_clear_view()
    {
        _view = $"clear_{Guid.NewGuid():N}";
        await using var client = await LogInAsync();
        await client.QueryAsync($"CREATE VIEW {_view} AS SELECT name AS x FROM clinic.wards");
        Assert.That(Shown(await client.QueryAsync($"SELECT x FROM {_view}")), Does.Contain("north"));
    }

    private string Replace => $"CREATE OR REPLACE VIEW {_view} AS {Protected}";

    [Test]
    public async Task A_view_replaced_in_the_same_text_is_masked()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync($"SELECT x FROM {_view}");

        AssertNothingShown(await client.QueryAsync($"{Replace}; SELECT x, x || '' FROM {_view}"));
    }

    [Test]
    public async Task A_view_replaced_by_a_statement_that_was_prepared_before_is_masked()
    {
        await using var client = await LogInAsync();
        await client.SendAsync(Parse(Replace, "ddl"), Sync);
        await client.ReadUntilAsync('Z');
        await client.QueryAsync($"SELECT x FROM {_view}");
        await client.SendAsync(Bind("", "ddl"), Execute(), Sync);
        await client.ReadUntilAsync('Z');

        AssertNothingShown(await client.QueryAsync($"SELECT x, x || '' FROM {_view}"));
    }

    [Test]
    public async Task A_prepared_statement_over_a_view_that_is_replaced_is_masked()
    {
        await using var client = await LogInAsync();
        await client.SendAsync(Parse($"SELECT x FROM {_view}", "s"), Describe('S', "s"), Sync);
        await client.ReadUntilAsync('Z');
        await client.QueryAsync(Replace);
        await client.SendAsync(Bind("", "s"), Execute(), Sync);

        AssertNothingShown(await client.ReadUntilAsync('Z'));
    }

    [Test]
    public async Task A_view_that_another_session_replaces_is_masked_in_an_open_transaction()
    {
        await using var client = await LogInAsync();
        await using var other = await LogInAsync();
        await client.QueryAsync("BEGIN");
        await client.QueryAsync("SELECT 1");
        await other.QueryAsync(Replace);

        AssertNothingShown(await client.QueryAsync($"SELECT x, x || '' FROM {_view}"));
    }

    [Test]
    public async Task A_change_of_the_catalog_behind_another_statement_is_noticed_by_other_sessions()
    {
        await using var client = await LogInAsync();
        await using var other = await LogInAsync();
        await client.SendAsync(Query("CREATE TEMP TABLE t (a int)"), Query("SELECT pg_sleep(0.3)"), Query(Replace));
        await client.ReadUntilAsync('Z');
        await other.QueryAsync($"SELECT x FROM {_view}");
        await client.ReadUntilAsync('Z');
        await client.ReadUntilAsync('Z');

        AssertNothingShown(await other.QueryAsync($"SELECT x FROM {_view}"));
    }

    [Test]
    public async Task Prepared_statements_swapped_by_prepared_utilities_are_masked()
    {
        await using var client = await LogInAsync();
        await client.SendAsync(Parse("DEALLOCATE s", "d"), Parse("PREPARE s AS SELECT full_name || '' FROM clinic.patients", "p"), Sync);
        await client.ReadUntilAsync('Z');
        await client.SendAsync(Parse("SELECT 'x' || ''", "s"), Describe('S', "s"), Sync);
        await client.ReadUntilAsync('Z');
        await client.SendAsync(Bind("", "d"), Execute(), Bind("", "p"), Execute(), Sync);
        await client.ReadUntilAsync('Z');
        await client.SendAsync(Bind("", "s"), Execute(), Sync);

        AssertNothingShown(await client.ReadUntilAsync('Z'));
    }

    [Test]
    public async Task A_prepared_statement_with_the_name_of_an_older_one_is_masked()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync("PREPARE s AS SELECT 1; DEALLOCATE s");
        await client.SendAsync(Parse("SELECT full_name || '' FROM clinic.patients", "s"), Sync);
        await client.ReadUntilAsync('Z');

        AssertNothingShown(await client.QueryAsync("EXECUTE s"));
    }

    [Test]
    public async Task A_portal_with_the_name_of_an_older_cursor_is_masked()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync("BEGIN; DECLARE c CURSOR FOR SELECT 1; CLOSE c");
        await client.SendAsync(Parse("SELECT full_name || '' FROM clinic.patients"), Bind("c"), Sync);
        await client.ReadUntilAsync('Z');

        AssertNothingShown(await client.QueryAsync("FETCH ALL FROM c"));
    }

    [Test]
    public async Task A_count_over_unprotected_tables_stays_exact_while_tables_are_made()
    {
        await using var client = await LogInAsync();
        await using var other = await LogInAsync();
        await client.SendAsync(Parse("SELECT count(*) FROM clinic.wards", "s"), Describe('S', "s"), Sync);
        await client.ReadUntilAsync('Z');
        await client.QueryAsync("CREATE TEMP TABLE mine (a int)");
        await other.QueryAsync("CREATE TEMP TABLE theirs (a int)");
        await client.SendAsync(Bind("", "s"), Execute(), Sync);

        var row = (await client.ReadUntilAsync('Z')).Single(message => message.Type == 'D');

        Assert.That(row.Texts, Is.EqualTo((string?[])["2"]));
    }

    private static string Shown(IEnumerable<WireMessage> answer) =>
        string.Join('\n', answer.Where(message => message.Type is 'D' or 'E' or 'N').Select(message => Encoding.UTF8.GetString(message.Body)));

    private static void AssertNothingShown(IReadOnlyList<WireMessage> answer)
    {
        Assert.That(answer.Any(message => message.Type == 'D'), "No row came.");
        foreach (var secret in Clinic.Secrets)
            Assert.That(Shown(answer), Does.Not.Contain(secret));
    }
}
