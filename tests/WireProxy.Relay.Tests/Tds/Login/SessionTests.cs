using System.Text;
using System.Text.Json;
using WireProxy.Access;
using WireProxy.Capture;
using WireProxy.Policy;
using WireProxy.Relay.Tests.Postgres.Login;
using WireProxy.TestKit;
using WireProxy.TestKit.Tds;

namespace WireProxy.Relay.Tests.Tds.Login;

/// <summary>A session is its grant's: it ends with it, and the journal says whose it was.</summary>
internal sealed class SessionTests : TdsLoginFixture
{
    private static readonly GrantEnd Expired = new("the access token has expired", "Get a new token and connect again.");

    [Test]
    public async Task A_session_ends_with_its_grant_and_is_told_why([Values] bool inStatement, [Values] bool isTransparent)
    {
        var logins = new StubLogins();
        await using TdsClient client = await TdsClient.LogInAsync(
            StartGateway(logins, ByPassword, policy: isTransparent ? CompiledPolicy.AllowEverything : TestPolicies.Protecting).Port, GoodLogin);
        if (inStatement)
            await client.SendQueryAsync("WAITFOR DELAY '00:01:00'");

        logins.Grant.End = Expired;

        List<TdsAnswer> rest = await client.ReadToEndAsync();
        Assert.That(rest, Is.Not.Empty, "the connection was closed without a word");
        Assert.That(rest[^1].Errors.Single().Text, Does.Contain("the access token has expired").And.Contain("Get a new token"));
        Assert.That(rest[^1].Errors.Single().Class, Is.EqualTo(20));
    }

    [Test]
    public async Task A_session_states_who_it_was_and_no_secret_is_written_anywhere()
    {
        (JsonElement opened, _, string everything) = await RecordAsync(Federated(SecurityToken(StubLogins.Token)), ByPassword);

        Assert.Multiple(() =>
        {
            Assert.That(Text(opened, "user"), Is.EqualTo("Alice Miller"));
            Assert.That(Text(opened, "issuer"), Is.EqualTo("https://login.example.org"));
            Assert.That(Text(opened, "agent"), Is.EqualTo("assistant-7"));
            Assert.That(Text(opened, "purpose"), Is.EqualTo("ticket 4711"));
            Assert.That(Text(opened, "credential"), Is.EqualTo("cred-1"));
            Assert.That(Text(opened, "upstream_user"), Is.EqualTo(OwnUser));
            Assert.That(Text(opened, "database"), Is.EqualTo("master"));
            Assert.That(Text(opened, "application_name"), Is.EqualTo("wireproxy-test"));
            foreach (string secret in (string[])[StubLogins.Token, OwnPassword])
            {
                Assert.That(everything, Does.Not.Contain(secret));
                Assert.That(everything, Does.Not.Contain(Encoding.Latin1.GetString(Encoding.Unicode.GetBytes(secret))));
            }
        });
    }

    [Test]
    public async Task A_wrong_password_is_on_record_with_the_reason()
    {
        (JsonElement opened, JsonElement closed, string everything) = await RecordAsync(GoodLogin with { Password = "a guess" }, ByPassword);

        Assert.That((Text(opened, "login"), Text(opened, "user")), Is.EqualTo(("refused", "alice")));
        Assert.That(opened.TryGetProperty("issuer", out _), Is.False);
        Assert.That((Text(closed, "reason"), Text(closed, "stage")), Is.EqualTo(("the token is wrong", "login")));
        Assert.That(everything, Does.Not.Contain("a guess"));
    }

    [Test]
    public async Task A_login_that_the_server_refuses_is_on_record_with_its_identity()
    {
        (JsonElement opened, JsonElement closed, _) = await RecordAsync(GoodLogin with { Database = "nowhere" }, ByPassword);

        Assert.That((Text(opened, "login"), Text(opened, "user"), Text(opened, "database")), Is.EqualTo(("failed", "Alice Miller", "nowhere")));
        Assert.That(Text(closed, "reason"), Is.EqualTo("the upstream refused the gateway's login (error 4060, state 1)"));
    }

    private async Task<(JsonElement Opened, JsonElement Closed, string Everything)> RecordAsync(TdsLogin login, UpstreamLogin own)
    {
        using var directory = new TemporaryDirectory();
        await using (Journal journal = Journal.Open(new JournalOptions { Directory = directory["journal"] }, TimeProvider.System))
        {
            LocalGateway gateway = StartGateway(new StubLogins(), own, journal);
            await TryAsync(gateway, login);
            await Until.TrueAsync(() => gateway.SessionCount == 0, TimeSpan.FromSeconds(20), () => "the session goes on");
        }
        List<JournalRecord> records = [.. JournalReader.Read(directory["journal"])];
        string files = string.Concat(Directory.GetFiles(directory["journal"]).Select(file => Encoding.Latin1.GetString(File.ReadAllBytes(file))));
        return (Payload(records, RecordKind.SessionOpened), Payload(records, RecordKind.SessionClosed), files + Log.Text);
    }

    private static JsonElement Payload(List<JournalRecord> records, RecordKind kind) =>
        JsonDocument.Parse(records.Single(record => record.Kind == kind).Payload).RootElement;

    private static string? Text(JsonElement record, string member) => record.GetProperty(member).GetString();
}
