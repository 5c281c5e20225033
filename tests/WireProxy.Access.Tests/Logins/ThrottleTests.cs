using System.Net;
using WireProxy.Access.Tests.Oidc;

namespace WireProxy.Access.Tests.Logins;

public sealed class ThrottleTests
{
    [Test]
    public async Task After_ten_failures_a_name_waits_and_another_does_not()
    {
        await using Door door = await Door.WithUsersAsync();
        for (int i = 0; i < 10; i++)
            Assert.That(door.Scram("alice", "wrong").Denied().IsThrottled, Is.False);
        LoginOutcome.Denied denied = door.Scram("alice", "wonderland").Denied();
        Assert.That(denied.IsThrottled, Is.True);
        Assert.That(denied.Hint, Does.Contain("Wait"));
        Assert.That((await door.PasswordAsync("alice", "wonderland")).Denied().IsThrottled, Is.True);
        Assert.That(door.Authority.Derivations, Is.Zero, "throttled before any work");

        Assert.That(door.Authority.Admit(Door.Attempt("bob")), Is.Null);
        Assert.That(door.Authority.Admit(Door.Attempt("alice", address: "192.0.2.8")), Is.Null);

        door.Clock.Advance(TimeSpan.FromSeconds(6));
        door.Scram("alice", "wonderland").Grant();
    }

    [Test]
    public async Task A_login_that_is_refused_before_its_proof_was_looked_at_counts_too()
    {
        await using Door door = await Door.WithUsersAsync();
        var denied = new LoginOutcome.Denied("in the clear", "use TLS");
        for (int i = 0; i < 10; i++)
            Assert.That(door.Authority.Refuse(Door.Attempt("alice"), denied), Is.SameAs(denied));

        Assert.That(door.Authority.Admit(Door.Attempt("alice"))?.IsThrottled, Is.True);
    }

    [Test]
    public async Task An_address_has_a_hundred_failures_over_all_names_and_its_own_success_gives_none_back()
    {
        await using Door door = await Door.WithUsersAsync();
        for (int i = 0; i < 100; i++)
        {
            if (i % 10 == 0) door.Scram("alice", "wonderland").Grant();
            Assert.That(door.Scram($"name-{i}", "wrong").Denied().IsThrottled, Is.False);
        }
        Assert.That(door.Scram("alice", "wonderland").Denied().IsThrottled, Is.True);
        door.Scram("alice", "wonderland", address: "192.0.2.8").Grant();
        door.Clock.Advance(TimeSpan.FromSeconds(1));
        door.Scram("alice", "wonderland").Grant();
    }

    [Test]
    public async Task Of_many_logins_at_once_none_gets_past_the_limit()
    {
        await using Door door = await Door.WithUsersAsync();
        LoginAttempt attempt = Door.Attempt("alice");
        // All were admitted and have their verifier before the first has failed.
        ScramVerifier verifier = door.Authority.VerifierFor(attempt);
        for (int i = 0; i < 10; i++)
            door.Authority.RefuseScram(attempt, "the password is wrong");
        Assert.That(door.Authority.AcceptScram(attempt, verifier).Denied().IsThrottled, Is.True);
    }

    [Test]
    public async Task A_program_that_repeats_a_token_does_not_lock_out_others_who_bring_one_from_its_address()
    {
        await using Door door = await Door.WithBothAsync();
        string stale = door.Token(seconds: -60);
        for (int i = 0; i < 10; i++)
            Assert.That((await door.TokenAsync(stale)).Denied().IsThrottled, Is.False);
        Assert.That((await door.TokenAsync(stale)).Denied().IsThrottled, Is.True);

        Assert.That(door.Authority.Admit(Door.Attempt(LoginAuthority.TokenLoginName)), Is.Null);
        (await door.TokenAsync(door.Token())).Grant();
        (await door.PasswordAsync(LoginAuthority.TokenLoginName, door.Token())).Grant();
    }

    [Test]
    public async Task Tokens_count_for_their_address()
    {
        await using Door door = await Door.WithBothAsync();
        for (int i = 0; i < 100; i++)
            Assert.That((await door.TokenAsync($"a.b.{i}")).Denied().IsThrottled, Is.False);
        Assert.That((await door.TokenAsync(door.Token())).Denied().IsThrottled, Is.True);
        Assert.That((await door.TokenAsync(door.Token(), address: "192.0.2.8")), Is.InstanceOf<LoginOutcome.Granted>());
    }

    [Test]
    public async Task A_provider_that_is_away_counts_against_nobody()
    {
        await using Door door = await Door.OpenAsync(door => new IdentityOptions
        {
            Oidc = [new OidcProviderOptions(Provider.Issuer, [Provider.Audience]) { Keys = new KeyLocation.LocalFile(door.File("none")) }],
        });
        for (int i = 0; i < 20; i++)
            Assert.That((await door.TokenAsync(door.Token())).Denied().Reason, Is.EqualTo("the provider's keys cannot be had"));
    }

    [TestCase("2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", true, TestName = "One subnet of IPv6 is one address")]
    [TestCase("2001:db8::1", "2001:db8:0:1::1", false, TestName = "Two subnets of IPv6 are two")]
    [TestCase("192.0.2.1", "::ffff:192.0.2.1", true, TestName = "An IPv4 address is the same inside of IPv6")]
    [TestCase("192.0.2.1", "192.0.2.2", false, TestName = "Two IPv4 addresses are two")]
    public void An_address_is_counted_as_what_one_machine_has(string one, string other, bool isSame)
    {
        var limiter = new FailureLimiter(new FailureLimits { PerName = 1 }, new TestClock());
        limiter.CountFailure(new LoginAttempt("l", "alice", IPAddress.Parse(one), true));
        Assert.That(limiter.MayTry(new LoginAttempt("l", "alice", IPAddress.Parse(other), true)), Is.EqualTo(!isSame));
    }

    [Test]
    public void Memory_is_bounded_and_the_oldest_goes_first()
    {
        var limiter = new FailureLimiter(new FailureLimits { PerName = 1, PerAddress = 1, Remembered = 100 }, new TestClock());
        for (int i = 0; i < 1_000; i++)
            limiter.CountFailure(Attempt(i));
        Assert.That(limiter.Held, Is.EqualTo(200));
        Assert.That(limiter.MayTry(Attempt(999)), Is.False);
        Assert.That(limiter.MayTry(Attempt(900)), Is.False);
        Assert.That(limiter.MayTry(Attempt(899)), Is.True);

        static LoginAttempt Attempt(int i) => new("l", $"name-{i}", new IPAddress([10, 0, (byte)(i / 250), (byte)(i % 250)]), true);
    }

    [Test]
    public void Unix_sockets_are_counted_together()
    {
        var limiter = new FailureLimiter(new FailureLimits { PerName = 1 }, new TestClock());
        limiter.CountFailure(new LoginAttempt("l", "alice", null, false));
        Assert.That(limiter.MayTry(new LoginAttempt("l", "alice", null, false)), Is.False);
    }
}
