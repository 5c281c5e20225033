using WireProxy.TestKit;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.EndToEnd.Tests.Review;

/// <summary>What stands where is not certain between two messages of the extended protocol.</summary>
public sealed class PipelineTests : ThroughChanges
{
    [Test]
    public async Task What_follows_a_ROLLBACK_in_a_failed_transactions_pipeline_is_judged()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync("BEGIN");
        await client.QueryAsync("SELECT 1 / 0");
        await client.SendAsync(Parse("ROLLBACK"), Bind(), Execute(), Flush);
        await client.ReadUntilAsync('C');
        List<WireMessage> answer = [];
        foreach (string text in new[] { "SELECT full_name, full_name || '' FROM clinic.patients", $"INSERT INTO {Open} SELECT full_name FROM clinic.patients" })
        {
            foreach (byte[] message in new[] { Parse(text), Bind(), Execute() })
            {
                // The server reads on to the Sync where one has failed.
                if (answer.Any(one => one.Type == 'E'))
                    break;
                await client.SendAsync(message, Flush);
                answer.AddRange(await client.ReadUntilAsync('1', '2', 'C', 'E'));
            }
        }
        await client.SendAsync(Sync);
        answer.AddRange(await client.ReadUntilAsync('Z'));

        AssertNothingShown(answer);
        await AssertNothingCopiedAsync();
    }

    [TestCase("COPY (SELECT x, x || '' FROM {0}) TO STDOUT")]
    [TestCase("EXPLAIN (ANALYZE, VERBOSE) SELECT x FROM {0} WHERE length(x) > 3")]
    [TestCase("CREATE TABLE {1} AS SELECT x FROM {0}")]
    [TestCase("DECLARE c CURSOR FOR SELECT x, x || '' FROM {0}")]
    public async Task A_portal_of_what_is_read_only_when_it_runs_is_judged_by_what_the_view_is_then(string text)
    {
        await using var client = await LogInAsync();
        await using var other = await LogInAsync();
        await client.QueryAsync("BEGIN");
        await client.SendAsync(Parse(string.Format(null, text, View, Open + "2")), Bind("p"), Sync);
        await client.ReadUntilAsync('Z');
        var replacing = other.QueryAsync(Replace);
        await Task.Delay(300);
        await client.SendAsync(Execute("p"), Sync);

        AssertNothingShown(await client.ReadUntilAsync('Z'));
        AssertNothingShown(await client.QueryAsync("FETCH ALL FROM c"));
        await client.QueryAsync("COMMIT");
        await replacing;
        AssertNothingShown(await client.QueryAsync($"SELECT x, x || '' FROM {Open}2"));
        await client.QueryAsync($"DROP TABLE {Open}2");
    }

    [Test]
    public async Task A_portal_whose_name_was_bound_again_in_vain_is_what_it_was()
    {
        await using var client = await LogInAsync();
        await using var other = await LogInAsync();
        await client.QueryAsync("BEGIN");
        await client.SendAsync(Parse($"COPY (SELECT x, x || '' FROM {View}) TO STDOUT"), Bind("p"), Sync);
        await client.ReadUntilAsync('Z');
        await other.QueryAsync(Replace);
        await client.QueryAsync("SAVEPOINT s");
        await client.SendAsync(Parse("SELECT 1", "one"), Bind("p", "one"), Sync);
        await client.ReadUntilAsync('Z');
        await client.QueryAsync("ROLLBACK TO s");
        await client.SendAsync(Execute("p"), Sync);

        AssertNothingShown(await client.ReadUntilAsync('Z'));
    }

    [Test]
    public async Task What_is_bound_before_its_Parse_is_answered_is_kept_from_changes()
    {
        await using var client = await LogInAsync();
        await using var other = await LogInAsync();
        await client.SendAsync(
            Parse($"SELECT x, x || '' FROM {View}", "s"), Sync, Query("SELECT pg_sleep(1.5)"), Bind("", "s"), Execute(), Sync);
        await Server.SleepsAsync(client.ProcessId);
        var replacing = other.QueryAsync(Replace);

        for (int i = 0; i < 3; i++)
            AssertNothingShown(await client.ReadUntilAsync('Z'));
        await replacing;
    }
}
