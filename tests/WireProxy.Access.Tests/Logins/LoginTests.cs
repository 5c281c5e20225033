using WireProxy.Access.Tests.Oidc;

namespace WireProxy.Access.Tests.Logins;

public sealed class LoginTests
{
    [Test]
    public async Task A_local_user_logs_in_by_SCRAM_and_by_a_password_in_the_clear([Values] bool isScram)
    {
        await using Door door = await Door.WithUsersAsync();
        Grant grant = (isScram ? door.Scram("alice", "wonderland") : await door.PasswordAsync("alice", "wonderland")).Grant();
        Assert.That(grant.Identity.Name, Is.EqualTo("alice"));
        Assert.That(grant.Identity.Groups, Is.EqualTo(new[] { "analysts" }));
        Assert.That((grant.Identity.Issuer, grant.Identity.Proof), Is.EqualTo(("local", ProofKind.Password)));
        Assert.That(grant.EndsAt, Is.Null);
        Assert.That(grant.EndedAt(DateTimeOffset.MaxValue), Is.Null);
    }

    [TestCase("alice", "Wonderland"), TestCase("alice", ""), TestCase("bob", "wonderland"), TestCase("", ""), TestCase("Alice", "wonderland")]
    public async Task A_wrong_name_or_password_does_not(string name, string password)
    {
        await using Door door = await Door.WithUsersAsync();
        LoginOutcome.Denied scram = door.Scram(name, password).Denied();
        LoginOutcome.Denied clear = (await door.PasswordAsync(name, password)).Denied();
        Assert.That(scram.Message, Is.EqualTo("login failed: the user name or password is not accepted"));
        Assert.That((clear.Message, clear.Hint), Is.EqualTo((scram.Message, scram.Hint)));
    }

    [Test]
    public async Task A_token_logs_in_under_any_name_and_as_a_password()
    {
        await using Door door = await Door.WithBothAsync();
        Assert.That((await door.TokenAsync(door.Token(), "whoever")).Grant().Identity.Name, Is.EqualTo("alice"));
        Assert.That((await door.PasswordAsync("app", door.Token())).Grant().Identity.Proof, Is.EqualTo(ProofKind.Token));
        Assert.That((await door.PasswordAsync("alice", "wonderland")).Grant().Identity.Proof, Is.EqualTo(ProofKind.Password));
    }

    [Test]
    public async Task Where_tokens_alone_are_configured_every_password_is_one()
    {
        await using Door door = await Door.OpenAsync(door => new IdentityOptions
        {
            Oidc = [new OidcProviderOptions(Provider.Issuer, ["x"]) { Keys = new KeyLocation.LocalFile(door.File("none")) }],
            Credentials = null,
        });
        Assert.That((await door.PasswordAsync("alice", "wonderland")).Denied().Reason, Is.EqualTo("the token is malformed"));
    }

    [Test]
    public async Task A_tokens_session_ends_with_the_token()
    {
        await using Door door = await Door.WithBothAsync();
        Grant grant = (await door.TokenAsync(door.Token(60))).Grant();
        DateTimeOffset now = door.Clock.GetUtcNow();
        Assert.That(grant.EndedAt(now.AddSeconds(89)), Is.Null);
        Assert.That(grant.EndedAt(now.AddSeconds(90))?.Reason, Is.EqualTo("the access token has expired"));
    }

    [Test]
    public async Task The_longest_session_ends_any_grant_and_names_its_setting()
    {
        await using Door door = await Door.OpenAsync(_ => new IdentityOptions
        {
            Users = [new LocalUser("alice", new LiteralSecret("wonderland"), [])],
            SessionMaximum = TimeSpan.FromHours(8),
        });
        Grant grant = door.Scram("alice", "wonderland").Grant();
        DateTimeOffset now = door.Clock.GetUtcNow();
        Assert.That(grant.EndsAt, Is.EqualTo(now.AddHours(8)));
        Assert.That(grant.EndedAt(now.AddHours(8).AddTicks(-1)), Is.Null);
        Assert.That(grant.EndedAt(now.AddHours(8))?.Reason, Does.Contain("identity.sessions.longest"));
    }

    [TestCase("eyJhbGciOiJSUzI1NiJ9.cut off"), TestCase("a password"), TestCase("")]
    public async Task What_the_name_token_brings_is_judged_as_a_token(string pasted)
    {
        await using Door door = await Door.WithBothAsync();
        LoginOutcome.Denied denied = (await door.PasswordAsync(LoginAuthority.TokenLoginName, pasted)).Denied();
        Assert.That((denied.Reason, denied.Message), Is.EqualTo(("the token is malformed", "login failed: the token is not accepted")));
    }

    [Test]
    public async Task A_token_for_later_is_answered_with_what_may_be_wrong()
    {
        await using Door door = await Door.WithBothAsync();
        string token = Provider.SharedKey.Sign(new
        {
            iss = Provider.Issuer,
            aud = Provider.Audience,
            sub = "alice",
            nbf = door.Clock.GetUtcNow().ToUnixTimeSeconds() + 60,
            exp = door.Clock.GetUtcNow().ToUnixTimeSeconds() + 300,
        });
        Assert.That((await door.TokenAsync(token)).Denied().Hint, Does.Contain("clock"));
    }

