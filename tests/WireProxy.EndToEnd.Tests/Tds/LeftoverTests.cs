using WireProxy.TestKit.Tds;

namespace WireProxy.EndToEnd.Tests.Tds;

/// <summary>What a request leaves in its session (settings, temporary tables and procedures) counts for the next one, and within one message.</summary>
public sealed class LeftoverTests() : ThroughTds(Through.Guarded)
{
    [Test]
    public async Task Behind_FMTONLY_what_is_harmless_comes_as_it_is()
    {
        await using var client = await LogInAsync();
        const string sql = "SELECT id, full_name, ward FROM dbo.patients WHERE id = 1";

        var described = await client.QueryAsync($"SET FMTONLY ON {sql} SET FMTONLY OFF");
        var at = await client.QueryAsync(sql);
        await client.QueryAsync("SET FMTONLY ON");
        var within = await client.QueryAsync(sql);
        await client.QueryAsync("IF 1 = 1 SELECT id FROM dbo.patients; SET FMTONLY OFF");
        var behind = await client.QueryAsync(sql);

        Assert.That(described.Results.Single().Rows.Count + within.Results.Single().Rows.Count, Is.Zero);
        foreach (var answer in (TdsAnswer[])[at, behind])
        {
            TdsResult row = answer.Results.Single();
            Assert.That((row["id"][0], row["full_name"][0], row["ward"][0]), Is.EqualTo(("1", "****", "north")));
        }
        HoldsNoSecret(at);
        HoldsNoSecret(behind);
    }

    [Test]
    public async Task Behind_NO_BROWSETABLE_keys_come_unnamed_so_that_all_is_masked()
    {
        await using var client = await LogInAsync();
        const string sql = "SELECT ward FROM dbo.patients WHERE id = 1";

        await client.QueryAsync("SET NO_BROWSETABLE ON");
        var behind = await client.QueryAsync(sql);
        await client.QueryAsync("SELECT 1; SET NO_BROWSETABLE OFF");
        var perhaps = await client.QueryAsync(sql);
        var other = await client.QueryAsync("SELECT name FROM dbo.wards WHERE name = N'north'");
        await client.QueryAsync("SET NO_BROWSETABLE OFF");
        var after = await client.QueryAsync(sql);

        Assert.That((behind.Text, perhaps.Text, other.Text, after.Text), Is.EqualTo(("****", "****", "north", "north")));
    }

    [Test]
    public async Task A_temporary_table_holds_what_either_reading_of_the_quotes_puts_there()
    {
        await using var client = await LogInAsync();

        await client.QueryAsync("SELECT \"full_name\" AS x INTO #either FROM dbo.patients WHERE \"id\" = 1");
        var read = await client.QueryAsync("SELECT x FROM #either");

        HoldsNoSecret(read);
        Assert.That(read.Text, Is.EqualTo("****"), read.ToString());
    }

    [Test]
    public async Task A_call_finds_what_the_calls_before_it_in_one_message_have_left()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync("CREATE TABLE #calls (x nvarchar(100))");

        var both = await client.CallAsync(
            TdsCall.ExecuteSql("INSERT INTO #calls SELECT full_name FROM dbo.patients"), TdsCall.ExecuteSql("SELECT x FROM #calls"));
        var after = await client.QueryAsync("SELECT x FROM #calls");
        var harmless = await client.CallAsync(
            TdsCall.ExecuteSql("INSERT INTO #calls SELECT full_name FROM dbo.patients"), TdsCall.ExecuteSql("SELECT name FROM dbo.wards"));

        Assert.That(both.Results.Single().Rows.Count, Is.EqualTo(3), both.ToString());
        HoldsNoSecret(both);
        HoldsNoSecret(after);
        Assert.That(harmless.ToString(), Does.Contain("north"));
    }

    [Test]
    public async Task A_call_behind_one_that_changes_a_view_is_not_judged_by_what_the_view_was()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync("CREATE VIEW dbo.v_turned AS SELECT ward AS x FROM dbo.patients");
        await client.QueryAsync("SELECT x FROM dbo.v_turned");

        var answer = await client.CallAsync(
            TdsCall.ExecuteSql("ALTER VIEW dbo.v_turned AS SELECT full_name AS x FROM dbo.patients"), TdsCall.ExecuteSql("SELECT x FROM dbo.v_turned"));
        await client.QueryAsync("DROP VIEW dbo.v_turned");

        HoldsNoSecret(answer);
    }

    [Test]
    public async Task A_temporary_procedure_is_followed_through_everything_that_its_name_meant()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync("CREATE PROCEDURE #harmless @ward nvarchar(20) AS SELECT id, ward FROM dbo.patients WHERE ward = @ward");
        await client.QueryAsync("CREATE PROCEDURE #named AS SELECT id, full_name AS x FROM dbo.patients");
        await client.QueryAsync("CREATE PROCEDURE #turned AS SELECT id, ward AS x FROM dbo.patients");
        await client.QueryAsync("DROP PROCEDURE #turned");
        await client.QueryAsync("CREATE PROCEDURE #turned AS SELECT id, full_name AS x FROM dbo.patients");
        await client.QueryAsync("CREATE PROCEDURE #carrying AS INSERT INTO dbo.wards SELECT ssn, 1 FROM dbo.patients");

        var harmless = await client.QueryAsync("EXEC #harmless N'north'");
        var byCall = await client.CallAsync(TdsCall.Of("#harmless", TdsParameter.Text("south", "@ward")));
        var named = await client.QueryAsync("EXEC #named");
        var turned = await client.QueryAsync("EXEC tempdb..#turned");
        var carrying = await client.QueryAsync("EXEC #carrying");
        var unknown = await client.QueryAsync("EXEC #nobody");

        Assert.That((harmless.Results.Single()["ward"][0], byCall.Results.Single()["ward"][0]), Is.EqualTo(("north", "south")));
        Assert.That((named.Results.Single()["id"][0], named.Results.Single()["x"][0]), Is.EqualTo(("1", "****")));
        HoldsNoSecret(turned);
        IsRefused(carrying, "copy protected columns");
        IsRefused(unknown);
    }
}
