using WireProxy.TestKit;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.EndToEnd.Tests.Review;

/// <summary>Something is given another meaning, and used to carry values on before anybody could read what it means now.</summary>
public sealed class TurnedMeaningTests() : ThroughGateway(Through.Guarded)
{
    private string _id = "";

    [SetUp]
    public async Task Make_what_is_clear()
    {
        _id = Guid.NewGuid().ToString("N");
        await using var client = await LogInAsync();
        await client.QueryAsync($"CREATE VIEW view_{_id} AS SELECT name AS x FROM clinic.wards");
        await client.QueryAsync($"CREATE TABLE open_{_id} (x text, y text)");
        await client.QueryAsync($"CREATE FUNCTION rows_{_id}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.y := (SELECT full_name FROM clinic.patients LIMIT 1); RETURN NEW; END'");
    }

    private string Replace => $"CREATE OR REPLACE VIEW view_{_id} AS SELECT full_name AS x FROM clinic.patients";

    private string Copy => $"INSERT INTO open_{_id} (x) SELECT x FROM view_{_id}";

    private string Trigger => $"CREATE TRIGGER t BEFORE INSERT ON open_{_id} FOR EACH ROW EXECUTE FUNCTION rows_{_id}()";

    [Test]
    public async Task A_view_replaced_in_a_text_copies_nothing_in_the_same_text()
    {
        await using var client = await LogInAsync();
        AssertRefused(await client.QueryAsync($"{Replace}; {Copy}"));
        await AssertNothingCopiedAsync();
    }

    [Test]
    public async Task A_trigger_made_in_a_text_does_not_run_in_the_same_text()
    {
        await using var client = await LogInAsync();
        AssertRefused(await client.QueryAsync($"{Trigger}; INSERT INTO open_{_id} VALUES ('a')"));
        await AssertNothingCopiedAsync();
    }

    [Test]
    public async Task A_trigger_made_ahead_in_a_pipeline_does_not_run_in_it()
    {
        await using var client = await LogInAsync();
        await client.SendAsync(Parse(Trigger), Bind(), Execute(), Parse($"INSERT INTO open_{_id} VALUES ('a')"), Bind(), Execute(), Sync);
        AssertRefused(await client.ReadUntilAsync('Z'));
        await AssertNothingCopiedAsync();
    }

    [Test]
    public async Task A_default_of_a_table_counts_when_it_is_written_to_through_a_view()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync($"CREATE VIEW over_{_id} AS SELECT x FROM open_{_id}");
        await client.QueryAsync(Trigger);
        AssertRefused(await client.QueryAsync($"INSERT INTO over_{_id} VALUES ('a')"));
        await AssertNothingCopiedAsync();
    }

    [Test]
    public async Task A_column_that_only_bears_a_protected_name_takes_no_protected_values()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync("BEGIN");
        await client.QueryAsync("ALTER TABLE clinic.patients ADD COLUMN spare text");
        await client.QueryAsync("ALTER TABLE clinic.patients DROP COLUMN full_name CASCADE");
        await client.QueryAsync("ALTER TABLE clinic.patients RENAME spare TO full_name");
        var answer = await client.QueryAsync("UPDATE clinic.patients SET full_name = email");
        await client.QueryAsync("ROLLBACK");
        AssertRefused(answer);
    }

    [Test]
    public async Task What_a_function_gives_after_another_has_moved_the_path_is_not_told()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync($"CREATE SCHEMA s_{_id}");
        await client.QueryAsync($"CREATE VIEW s_{_id}.open_{_id} AS SELECT full_name AS x FROM clinic.patients");
        await client.QueryAsync($"CREATE FUNCTION read_{_id}() RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT max(x) FROM open_{_id}); END'");
        AssertRefused(await client.QueryAsync($"SELECT set_config('search_path', 's_{_id}, public', false), read_{_id}()"));
    }

    private async Task AssertNothingCopiedAsync()
    {
        await using var client = await LogInAsync();
        Assert.That(Rows(await client.QueryAsync($"SELECT x, y FROM open_{_id}")), Is.Empty);
    }

    private static string[] Rows(IReadOnlyList<WireMessage> answer) => [.. answer.Where(static message => message.Type == 'D').Select(static message => message.ToString())];

    private static void AssertRefused(IReadOnlyList<WireMessage> answer) =>
        Assert.That(answer.Where(static message => message.Type == 'E').Select(static message => System.Text.Encoding.UTF8.GetString(message.Body)), Has.Some.Contain("WireProxy did not run"));
}
