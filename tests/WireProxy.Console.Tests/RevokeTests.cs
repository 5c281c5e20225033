using System.Net;
using System.Text.Json;
using WireProxy.Access;

namespace WireProxy.Console.Tests;

internal sealed class RevokeTests : ConsoleFixture
{
    [Test]
    public async Task A_list_has_ones_own_credentials_without_their_passwords()
    {
        Answer own = await IssueAsync(Bearer("mallory"), new { listener = "clinic", purpose = "report" });
        await IssueAsync(Bearer("trudy"), new { listener = "clinic" });
        Answer list = await ListAsync(Bearer("mallory"));
        JsonElement[] credentials = [.. list.Body.GetProperty("credentials").EnumerateArray()];
        Assert.That(credentials.Select(credential => credential.GetProperty("id").GetString()), Is.EqualTo(new[] { own.Text("id") }));
        Assert.That(list.Body.GetRawText(), Does.Contain("report").And.Not.Contain(own.Text("password")).And.Not.Contain("password"));
    }

    [Test]
    public async Task Administrators_see_all()
    {
        await IssueAsync(Bearer("mallory"), new { listener = "clinic" });
        await IssueAsync(Basic("alice", AlicePassword), new { listener = "clinic" });
        Answer list = await ListAsync(Bearer("root", "admins"));
        Assert.That(list.Body.GetProperty("credentials").EnumerateArray().Select(credential => credential.GetProperty("identity").GetString()),
            Is.EqualTo(new[] { "mallory", "alice" }));
    }

    [Test]
    public async Task Revoking_ends_the_grant_at_once_and_the_credential_for_good()
    {
        Answer own = await IssueAsync(Bearer("mallory"), new { listener = "clinic" });
        var session = (LoginOutcome.Granted)await LogInAsync("clinic", own.Text("username"), own.Text("password"));
        Assert.That(session.Grant.EndedAt(DateTimeOffset.UtcNow), Is.Null);

        Assert.That((await RevokeAsync(Bearer("mallory"), own.Text("id"))).Status, Is.EqualTo(HttpStatusCode.NoContent));

        Assert.That(session.Grant.EndedAt(DateTimeOffset.UtcNow)?.Reason, Does.Contain("revoked by mallory"));
        Assert.That(await LogInAsync("clinic", own.Text("username"), own.Text("password")), Is.InstanceOf<LoginOutcome.Denied>());
        Assert.That((await RevokeAsync(Bearer("mallory"), own.Text("id"))).Status, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That((await ListAsync(Bearer("mallory"))).Body.GetProperty("credentials").GetArrayLength(), Is.Zero);
    }

    [Test]
    public async Task Somebody_elses_credential_is_not_there_but_for_administrators()
    {
        Answer own = await IssueAsync(Bearer("mallory"), new { listener = "clinic" });
        Answer foreign = await RevokeAsync(Bearer("trudy"), own.Text("id"));
        Answer unknown = await RevokeAsync(Bearer("trudy"), "nosuchcredential");
        Assert.That(foreign.Status, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(foreign.Body.GetRawText(), Is.EqualTo(unknown.Body.GetRawText()));
        Assert.That(await LogInAsync("clinic", own.Text("username"), own.Text("password")), Is.InstanceOf<LoginOutcome.Granted>());
        Assert.That((await RevokeAsync(Bearer("root", "admins"), own.Text("id"))).Status, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That(await LogInAsync("clinic", own.Text("username"), own.Text("password")), Is.InstanceOf<LoginOutcome.Denied>());
    }
}