    [Test]
    public async Task Who_brings_a_token_under_another_name_is_told_which()
    {
        await using Door both = await Door.WithBothAsync();
        await using Door users = await Door.WithUsersAsync();
        Assert.That(both.Scram("alice", "a token").Denied().Hint, Does.StartWith("A token is brought under the name token."));
        Assert.That(both.Scram("nobody", "a token").Denied().Hint, Is.EqualTo(both.Scram("alice", "a token").Denied().Hint));
        Assert.That(users.Scram("alice", "wrong").Denied().Hint, Does.StartWith("A credential that the gateway issued"));
    }

    [Test]
    public async Task An_expired_token_is_answered_with_what_to_do()
    {
        await using Door door = await Door.WithBothAsync();
        string token = door.Token(60);
        door.Clock.Advance(TimeSpan.FromMinutes(5));
        LoginOutcome.Denied denied = (await door.TokenAsync(token)).Denied();
        Assert.That(denied.Message, Is.EqualTo("login failed: the token is not accepted"));
        Assert.That(denied.Hint, Does.Contain("get a new one"));
    }

    [TestCase("alice", LoginMethod.Scram), TestCase("bob", LoginMethod.Scram), TestCase("wp_abc", LoginMethod.Scram)]
    [TestCase("token", LoginMethod.Token), TestCase("alice@example.org", LoginMethod.Token), TestCase("", LoginMethod.Scram)]
    public async Task Where_both_are_configured_the_shape_of_the_name_decides(string name, LoginMethod method)
    {
        await using Door door = await Door.WithBothAsync();
        Assert.That(door.Authority.MethodFor(Door.Attempt(name)), Is.EqualTo(method));
    }

    [Test]
    public async Task Where_one_kind_is_configured_names_do_not_matter([Values("alice", "alice@example.org", "token")] string name)
    {
        await using Door users = await Door.WithUsersAsync();
        Assert.That(users.Authority.MethodFor(Door.Attempt(name)), Is.EqualTo(LoginMethod.Scram));
        await using Door tokens = await Door.OpenAsync(door => new IdentityOptions
        {
            Oidc = [new OidcProviderOptions(Provider.Issuer, ["x"]) { Keys = new KeyLocation.LocalFile(door.File("none")) }],
        });
        Assert.That(tokens.Authority.MethodFor(Door.Attempt(name)), Is.EqualTo(LoginMethod.Token));
        Assert.That(tokens.Authority.MethodFor(Door.Attempt("wp_abc")), Is.EqualTo(LoginMethod.Scram));
    }

    [Test]
    public async Task A_changed_password_counts_and_a_login_under_way_with_the_old_one_does_not()
    {
        await using Door door = await Door.OpenAsync(door =>
        {
            File.WriteAllText(door.File("password"), "first\n");
            return new IdentityOptions { Users = [new LocalUser("alice", new FileSecret(door.File("password")), [])] };
        });
        ScramVerifier old = door.Authority.VerifierFor(Door.Attempt("alice"));
        File.WriteAllText(door.File("password"), "second\n");
        door.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.That(() => door.Scram("alice", "second", address: Next()), Is.InstanceOf<LoginOutcome.Granted>().After(60_000, 50));
        door.Scram("alice", "first").Denied();
        Assert.That(door.Authority.AcceptScram(Door.Attempt("alice"), old).Denied().Reason, Does.Contain("changed"));
        Assert.That(door.Authority.VerifierFor(Door.Attempt("alice")).Salt, Is.EqualTo(old.Salt), "a new salt would tell that the user exists");
        Assert.That(door.Authority.UserDerivations, Is.EqualTo(2));

        File.Delete(door.File("password"));
        door.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.That(() => door.Scram("alice", "second", address: Next()), Is.InstanceOf<LoginOutcome.Denied>().After(60_000, 50));
    }

    [Test]
    public async Task A_password_that_did_not_change_is_not_derived_again()
    {
        await using Door door = await Door.WithUsersAsync();
        await door.TickAsync(TimeSpan.FromSeconds(5), () => door.Authority.UserReadings >= 5);
        Assert.That(door.Authority.UserDerivations, Is.EqualTo(1));
    }

    [Test]
    public void The_gateway_does_not_start_without_its_users_passwords_and_names_all_of_them()
    {
        var options = new IdentityOptions
        {
            Users = [new LocalUser("alice", new EnvironmentSecret("WIREPROXY_TEST_NO_1"), []), new LocalUser("bob", new EnvironmentSecret("WIREPROXY_TEST_NO_2"), [])],
        };
        Assert.That(async () => await LoginAuthority.StartAsync(options),
            Throws.TypeOf<SecretUnavailableException>().With.Message.Contains("WIREPROXY_TEST_NO_1").And.Message.Contains("WIREPROXY_TEST_NO_2"));
    }

    [Test]
    public void A_local_user_cannot_have_an_issued_name_or_stand_twice()
    {
        var one = new LocalUser("wp_alice", new LiteralSecret("x"), []);
        Assert.That(async () => await LoginAuthority.StartAsync(new IdentityOptions { Users = [one] }), Throws.ArgumentException);
        var two = new LocalUser("alice", new LiteralSecret("x"), []);
        Assert.That(async () => await LoginAuthority.StartAsync(new IdentityOptions { Users = [two, two] }), Throws.ArgumentException);
    }

    private static int _next;

    /// <summary>Another address for each try, so that none is throttled.</summary>
    private static string Next() => $"198.51.{Interlocked.Increment(ref _next) / 250}.{_next % 250}";
}
