using System.Net;
using System.Net.Http.Headers;
using WireProxy.HttpConsole.Login;

namespace WireProxy.Console.Tests;

internal sealed class LoginTests : ConsoleFixture
{
    [Test]
    public async Task Without_a_proof_the_answer_says_which_are_taken()
    {
        Answer answer = await SendAsync(HttpMethod.Get, "/v1/credentials", null);
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(answer.Headers["WWW-Authenticate"], Is.EqualTo("Bearer realm=\"wireproxy\", Basic realm=\"wireproxy\", charset=\"UTF-8\""));
    }

    [TestCase("Bearer", "not.a.token")]
    [TestCase("Bearer", "x")]
    [TestCase("Negotiate", "YII=")]
    [TestCase("Basic", "no base64!")]
    [TestCase("Basic", "bm9jb2xvbg==")]
    public async Task What_proves_nothing_is_refused(string scheme, string value)
    {
        Answer answer = await ListAsync(new AuthenticationHeaderValue(scheme, value));
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.Unauthorized), answer.ToString);
        Assert.That(answer.Body.GetRawText(), Does.Not.Contain(value));
    }

    [Test]
    public async Task A_token_that_is_not_accepted_is_called_invalid()
    {
        string token = Bearer("mallory").Parameter!;
        Answer answer = await ListAsync(new AuthenticationHeaderValue("Bearer", token[..^8] + "AAAAAAAA"));
        Assert.That(answer.Headers["WWW-Authenticate"], Does.StartWith("Bearer realm=\"wireproxy\", error=\"invalid_token\""));
        Assert.That(Log.Text, Does.Contain("refused a login").And.Not.Contain(token[..40]));
    }

    [Test]
    public async Task An_unknown_user_and_a_wrong_password_are_told_apart_by_nobody()
    {
        Answer wrong = await ListAsync(Basic("alice", "guess"));
        Answer unknown = await ListAsync(Basic("nobody", "guess"));
        Assert.That(wrong.Status, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(wrong.Body.GetRawText(), Is.EqualTo(unknown.Body.GetRawText()));
    }

    [Test]
    public async Task An_issued_credential_asks_for_nothing_here()
    {
        Answer own = await IssueAsync(Bearer("mallory"), new { listener = "clinic" });
        Answer answer = await ListAsync(Basic(own.Text("username"), own.Text("password")));
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.Unauthorized), answer.ToString);
    }

    [Test]
    public async Task Who_guesses_too_often_has_to_wait_though_the_guess_be_right()
    {
        for (int i = 0; i < 4; i++)
            Assert.That((await ListAsync(Basic("alice", $"guess {i}"))).Status, Is.EqualTo(HttpStatusCode.Unauthorized));
        Answer answer = await ListAsync(Basic("alice", AlicePassword));
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.TooManyRequests), answer.ToString);
        Assert.That(answer.Headers["Retry-After"], Is.EqualTo("60"));
        Assert.That((await ListAsync(Bearer("mallory"))).Status, Is.EqualTo(HttpStatusCode.OK), "another name is not shut out by it");
    }

    [Test]
    public async Task Two_authorization_headers_are_none()
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{Server.Address}/v1/credentials");
        request.Headers.TryAddWithoutValidation("Authorization", [$"Bearer {Bearer("mallory").Parameter}", $"Bearer {Bearer("trudy").Parameter}"]);
        using HttpResponseMessage response = await client.SendAsync(request);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [TestCase("127.0.0.1", null, true)]
    [TestCase("::1", null, true)]
    [TestCase("::ffff:127.0.0.1", null, true)]
    [TestCase("192.0.2.7", null, false)]
    [TestCase("::ffff:192.0.2.7", null, false)]
    [TestCase("192.0.2.7", "Tls13 TLS_AES_256_GCM_SHA384", true)]
    public void Secrets_pass_inside_TLS_or_inside_this_machine(string address, string? tls, bool expected) =>
        Assert.That(new Visit(new IPEndPoint(IPAddress.Parse(address), 40_000), tls, null).MayTellSecrets, Is.EqualTo(expected));

    [TestCase("GET", "/", HttpStatusCode.NotFound)]
    [TestCase("GET", "/v1/credentials/x/y", HttpStatusCode.NotFound)]
    [TestCase("PUT", "/v1/credentials", HttpStatusCode.MethodNotAllowed)]
    [TestCase("POST", "/healthz", HttpStatusCode.MethodNotAllowed)]
    public async Task What_is_not_there_is_a_problem_too(string method, string path, HttpStatusCode status)
    {
        Answer answer = await SendAsync(new HttpMethod(method), path, null);
        Assert.That(answer.Status, Is.EqualTo(status));
        Assert.That(answer.ContentType, Is.EqualTo("application/problem+json"));
    }
}
