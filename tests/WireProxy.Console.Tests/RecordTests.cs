using System.Net;
using System.Text;
using System.Text.Json;
using WireProxy.Capture;

namespace WireProxy.Console.Tests;

internal sealed class RecordTests : ConsoleFixture
{
    [Test]
    public async Task Giving_out_and_taking_back_are_on_record_as_short_sessions()
    {
        Answer own = await IssueAsync(Bearer("mallory", "analysts"), new { listener = "clinic", lifetime = "90s", purpose = "report" });
        await RevokeAsync(Bearer("root", "admins"), own.Text("id"));
        List<IGrouping<Guid, JournalRecord>> sessions = await RecordedAsync();

        Assert.That(sessions, Has.Count.EqualTo(2));
        foreach (IGrouping<Guid, JournalRecord> session in sessions)
            Assert.That(session.Select(record => record.Kind), Is.EqualTo(new[] { RecordKind.SessionOpened, RecordKind.Access, RecordKind.SessionClosed }));
        (JsonElement opened, JsonElement issued) = (Json(sessions[0], RecordKind.SessionOpened), Json(sessions[0], RecordKind.Access));
        (JsonElement by, JsonElement revoked) = (Json(sessions[1], RecordKind.SessionOpened), Json(sessions[1], RecordKind.Access));
        Assert.Multiple(() =>
        {
            Assert.That((Text(opened, "listener"), Text(opened, "protocol"), Text(opened, "user"), Text(opened, "issuer"), Text(opened, "proof")),
                Is.EqualTo(("console", "http", "mallory", TestProvider.Issuer, "token")));
            Assert.That(Text(opened, "client"), Does.StartWith("127.0.0.1:"));
            Assert.That(opened.GetProperty("groups").EnumerateArray().Select(group => group.GetString()), Is.EqualTo(new[] { "analysts" }));
            Assert.That(Text(opened, "policy_hash"), Is.EqualTo("abc"));
            Assert.That((Text(issued, "access"), Text(issued, "credential"), Text(issued, "username")),
                Is.EqualTo(("issued", own.Text("id"), own.Text("username"))));
            Assert.That((Text(issued, "listener"), Text(issued, "purpose"), Text(issued, "lifetime_seconds")), Is.EqualTo(("clinic", "report", "90")));
            Assert.That(Text(by, "user"), Is.EqualTo("root"));
            Assert.That((Text(revoked, "access"), Text(revoked, "credential"), Text(revoked, "of")), Is.EqualTo(("revoked", own.Text("id"), "mallory")));
        });
    }

    [Test]
    public async Task A_refused_login_is_on_record_with_its_reason()
    {
        await ListAsync(Basic("alice", "a guess that nobody should read"));
        IGrouping<Guid, JournalRecord> session = (await RecordedAsync()).Single();
        Assert.That(Text(Json(session, RecordKind.SessionOpened), "login"), Is.EqualTo("refused"));
        Assert.That(Text(Json(session, RecordKind.SessionOpened), "user"), Is.EqualTo("alice"));
        Assert.That(Text(Json(session, RecordKind.SessionClosed), "reason"), Does.Contain("password is wrong"));
    }

    [Test]
    public async Task A_token_in_the_place_of_the_name_is_not_recorded()
    {
        string token = Bearer("mallory").Parameter!;
        foreach (string name in (string[])[token, "bearer-" + token, token[..60]])
            Assert.That((await ListAsync(Basic(name, ""))).Status, Is.EqualTo(HttpStatusCode.Unauthorized));

        List<IGrouping<Guid, JournalRecord>> sessions = await RecordedAsync();

        Assert.That(sessions.Select(session => Text(Json(session, RecordKind.SessionOpened), "user")), Is.EqualTo(new[] { "(a token)", "(a token)", "(a token)" }));
    }

    [Test]
    public async Task Neither_the_journal_nor_the_log_holds_a_secret()
    {
        string token = Bearer("mallory").Parameter!;
        Answer own = await IssueAsync(new("Bearer", token), new { listener = "clinic" });
        await ListAsync(Basic("alice", AlicePassword));
        await ListAsync(Basic("alice", "a-wrong-password-all-the-same"));
        await Server.DisposeAsync();
        await Journal.DisposeAsync();

        string everything = Log.Text + string.Concat(Directory.EnumerateFiles(JournalDirectory).Select(file => Encoding.Latin1.GetString(File.ReadAllBytes(file))));
        Assert.That(everything, Does.Contain(own.Text("username")), "the test looks where things are written");
        foreach (string secret in (string[])[own.Text("password"), AlicePassword, "a-wrong-password-all-the-same", token[..60], token[^60..]])
            Assert.That(everything, Does.Not.Contain(secret));
        Assert.That(JournalVerifier.Verify(JournalDirectory, publicKey: null).Damage, Is.Null);
    }

    [Test]
    public async Task What_cannot_be_recorded_is_not_given_out_but_what_is_taken_back_stays_taken()
    {
        Answer own = await IssueAsync(Bearer("mallory"), new { listener = "clinic" });
        Directory.Delete(JournalDirectory, recursive: true);
        // What still fits the open segment is written to a file without a name.
        Answer answer;
        do
            answer = await IssueAsync(Bearer(Guid.NewGuid().ToString()), new { listener = "clinic" });
        while (answer.Status == HttpStatusCode.Created);

        int live = Logins.Credentials!.List().Length;
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.ServiceUnavailable), answer.ToString);
        Assert.That(answer.Text("detail"), Does.Contain("journal").And.Not.Contain(JournalDirectory));
        Assert.That((await IssueAsync(Bearer("trudy"), new { listener = "clinic" })).Status, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(Logins.Credentials.List(), Has.Length.EqualTo(live), "the one that was made is revoked");
        Assert.That((await SendAsync(HttpMethod.Get, "/readyz", null)).Status, Is.EqualTo(HttpStatusCode.ServiceUnavailable));

        Assert.That((await RevokeAsync(Bearer("mallory"), own.Text("id"))).Status, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That(Logins.Credentials.Find(own.Text("id")), Is.Null);
    }

    /// <summary>A session's end is not waited for: the journal is closed first.</summary>
    private async Task<List<IGrouping<Guid, JournalRecord>>> RecordedAsync()
    {
        await Server.DisposeAsync();
        await Journal.DisposeAsync();
        return [.. JournalReader.Read(JournalDirectory).GroupBy(record => record.Session)];
    }

    private static JsonElement Json(IEnumerable<JournalRecord> session, RecordKind kind) =>
        JsonDocument.Parse(session.Single(record => record.Kind == kind).Payload).RootElement;

    private static string Text(JsonElement element, string name) => element.GetProperty(name).ToString();
}
