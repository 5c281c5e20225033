using WireProxy.TestKit;

namespace WireProxy.Relay.Tests.Leaks;

[Category("postgres")]
public sealed class GrantHoursTests
{
    [Test]
    public async Task A_session_sees_in_the_clear_what_it_is_granted_only_while_the_hours_last()
    {
        PostgresServer server;
        try
        {
            server = await LeakFixture.Shared.Value;
        }
        catch (UnavailableException unavailable)
        {
            Assert.Ignore(unavailable.Message);
            return;
        }
        var clock = new DayClock();
        await using LocalGateway gateway = LocalGateway.Start(
            server.Port, TestPolicies.ShowingNamesByDay("postgres"), catalogUser: "postgres", time: clock);
        await using TappedClient client = await TappedClient.LogInAsync(gateway.Port);
        // Twice, because the second time the answer's plan is known; by name, because a prepared statement keeps what it was judged by.
        await client.QueryAsync("PREPARE who AS SELECT full_name FROM clinic.patients WHERE id = 1");
        foreach (string query in new[] { "SELECT full_name FROM clinic.patients WHERE id = 1", "EXECUTE who" })
        {
            clock.IsDay = true;
            Assert.That(await ShownAsync(client, query), Is.EqualTo("CANNAME Zephyrine"), "by day");
            Assert.That(await ShownAsync(client, query), Is.EqualTo("CANNAME Zephyrine"), "by day again");
            clock.IsDay = false;
            Assert.That(await ShownAsync(client, query), Does.Not.Contain("CANNAME"), "by night");
            clock.IsDay = true;
            Assert.That(await ShownAsync(client, query), Is.EqualTo("CANNAME Zephyrine"), "the next day");
        }
    }

    private static async Task<string> ShownAsync(TappedClient client, string query) =>
        (await client.QueryAsync(query)).Single(message => message.Type == 'D').Texts[0]!;

    /// <summary>The real clock, but for the time of day that it tells.</summary>
    private sealed class DayClock : TimeProvider
    {
        public bool IsDay { get; set; }

        public override DateTimeOffset GetUtcNow() => new(2026, 3, 4, IsDay ? 12 : 22, 0, 0, TimeSpan.Zero);
    }
}
