using WireProxy.Access.Tests.Oidc;

namespace WireProxy.Access.Tests.Logins;

public sealed class IssuedCredentialTests
{
    [Test]
    public async Task It_opens_its_listener_and_carries_who_what_for_and_its_id([Values] bool isScram)
    {
        await using Door door = await Door.WithBothAsync();
        (IssuedCredential credential, string password) = await door.IssueAsync(purpose: "quarterly report");
        Assert.That(credential.UserName, Does.Match("^wp_[a-z2-7]{13}$"));
        Assert.That(password, Does.Match("^[A-Za-z0-9]{32}$"));
        Grant grant = (isScram ? door.Scram(credential.UserName, password) : await door.PasswordAsync(credential.UserName, password)).Grant();
        Assert.That(grant.CredentialId, Is.EqualTo(credential.Id));
        Assert.That(grant.Identity, Is.EqualTo(credential.Identity));
        Assert.That(grant.Identity.Proof, Is.EqualTo(ProofKind.IssuedCredential));
        Assert.That((grant.Identity.Name, grant.Identity.Issuer, grant.Identity.Purpose), Is.EqualTo(("alice", Provider.Issuer, "quarterly report")));
        Assert.That(grant.EndsAt, Is.EqualTo(door.Clock.GetUtcNow().AddHours(1)));
    }

    [Test]
    public async Task Another_listener_refuses_it_and_says_why_to_its_holder()
    {
        await using Door door = await Door.WithBothAsync();
        (IssuedCredential credential, string password) = await door.IssueAsync();
        Assert.That(door.Scram(credential.UserName, password, listener: "billing").Denied().Reason, Is.EqualTo("the issued credential is for another listener"));
    }

    [Test]
    public async Task Revoking_ends_live_sessions_at_once_and_a_replay_is_refused()
    {
        await using Door door = await Door.WithBothAsync();
        (IssuedCredential credential, string password) = await door.IssueAsync();
        Grant grant = door.Scram(credential.UserName, password).Grant();
        Assert.That(grant.EndedAt(door.Clock.GetUtcNow()), Is.Null);
        Assert.That(door.Credentials.Revoke(credential.Id, by: "bob"), Is.True);
        Assert.That(grant.EndedAt(door.Clock.GetUtcNow())?.Reason, Is.EqualTo("the issued credential was revoked by bob"));
        Assert.That(door.Scram(credential.UserName, password).Denied().Reason, Does.Contain("revoked"));
        Assert.That((await door.PasswordAsync(credential.UserName, password)).Denied().Reason, Does.Contain("revoked"));
        Assert.That(door.Credentials.Revoke(credential.Id), Is.False, "already");
        Assert.That(door.Credentials.List(), Is.Empty);
    }

    [Test]
    public async Task It_expires_with_its_sessions_and_its_holder_is_told()
    {
        await using Door door = await Door.WithBothAsync();
        (IssuedCredential credential, string password) = await door.IssueAsync(lifetime: TimeSpan.FromMinutes(10));
        Grant grant = door.Scram(credential.UserName, password).Grant();
        door.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.That(grant.EndedAt(door.Clock.GetUtcNow())?.Hint, Does.Contain("wireproxy login"));
        Assert.That(door.Scram(credential.UserName, password).Denied().Message, Does.Contain("has expired"));
        Assert.That(door.Credentials.Find(credential.Id), Is.Null);
        Assert.That(door.Credentials.Revoke(credential.Id), Is.False);

        // Forgotten an hour after its end, when the next one is issued.
        door.Clock.Advance(TimeSpan.FromMinutes(61));
        await door.IssueAsync();
        Assert.That(door.Credentials.Held, Is.EqualTo(1));
        Assert.That(door.Scram(credential.UserName, password).Denied().Message, Does.Contain("not accepted"));
    }

    [Test]
    public async Task A_lifetime_is_limited_by_configuration()
    {
        await using Door door = await Door.WithBothAsync();
        Grant proof = (await door.TokenAsync(door.Token())).Grant();
        Assert.That(door.Credentials.Issue(proof, "clinic", TimeSpan.FromHours(12)), Is.InstanceOf<IssueOutcome.Issued>());
        Assert.That(Refusal(door.Credentials.Issue(proof, "clinic", TimeSpan.FromHours(12.1))), Is.EqualTo("The lifetime may be 12 hours at most."));
        Assert.That(Refusal(door.Credentials.Issue(proof, "clinic", TimeSpan.Zero)), Does.Contain("longer than nothing"));
    }

    [Test]
    public async Task It_ends_with_its_proof_where_that_is_configured()
    {
        var clock = new TestClock();
        var credentials = new IssuedCredentials(new IssuedCredentialOptions { EndsWithProof = true }, clock);
        var identity = new Identity("alice", [], "https://x", ProofKind.Token);
        var proof = new TimedGrant(identity, new Deadline(clock.GetUtcNow().AddMinutes(5), clock), Denials.TokenExpired);
        var issued = (IssueOutcome.Issued)credentials.Issue(proof, "clinic");
        Assert.That(issued.Credential.Credential.Ends, Is.EqualTo(proof.EndsAt));
        clock.Advance(TimeSpan.FromMinutes(5));
        Assert.That(Refusal(credentials.Issue(proof, "clinic")), Does.Contain("over"));
        await Task.CompletedTask;
    }

