namespace WireProxy.Access.Tests.Logins;

/// <summary>Whoever does not know a password must not learn whose it would be.</summary>
public sealed class EnumerationTests
{
    [Test]
    public async Task An_unknown_name_has_a_verifier_that_looks_like_a_users_and_stays()
    {
        await using Door door = await Door.WithUsersAsync();
        ScramVerifier known = door.Authority.VerifierFor(Door.Attempt("alice"));
        ScramVerifier unknown = door.Authority.VerifierFor(Door.Attempt("bob"));
        Assert.That((unknown.Salt.Length, unknown.Iterations, unknown.StoredKey.Length, unknown.ServerKey.Length),
            Is.EqualTo((known.Salt.Length, known.Iterations, known.StoredKey.Length, known.ServerKey.Length)));
        Assert.That(door.Authority.VerifierFor(Door.Attempt("bob")).Salt, Is.EqualTo(unknown.Salt));
        Assert.That(door.Authority.VerifierFor(Door.Attempt("carol")).Salt, Is.Not.EqualTo(unknown.Salt));
        Assert.That(door.Authority.VerifierFor(Door.Attempt("alice")).Salt, Is.EqualTo(known.Salt));
    }

    [Test]
    public async Task A_configured_key_keeps_the_verifiers_across_restarts()
    {
        static Task<Door> OpenAsync() => Door.OpenAsync(_ => new IdentityOptions { DecoyKey = [.. Enumerable.Repeat((byte)7, 32)] });
        await using Door one = await OpenAsync();
        await using Door two = await OpenAsync();
        await using Door other = await Door.WithUsersAsync();
        var salt = one.Authority.VerifierFor(Door.Attempt("bob")).Salt;
        Assert.That(two.Authority.VerifierFor(Door.Attempt("bob")).Salt, Is.EqualTo(salt));
        Assert.That(other.Authority.VerifierFor(Door.Attempt("bob")).Salt, Is.Not.EqualTo(salt));
    }

    [Test]
    public async Task An_unknown_name_costs_the_same_work_as_a_wrong_password()
    {
        await using Door door = await Door.WithBothAsync();
        (IssuedCredential credential, _) = await door.IssueAsync();
        Assert.That(door.Authority.Derivations, Is.Zero, "a token costs none");
        int expected = 0;
        foreach (string name in new[] { "alice", "bob", credential.UserName, "wp_unknown" })
        {
            await door.PasswordAsync(name, "wrong");
            Assert.That(door.Authority.Derivations, Is.EqualTo(++expected), name);
            door.Scram(name, "wrong");
            Assert.That(door.Authority.Derivations, Is.EqualTo(expected), "SCRAM leaves the work to the client");
        }
        Assert.That(door.Authority.UserDerivations, Is.EqualTo(1), "the one at the start");
    }

    [Test]
    public async Task All_refusals_without_proof_are_worded_the_same()
    {
        await using Door door = await Door.WithBothAsync();
        (IssuedCredential live, _) = await door.IssueAsync();
        (IssuedCredential revoked, _) = await door.IssueAsync();
        door.Credentials.Revoke(revoked.Id);
        var said = new List<(string, string?)>();
        foreach (string name in new[] { "alice", "bob", live.UserName, revoked.UserName, "wp_unknown", "" })
        {
            LoginOutcome.Denied clear = (await door.PasswordAsync(name, "wrong")).Denied();
            LoginOutcome.Denied scram = door.Scram(name, "wrong").Denied();
            LoginOutcome.Denied elsewhere = door.Scram(name, "wrong", listener: "other").Denied();
            said.AddRange([(clear.Message, clear.Hint), (scram.Message, scram.Hint), (elsewhere.Message, elsewhere.Hint)]);
        }
        Assert.That(said.Distinct().ToList(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Nobody_logs_in_as_an_unknown_name_even_with_a_proof()
    {
        await using Door door = await Door.WithUsersAsync();
        LoginAttempt attempt = Door.Attempt("bob");
        Assert.That(door.Authority.AcceptScram(attempt, door.Authority.VerifierFor(attempt)), Is.InstanceOf<LoginOutcome.Denied>());
        // Nor as one user with another's verifier.
        Assert.That(door.Authority.AcceptScram(Door.Attempt("alice"), door.Authority.VerifierFor(attempt)), Is.InstanceOf<LoginOutcome.Denied>());
    }
}
