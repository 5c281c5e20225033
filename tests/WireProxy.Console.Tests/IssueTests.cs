using System.Net;
using System.Text;
using WireProxy.Access;

namespace WireProxy.Console.Tests;

internal sealed class IssueTests : ConsoleFixture
{
    [Test]
    public async Task A_token_becomes_a_user_name_and_password_for_one_listener()
    {
        DateTimeOffset before = DateTimeOffset.UtcNow;
        Answer answer = await IssueAsync(Bearer("mallory", "analysts"), new { listener = "clinic", lifetime = "30m", purpose = "the June report" });
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.Created), answer.ToString);
        Assert.Multiple(() =>
        {
            Assert.That(answer.Text("username"), Does.StartWith(IssuedCredentials.NamePrefix));
            Assert.That(answer.Text("password"), Does.Match("^[A-Za-z0-9]{32}$"));
            Assert.That(answer.Text("protocol"), Is.EqualTo("postgres"));
            Assert.That(answer.Text("database"), Is.EqualTo("clinic"));
            Assert.That(answer.Text("tls"), Is.EqualTo("require"));
            Assert.That(answer.Text("identity"), Is.EqualTo("mallory"));
            Assert.That(answer.Text("purpose"), Is.EqualTo("the June report"));
            Assert.That(answer.Body.GetProperty("address").GetProperty("host").GetString(), Is.EqualTo("127.0.0.1"),
                "it listens everywhere: the name is the one that the client used");
            Assert.That(answer.Body.GetProperty("address").GetProperty("port").GetInt32(), Is.EqualTo(6432));
            Assert.That(answer.Body.GetProperty("expires_at").GetDateTimeOffset() - before, Is.EqualTo(TimeSpan.FromMinutes(30)).Within(TimeSpan.FromMinutes(1)));
            Assert.That(answer.Headers["Location"], Is.EqualTo($"/v1/credentials/{answer.Text("id")}"));
            Assert.That(answer.Headers["Cache-Control"], Is.EqualTo("no-store"));
        });
        LoginOutcome there = await LogInAsync("clinic", answer.Text("username"), answer.Text("password"));
        LoginOutcome elsewhere = await LogInAsync("sql", answer.Text("username"), answer.Text("password"));
        Identity identity = ((LoginOutcome.Granted)there).Grant.Identity;
        Assert.That(identity.Groups, Is.EqualTo(new[] { "analysts" }));
        Assert.That(identity with { Groups = default },
            Is.EqualTo(new Identity("mallory", default, TestProvider.Issuer, ProofKind.IssuedCredential) { Purpose = "the June report" }));
        Assert.That(elsewhere, Is.InstanceOf<LoginOutcome.Denied>());
    }

    [Test]
    public async Task A_local_user_gets_one_too()
    {
        Answer answer = await IssueAsync(Basic("alice", AlicePassword), new { listener = "sql" });
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.Created), answer.ToString);
        Assert.That(answer.Text("issuer"), Is.EqualTo("local"));
        Assert.That(answer.Body.TryGetProperty("database", out _), Is.False);
    }

    [TestCase("""{"listener":"clinic","lifetime":"13h"}""", HttpStatusCode.UnprocessableEntity, "12 hours at most")]
    [TestCase("""{"listener":"clinic","lifetime":"0s"}""", HttpStatusCode.UnprocessableEntity, "longer than nothing")]
    [TestCase("""{"listener":"clinic","lifetime":"1 hour"}""", HttpStatusCode.BadRequest, "such as 30m or 8h")]
    [TestCase("""{"listener":"clinic","lifetime":"h"}""", HttpStatusCode.BadRequest, "such as 30m or 8h")]
    [TestCase("""{"listener":"clinic","lifetime":"-1h"}""", HttpStatusCode.BadRequest, "such as 30m or 8h")]
    [TestCase("""{"listener":"clinic","lifetime":3600}""", HttpStatusCode.BadRequest, "lifetime: a text is expected")]
    [TestCase("""{"listener":"clinic","purpose":"one\ntwo"}""", HttpStatusCode.UnprocessableEntity, "one line")]
    [TestCase("""{"listener":"nowhere"}""", HttpStatusCode.UnprocessableEntity, "no listener of this name")]
    [TestCase("""{"listener":"relayed"}""", HttpStatusCode.UnprocessableEntity, "no listener of this name")]
    [TestCase("""{"lifetime":"1h"}""", HttpStatusCode.BadRequest, "listener is missing")]
    [TestCase("""{"listener":"clinic","user":"root"}""", HttpStatusCode.BadRequest, "accepted: listener, lifetime, purpose")]
    [TestCase("""{"listener":"\ud800"}""", HttpStatusCode.BadRequest, "no JSON object")]
    [TestCase("""{"\udc00":"clinic"}""", HttpStatusCode.BadRequest, "no JSON object")]
    [TestCase("""{"listener":"clinic","listener":"sql"}""", HttpStatusCode.BadRequest, "stand once")]
    [TestCase("""["clinic"]""", HttpStatusCode.BadRequest, "a JSON object is expected")]
    [TestCase("{", HttpStatusCode.BadRequest, "no JSON object")]
    [TestCase("", HttpStatusCode.BadRequest, "no JSON object")]
    public async Task What_cannot_be_issued_is_refused_with_the_reason(string body, HttpStatusCode status, string reason)
    {
        Answer answer = await SendAsync(HttpMethod.Post, "/v1/credentials", Bearer("mallory"), new StringContent(body, Encoding.UTF8, "application/json"));
        Assert.That(answer.Status, Is.EqualTo(status), answer.ToString);
        Assert.That(answer.ContentType, Is.EqualTo("application/problem+json"));
        Assert.That(answer.Text("detail"), Does.Contain(reason));
        Assert.That(Logins.Credentials!.List(), Is.Empty);
    }

    [Test]
    public async Task The_listeners_that_take_one_are_named()
    {
        Answer answer = await IssueAsync(Bearer("mallory"), new { listener = "relayed" });
        Assert.That(answer.Text("hint"), Is.EqualTo("These do: clinic, sql."));
    }

    [Test]
    public async Task A_body_that_is_not_declared_as_json_is_not_read()
    {
        Answer answer = await SendAsync(HttpMethod.Post, "/v1/credentials", Bearer("mallory"), new StringContent("""{"listener":"clinic"}""", Encoding.UTF8, "text/plain"));
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.UnsupportedMediaType), answer.ToString);
    }

    [Test]
    public async Task A_body_larger_than_the_console_takes_is_refused()
    {
        var huge = new StringContent($$"""{"listener":"clinic","purpose":"{{new string('x', 20_000)}}"}""", Encoding.UTF8, "application/json");
        Answer answer = await SendAsync(HttpMethod.Post, "/v1/credentials", Bearer("mallory"), huge);
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge), answer.ToString);
        Assert.That(answer.ContentType, Is.EqualTo("application/problem+json"));
    }

    [Test]
    public async Task An_identity_has_a_limited_number_of_live_credentials()
    {
        for (int i = 0; i < 3; i++)
            Assert.That((await IssueAsync(Bearer("mallory"), new { listener = "clinic" })).Status, Is.EqualTo(HttpStatusCode.Created));
        Answer fourth = await IssueAsync(Bearer("mallory"), new { listener = "clinic" });
        Assert.That(fourth.Status, Is.EqualTo(HttpStatusCode.UnprocessableEntity));
        Assert.That(fourth.Text("detail"), Does.Contain("3 live credentials"));
        Assert.That((await IssueAsync(Bearer("trudy"), new { listener = "clinic" })).Status, Is.EqualTo(HttpStatusCode.Created), "somebody else's are counted apart");
    }

    [Test]
    public async Task While_draining_none_is_issued()
    {
        Server.Drain();
        Answer answer = await IssueAsync(Bearer("mallory"), new { listener = "clinic" });
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That((await SendAsync(HttpMethod.Get, "/readyz", null)).Status, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That((await SendAsync(HttpMethod.Get, "/healthz", null)).Status, Is.EqualTo(HttpStatusCode.OK));
    }
}