    [Test]
    public async Task It_cannot_be_used_to_get_another()
    {
        await using Door door = await Door.WithBothAsync();
        (IssuedCredential credential, string password) = await door.IssueAsync();
        Grant grant = door.Scram(credential.UserName, password).Grant();
        Assert.That(Refusal(door.Credentials.Issue(grant, "clinic")), Is.EqualTo("An issued credential cannot ask for another one."));
    }

    [Test]
    public async Task One_identity_has_twenty_live_ones_and_lists_its_own()
    {
        await using Door door = await Door.WithBothAsync();
        Grant proof = (await door.TokenAsync(door.Token())).Grant();
        for (int i = 0; i < 20; i++)
            Assert.That(door.Credentials.Issue(proof, "clinic"), Is.InstanceOf<IssueOutcome.Issued>());
        Assert.That(Refusal(door.Credentials.Issue(proof, "clinic")), Does.Contain("20 live credentials"));
        (IssuedCredential bobs, _) = await door.IssueAsync(subject: "bob");
        Assert.That(door.Credentials.List(proof.Identity), Has.Length.EqualTo(20));
        Assert.That(door.Credentials.List(bobs.Identity).Single().Id, Is.EqualTo(bobs.Id));
        Assert.That(door.Credentials.List(), Has.Length.EqualTo(21));

        door.Credentials.Revoke(door.Credentials.List(proof.Identity)[0].Id);
        Assert.That(door.Credentials.Issue(proof, "clinic"), Is.InstanceOf<IssueOutcome.Issued>());
    }

    [Test]
    public void Issuing_and_revoking_by_turns_does_not_fill_the_memory()
    {
        var clock = new TestClock();
        var credentials = new IssuedCredentials(new IssuedCredentialOptions { Total = 10 }, clock);
        var proof = new TimedGrant(new Identity("alice", [], "x", ProofKind.Token), new Deadline(DateTimeOffset.MaxValue, clock), Denials.TokenExpired);
        for (int i = 0; i < 50; i++)
        {
            var issued = (IssueOutcome.Issued)credentials.Issue(proof, "clinic");
            credentials.Revoke(issued.Credential.Credential.Id);
        }
        Assert.That(credentials.Held, Is.LessThanOrEqualTo(11));
    }

    [Test]
    public void All_identities_together_have_a_limit_too()
    {
        var clock = new TestClock();
        var credentials = new IssuedCredentials(new IssuedCredentialOptions { Total = 3 }, clock);
        for (int i = 0; i < 3; i++)
            Assert.That(credentials.Issue(Proof($"name-{i}"), "clinic"), Is.InstanceOf<IssueOutcome.Issued>());
        Assert.That(Refusal(credentials.Issue(Proof("one more"), "clinic")), Does.Contain("as many credentials as it may"));

        TimedGrant Proof(string name) => new(new Identity(name, [], "x", ProofKind.Token), new Deadline(DateTimeOffset.MaxValue, clock), Denials.TokenExpired);
    }

    [TestCase("a\nb"), TestCase("a\0b")]
    public async Task A_purpose_is_one_line_of_text(string purpose)
    {
        await using Door door = await Door.WithBothAsync();
        Grant proof = (await door.TokenAsync(door.Token())).Grant();
        Assert.That(Refusal(door.Credentials.Issue(proof, "clinic", purpose: purpose)), Does.Contain("one line"));
        Assert.That(Refusal(door.Credentials.Issue(proof, "clinic", purpose: new string('x', 257))), Does.Contain("256"));
    }

    [Test]
    public async Task The_limit_of_sessions_ends_an_issued_credentials_session_too()
    {
        await using Door door = await Door.OpenAsync(door =>
        {
            File.WriteAllText(door.File("jwks.json"), TokenForge.KeySet(Provider.SharedKey));
            return new IdentityOptions
            {
                Oidc = [new OidcProviderOptions(Provider.Issuer, [Provider.Audience]) { Keys = new KeyLocation.LocalFile(door.File("jwks.json")) }],
                SessionMaximum = TimeSpan.FromMinutes(30),
            };
        });
        (IssuedCredential credential, string password) = await door.IssueAsync();
        Grant grant = door.Scram(credential.UserName, password).Grant();
        Assert.That((grant.EndsAt, grant.CredentialId), Is.EqualTo((door.Clock.GetUtcNow().AddMinutes(30), credential.Id)));
        door.Credentials.Revoke(credential.Id);
        Assert.That(grant.EndedAt(door.Clock.GetUtcNow())?.Reason, Does.Contain("revoked"));
    }

    private static string Refusal(IssueOutcome outcome) => ((IssueOutcome.Refused)outcome).Message;
}
