using System.Text.Json;

namespace WireProxy.Cli.Tests;

/// <summary>Who a recorded session was, where the gateway itself knew.</summary>
internal sealed class IdentityRecordTests
{
    private const string Identity =
        ""","issuer":"https://login.example.org","proof":"token","groups":["analysts","nurses"],"agent":"assistant-7","upstream_user":"app","client_certificate":"ab12" """;

    [Test]
    public async Task A_listing_shows_user_issuer_and_agent()
    {
        await using var recording = await RecordAsync(Identity);

        var table = await Cli.RunAsync("sessions", "--journal", recording.Directory);
        var json = await Cli.RunAsync("sessions", "--journal", recording.Directory, "--format", "json");

        Assert.That(table.OutputLines[1], Does.Contain("alice").And.Contain("https://login.example.org").And.Contain("assistant-7"));
        var session = JsonDocument.Parse(json.OutputLines[0]).RootElement;
        Assert.That(session.GetProperty("agent").GetString(), Is.EqualTo("assistant-7"));
        Assert.That(session.GetProperty("upstream_user").GetString(), Is.EqualTo("app"));
        Assert.That(session.GetProperty("groups").EnumerateArray().Select(group => group.GetString()), Is.EqualTo((string[])["analysts", "nurses"]));
    }

    [Test]
    public async Task A_replay_shows_user_issuer_and_agent()
    {
        await using var recording = await RecordAsync(Identity);

        var replay = await Cli.RunAsync("replay", "--journal", recording.Directory, recording.Session.ToString());

        Assert.That(replay.Output, Does.Contain("identity  by https://login.example.org (token); groups: analysts, nurses")
            .And.Contain("agent     assistant-7; purpose: none; credential: none")
            .And.Contain("as        app in the database")
            .And.Contain("sha-256   client: ab12; upstream: none"));
    }

    [Test]
    public async Task A_refused_login_is_listed_as_one()
    {
        await using var recording = await RecordAsync(""","login":"refused" """);

        var table = await Cli.RunAsync("sessions", "--journal", recording.Directory);
        var replay = await Cli.RunAsync("replay", "--journal", recording.Directory, recording.Session.ToString());

        Assert.That(table.OutputLines[1], Does.Contain("login refused: the client closed the connection"));
        Assert.That(replay.Output, Does.Contain("login     refused"));
    }

    private static async Task<Recording> RecordAsync(string more)
    {
        var recording = new Recording();
        await recording.OpenedAsync(more: more);
        await recording.ClosedAsync();
        return await recording.FinishAsync();
    }
}
