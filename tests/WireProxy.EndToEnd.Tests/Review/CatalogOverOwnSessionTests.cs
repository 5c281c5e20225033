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
}
