using WireProxy.TestKit.Tds;

namespace WireProxy.EndToEnd.Tests.Tds.Mars;

/// <summary>What the sessions of a connection share on the server, and what could run past a verdict because of it.</summary>
public sealed class MarsStateTests() : ThroughTds(Through.Guarded)
{
    /// <summary>Longer than all windows hold: it stays under way while nobody reads it.</summary>
    private const string LongRead =
        "SELECT REPLICATE('x', 4000) AS filler FROM dbo.patients AS a CROSS JOIN dbo.patients AS b CROSS JOIN dbo.patients AS c CROSS JOIN dbo.patients AS d";

    private const int RunsAlone = 3988;

    [TestCase("SELECT full_name INTO #t FROM dbo.patients")]
    [TestCase("CREATE TABLE #t (n nvarchar(100))")]
    [TestCase("USE annex")]
    [TestCase("USE annex; SELECT full_name FROM dbo.patients")]
    public async Task A_batch_that_changes_what_others_are_judged_by_runs_alone(string sql)
    {
        await using var client = await MarsClient.LogInAsync(Port);
        var reading = await client.OpenAsync(0);
        var changing = await client.OpenAsync(1);
        await reading.SendQueryAsync(LongRead);
        await reading.ReadPacketAsync();

        var beside = await changing.QueryAsync(sql);
        await ToEndAsync(reading);
        var alone = await changing.QueryAsync(sql);

        Assert.That(beside.Error, Is.EqualTo(RunsAlone), beside.ToString());
        Assert.That(beside.Errors.Single().Text, Does.Contain("MARS"));
        Assert.That(alone.Error, Is.Null, alone.ToString());
        HoldsNoSecret(alone);
    }

    [TestCase("SELECT full_name INTO #t FROM dbo.patients;")]
    [TestCase("USE annex; USE clinic;")]
    public async Task What_would_run_beside_it_is_refused(string sql)
    {
        await using var client = await MarsClient.LogInAsync(Port);
        var changing = await client.OpenAsync(0);
        var other = await client.OpenAsync(1);
        await changing.SendQueryAsync(sql + LongRead);
        await changing.ReadPacketAsync();

        var beside = await other.QueryAsync("SELECT 1");
        await ToEndAsync(changing);

        Assert.That(beside.Error, Is.EqualTo(RunsAlone), beside.ToString());
        Assert.That((await other.QueryAsync("SELECT 1")).Scalar, Is.EqualTo(1));
    }

    [Test]
    public async Task A_temporary_table_is_known_to_all_sessions()
    {
        await using var client = await MarsClient.LogInAsync(Port);
        var first = await client.OpenAsync(0);
        var second = await client.OpenAsync(1);
        await first.QueryAsync("SELECT id, full_name AS n INTO #t FROM dbo.patients");

        var answer = await second.QueryAsync("SELECT id, n FROM #t ORDER BY id");

        HoldsNoSecret(answer);
        Assert.That(answer.Results[0]["id"], Is.EqualTo(new[] { "1", "2", "3" }));
    }

    [Test]
    public async Task A_read_beside_readers_is_no_change()
    {
        await using var client = await MarsClient.LogInAsync(Port);
        var first = await client.OpenAsync(0);
        var second = await client.OpenAsync(1);
        await first.QueryAsync("SELECT id, full_name AS n INTO #t FROM dbo.patients");
        await first.SendQueryAsync(LongRead);
        await first.ReadPacketAsync();

        var answer = await second.QueryAsync("SELECT COUNT(id) FROM #t");

        Assert.That(answer.Error, Is.Null, answer.ToString());
        await ToEndAsync(first);
    }

    [Test]
    public async Task The_database_is_that_of_all_sessions()
    {
        await using var client = await MarsClient.LogInAsync(Port);
        var first = await client.OpenAsync(0);
        var second = await client.OpenAsync(1);
        await second.QueryAsync("SELECT 1");
        await first.QueryAsync("USE annex");

        var answer = await second.QueryAsync("SELECT DB_NAME() AS d, full_name FROM dbo.patients");

        HoldsNoSecret(answer);
        Assert.That(answer.Results[0]["d"], Is.EqualTo(new[] { "annex" }));
    }

    [Test]
    public async Task A_view_that_one_session_makes_is_masked_in_another()
    {
        await using var client = await MarsClient.LogInAsync(Port);
        var first = await client.OpenAsync(0);
        var second = await client.OpenAsync(1);
        await second.QueryAsync("SELECT full_name FROM dbo.patients");
        string view = $"dbo.mars_{Guid.NewGuid():N}";
        await first.QueryAsync($"CREATE VIEW {view} AS SELECT full_name AS plain FROM dbo.patients");

        var answer = await second.QueryAsync($"SELECT plain FROM {view}");
        await first.QueryAsync($"DROP VIEW {view}");

        HoldsNoSecret(answer);
        Assert.That(answer.Results[0].Rows, Has.Count.EqualTo(3));
    }

    private static async Task ToEndAsync(MarsChannel session)
    {
        while (await session.ReadPacketAsync() is { } packet && (packet[1] & 1) == 0)
        {
        }
    }
}
