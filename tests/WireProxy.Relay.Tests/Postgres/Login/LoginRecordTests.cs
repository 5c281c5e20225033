using System.Text.Json;
using WireProxy.Access;
using WireProxy.Capture;
using WireProxy.TestKit;

namespace WireProxy.Relay.Tests.Postgres.Login;

/// <summary>What the journal says about who it was, and about logins that failed.</summary>
internal sealed class LoginRecordTests : LoginFixture
{
    private TemporaryDirectory _journalDirectory = null!;
    private string _answer = "";

    [SetUp]
    public void MakeDirectory() => _journalDirectory = new TemporaryDirectory();

    [TearDown]
    public void RemoveDirectory() => _journalDirectory.Dispose();

    [Test]
    public async Task A_session_states_who_it_was_and_how_that_is_known()
    {
        (string certificate, string key) = Certificates.IssueToClient("recorded", "alice");
        (JsonElement opened, _) = await RecordAsync(gateway => PsqlOf(gateway, "whoever") with
        {
            Parameters = $"sslmode=require sslcert={certificate} sslkey={key} application_name=ward",
        });

        Assert.Multiple(() =>
        {
            Assert.That(Text(opened, "user"), Is.EqualTo("Alice Miller"));
            Assert.That(Text(opened, "issuer"), Is.EqualTo("https://login.example.org"));
            Assert.That(opened.GetProperty("groups").EnumerateArray().Select(group => group.GetString()), Is.EqualTo((string[])["analysts", "nurses"]));
            Assert.That(Text(opened, "proof"), Is.EqualTo("token"), "the stub's identity says so");
            Assert.That(Text(opened, "agent"), Is.EqualTo("assistant-7"));
            Assert.That(Text(opened, "purpose"), Is.EqualTo("ticket 4711"));
            Assert.That(Text(opened, "credential"), Is.EqualTo("cred-1"));
            Assert.That(Text(opened, "upstream_user"), Is.EqualTo("scram"));
            Assert.That(Text(opened, "database"), Is.EqualTo("postgres"));
            Assert.That(Text(opened, "application_name"), Is.EqualTo("ward"));
            Assert.That(Text(opened, "client"), Does.StartWith("127.0.0.1:"));
            Assert.That(Text(opened, "tls_client"), Does.StartWith("Tls13 TLS_"));
            Assert.That(Text(opened, "tls_upstream"), Does.StartWith("Tls13 TLS_"));
            Assert.That(Text(opened, "client_certificate"), Is.EqualTo(TestCertificates.FingerprintOf(certificate)));
            Assert.That(Text(opened, "upstream_certificate"), Has.Length.EqualTo(64));
            Assert.That(opened.TryGetProperty("policy_hash", out _));
            Assert.That(opened.TryGetProperty("login", out _), Is.False);
        });
    }

    [Test]
    public async Task A_wrong_password_is_on_record_with_the_reason()
    {
        (JsonElement opened, JsonElement closed) = await RecordAsync(gateway => PsqlOf(gateway, "alice", "a guess"));

        Assert.Multiple(() =>
        {
            Assert.That(Text(opened, "login"), Is.EqualTo("refused"));
            Assert.That(Text(opened, "user"), Is.EqualTo("alice"));
            Assert.That(opened.TryGetProperty("issuer", out _), Is.False);
            Assert.That(Text(closed, "reason"), Is.EqualTo("the password is wrong"));
            Assert.That(Text(closed, "stage"), Is.EqualTo("login"));
        });
    }

    [Test]
    public async Task A_login_that_finds_no_database_is_on_record_with_its_identity()
    {
        (JsonElement opened, JsonElement closed) = await RecordAsync(gateway => PsqlOf(gateway) with { Database = "nowhere" });

        Assert.Multiple(() =>
        {
            Assert.That(Text(opened, "login"), Is.EqualTo("failed"));
            Assert.That(Text(opened, "user"), Is.EqualTo("Alice Miller"));
            Assert.That(Text(opened, "database"), Is.EqualTo("nowhere"));
            Assert.That(Text(closed, "reason"), Is.EqualTo("the upstream refused the gateway's login (3D000)"));
        });
    }

    [Test]
    public async Task Who_names_no_database_is_told_to_do_so()
    {
        (JsonElement opened, _) = await RecordAsync(gateway => PsqlOf(gateway) with { Database = "alice" });

        Assert.That(Text(opened, "login"), Is.EqualTo("failed"));
        Assert.That(_answer, Does.Contain("database \"alice\" does not exist").And.Contain("Name the database (dbname=...)"));
    }

    [Test]
    public async Task The_log_says_from_where_a_login_was_refused()
    {
        await RecordAsync(gateway => PsqlOf(gateway, password: "wrong"));

        Assert.That(Log.Text, Does.Contain("login from 127.0.0.1 refused: the password is wrong"));
    }

    [Test]
    public async Task A_token_in_the_place_of_the_name_is_not_recorded()
    {
        string token = $"eyJ{new string('a', 40)}.eyJ{new string('b', 80)}.{new string('c', 86)}";

        (JsonElement opened, _) = await RecordAsync(gateway => PsqlOf(gateway, token, "x"));

        Assert.That(opened.GetRawText(), Does.Not.Contain("bbbbbb"));
        Assert.That(Log.Text, Does.Not.Contain("bbbbbb"));
    }

    [Test]
    public async Task A_session_that_its_grant_ends_says_so()
    {
        var logins = new StubLogins();
        (_, JsonElement closed) = await RecordAsync(
            gateway => PsqlOf(gateway), logins, onRunning: () => logins.Grant.End = new GrantEnd("the issued credential was revoked", ""), "SELECT pg_sleep(60)");

        Assert.That(Text(closed, "reason"), Is.EqualTo("terminating connection: the issued credential was revoked"));
    }

    private async Task<(JsonElement Opened, JsonElement Closed)> RecordAsync(
        Func<LocalGateway, Psql> client, StubLogins? logins = null, Action? onRunning = null, string statement = "SELECT 1")
    {
        await using (Journal journal = Journal.Open(new JournalOptions { Directory = _journalDirectory["journal"] }, TimeProvider.System))
        {
            LocalGateway gateway = StartGateway(logins ?? new StubLogins(), LoginOf("scram"), journal: journal);
            Task<ProcessResult> running = client(gateway).QueryAsync(statement);
            if (onRunning is not null)
            {
                await Until.TrueAsync(
                    async () => await Server.QueryAsync("SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)'") == "1",
                    TimeSpan.FromSeconds(20), () => Log.Text);
                onRunning();
            }
            _answer = (await running).Error;
            await Until.TrueAsync(() => gateway.SessionCount == 0, TimeSpan.FromSeconds(20), () => "the session goes on");
        }
        List<JournalRecord> records = [.. JournalReader.Read(_journalDirectory["journal"])];
        return (Payload(records, RecordKind.SessionOpened), Payload(records, RecordKind.SessionClosed));
    }

    private static JsonElement Payload(List<JournalRecord> records, RecordKind kind) =>
        JsonDocument.Parse(records.Single(record => record.Kind == kind).Payload).RootElement;

    private static string? Text(JsonElement record, string member) => record.GetProperty(member).GetString();
}
