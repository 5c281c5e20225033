using WireProxy.TestKit;

namespace WireProxy.EndToEnd.Tests.Review;

/// <summary>Rules that need the catalog, without protected columns and without a login of the gateway's own.</summary>
public sealed class CatalogOverOwnSessionTests
{
    private const string Policy = """
        version: 1
        rules:
          - name: no-ward-deletes
            when: { statement: [DELETE], tables: [clinic.wards] }
            then: block
        """;

    [Test]
    public async Task The_catalogs_rows_are_not_the_clients()
    {
        await using var gateway = await Clinic.StartAsync(settings => settings with { Policy = Policy });
        await using var client = await WireClient.LogInAsync(gateway.Port);

        var answer = await client.QueryAsync("SELECT count(*) FROM clinic.wards");
        var refused = await client.QueryAsync("DELETE FROM clinic.wards");

        Assert.That(string.Concat(answer.Select(message => message.Type)), Is.EqualTo("TDCZ"));
        Assert.That(refused[0].SqlState, Is.EqualTo("42501"));
    }

    [Test]
    public async Task Reading_it_does_not_stand_in_the_way_of_a_transactions_settings()
    {
        await using var gateway = await Clinic.StartAsync(settings => settings with { Policy = Policy });
        await using var client = await WireClient.LogInAsync(gateway.Port);
        await client.QueryAsync("SELECT 1");
        await client.QueryAsync("BEGIN");
        // Now the catalog is old, for all sessions.
        await using var other = await WireClient.LogInAsync(gateway.Port);
        await other.QueryAsync("CREATE TABLE clinic.made_between (n int); DROP TABLE clinic.made_between");

        var setting = await client.QueryAsync("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE");
        var query = await client.QueryAsync("SELECT count(*) FROM clinic.wards");

        Assert.That(string.Concat(setting.Concat(query).Select(message => message.Type)), Is.EqualTo("CZTDCZ"));
    }
}
