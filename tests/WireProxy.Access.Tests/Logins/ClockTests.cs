namespace WireProxy.Access.Tests.Logins;

/// <summary>A clock that is set back gives nobody more time than they had.</summary>
public sealed class ClockTests
{
    [Test]
    public async Task A_session_ends_with_its_token_although_the_clock_was_set_back()
    {
        await using Door door = await Door.WithBothAsync();
        Grant grant = (await door.TokenAsync(door.Token(60))).Grant();

        door.Clock.SetBack(TimeSpan.FromHours(2));
        door.Clock.Advance(TimeSpan.FromSeconds(89));
        Assert.That(grant.EndedAt(door.Clock.GetUtcNow()), Is.Null);
        door.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.That(grant.EndedAt(door.Clock.GetUtcNow())?.Reason, Is.EqualTo("the access token has expired"));
    }

    [Test]
    public async Task A_credential_that_has_ended_stays_so_when_the_clock_is_set_back()
    {
        await using Door door = await Door.WithBothAsync();
        (IssuedCredential credential, string password) = await door.IssueAsync(lifetime: TimeSpan.FromMinutes(10));
        Grant grant = door.Scram(credential.UserName, password).Grant();
        door.Clock.Advance(TimeSpan.FromMinutes(10));

        door.Clock.SetBack(TimeSpan.FromMinutes(9));

        Assert.That(grant.EndedAt(door.Clock.GetUtcNow())?.Reason, Does.Contain("expired"));
        Assert.That(door.Scram(credential.UserName, password).Denied().Reason, Does.Contain("expired"));
        Assert.That(door.Credentials.List(), Is.Empty);
    }

    [Test]
    public async Task The_longest_session_is_not_made_longer()
    {
        await using Door door = await Door.OpenAsync(_ => new IdentityOptions
        {
            Users = [new LocalUser("alice", new LiteralSecret("wonderland"), [])],
            SessionMaximum = TimeSpan.FromHours(8),
        });
        Grant grant = door.Scram("alice", "wonderland").Grant();

        door.Clock.SetBack(TimeSpan.FromDays(1));
        door.Clock.Advance(TimeSpan.FromHours(8));

        Assert.That(grant.EndedAt(door.Clock.GetUtcNow())?.Reason, Does.Contain("identity.sessions.longest"));
    }

    [Test]
    public async Task What_a_command_printed_is_not_used_for_longer()
    {
        var clock = new TestClock();
        using var cached = new CommandSecret(["/bin/sh", "-c", "date +%N"], cacheFor: TimeSpan.FromMinutes(5), clock: clock);
        string first = await ReadAsync(cached);

        clock.SetBack(TimeSpan.FromDays(1));
        clock.Advance(TimeSpan.FromMinutes(5));

        Assert.That(await ReadAsync(cached), Is.Not.EqualTo(first));
    }

    private static async Task<string> ReadAsync(SecretSource source)
    {
        using Secret secret = await source.ReadAsync(CancellationToken.None);
        return System.Text.Encoding.UTF8.GetString(secret.Utf8);
    }
}
