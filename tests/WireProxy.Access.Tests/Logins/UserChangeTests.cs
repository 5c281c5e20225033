using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text;
using WireProxy.TestKit;

namespace WireProxy.Access.Tests.Logins;

/// <summary>Who is no longer what they logged in as loses their sessions, and nobody else does.</summary>
public sealed class UserChangeTests
{
    private static readonly TimeSpan HalfASecond = TimeSpan.FromMilliseconds(500);

    [Test]
    public async Task A_changed_password_ends_what_began_with_the_old_one_and_nothing_else()
    {
        await using Door door = await WithFilesAsync();
        (Grant alice, Grant bob) = (door.Scram("alice", "first").Grant(), door.Scram("bob", "second").Grant());

        await File.WriteAllTextAsync(door.File("alice"), "third\n");

        await AssertEndsAsync(door, alice, "the user's password was changed");
        Assert.That(alice.EndedAt(door.Clock.GetUtcNow())!.Hint, Does.Contain("the new one"));
        Assert.That(bob.EndedAt(door.Clock.GetUtcNow()), Is.Null);
        Assert.That(door.Scram("alice", "third").Grant().EndedAt(door.Clock.GetUtcNow()), Is.Null);
    }

    [Test]
    public async Task A_password_that_is_taken_away_ends_its_users_sessions()
    {
        await using Door door = await WithFilesAsync();
        (Grant alice, Grant bob) = (door.Scram("alice", "first").Grant(), door.Scram("bob", "second").Grant());

        File.Delete(door.File("alice"));

        await AssertEndsAsync(door, alice, "the user was removed");
        Assert.That(bob.EndedAt(door.Clock.GetUtcNow()), Is.Null);
        door.Scram("alice", "first").Denied();
    }

    [Test]
    public async Task A_file_that_is_empty_for_a_moment_ends_nothing()
    {
        await using Door door = await WithFilesAsync();
        Grant alice = door.Scram("alice", "first").Grant();
        await File.WriteAllTextAsync(door.File("alice"), "");
        await door.TickAsync(HalfASecond, () => door.Scram("alice", "first", address: Next()) is LoginOutcome.Denied);

        await File.WriteAllTextAsync(door.File("alice"), "first");
        await door.TickAsync(HalfASecond, () => door.Scram("alice", "first", address: Next()) is LoginOutcome.Granted);

        Assert.That(alice.EndedAt(door.Clock.GetUtcNow()), Is.Null);
    }

    [Test]
    public async Task What_is_out_of_reach_for_a_while_lets_nobody_in_and_ends_nothing()
    {
        var secret = new FlakySecret("first");
        await using Door door = await Door.OpenAsync(_ => new IdentityOptions { Users = [new LocalUser("alice", secret, [])] });
        Grant alice = door.Scram("alice", "first").Grant();

        secret.IsAway = true;
        await door.TickAsync(HalfASecond, () => door.Scram("alice", "first", address: Next()) is LoginOutcome.Denied);
        int reads = secret.Reads;
        await door.TickAsync(HalfASecond, () => secret.Reads > reads + 3);
        Assert.That(alice.EndedAt(door.Clock.GetUtcNow()), Is.Null);

        secret.IsAway = false;
        secret.Value = "second";
        await AssertEndsAsync(door, alice, "the user's password was changed");
    }

    [Test]
    public async Task The_list_of_users_may_change_while_the_gateway_runs()
    {
        var source = new ListedUsers { Users = [User("alice", "a", "staff"), User("bob", "b", "staff"), User("carol", "c")] };
        await using Door door = await Door.OpenAsync(_ => new IdentityOptions { UserSource = source });
        Grant[] grants = [door.Scram("alice", "a").Grant(), door.Scram("bob", "b").Grant(), door.Scram("carol", "c").Grant()];

        source.Users = [User("alice", "a", "interns"), User("carol", "c"), User("dave", "d")];

        await AssertEndsAsync(door, grants[0], "the user's groups were changed");
        await AssertEndsAsync(door, grants[1], "the user was removed");
        Assert.That(grants[2].EndedAt(door.Clock.GetUtcNow()), Is.Null, "the same user, read anew");
        Assert.That(door.Scram("alice", "a").Grant().Identity.Groups, Is.EqualTo(new[] { "interns" }));
        await door.TickAsync(HalfASecond, () => door.Scram("dave", "d", address: Next()) is LoginOutcome.Granted);
        door.Scram("bob", "b").Denied();
    }

    [Test]
    public async Task A_list_that_cannot_be_read_changes_nothing_and_is_told_of_once()
    {
        var source = new ListedUsers { Users = [User("alice", "a")] };
        var reports = new ConcurrentQueue<string>();
        await using LoginAuthority authority = await LoginAuthority.StartAsync(new IdentityOptions { UserSource = source }, reports.Enqueue);

        source.Problem = "users.yaml:3: error: nonsense";

        Assert.That(() => source.Reads, Is.GreaterThan(3).After(60_000, 20));
        Assert.That(reports, Is.EqualTo(new[] { "identity.users: users.yaml:3: error: nonsense Those of before stay." }));
        Assert.That(
            await authority.VerifyPasswordAsync(Door.Attempt("alice"), "a", CancellationToken.None), Is.InstanceOf<LoginOutcome.Granted>());
    }

    [Test]
    public async Task Issued_credentials_end_with_the_user_who_asked_for_them_and_not_by_the_end_of_a_session()
    {
        await using Door door = await Door.OpenAsync(door =>
        {
            File.WriteAllText(door.File("alice"), "first");
            return new IdentityOptions { Users = [new LocalUser("alice", new FileSecret(door.File("alice")), [])], SessionMaximum = TimeSpan.FromMinutes(1) };
        });
        var issued = (IssueOutcome.Issued)door.Credentials.Issue(door.Scram("alice", "first").Grant(), Door.Listener);
        using NewCredential credential = issued.Credential;
        string password = Encoding.ASCII.GetString(credential.Password.Utf8);
        door.Clock.Advance(TimeSpan.FromMinutes(2));
        Grant grant = door.Scram(credential.Credential.UserName, password).Grant();

        await File.WriteAllTextAsync(door.File("alice"), "second");

        await AssertEndsAsync(door, grant, "the user's password was changed");
        Assert.That(door.Scram(credential.Credential.UserName, password).Denied().Message, Does.Contain("the user's password was changed"));
        Assert.That(door.Credentials.List(), Is.Empty);
    }

    private static LocalUser User(string name, string password, params string[] groups) => new(name, new LiteralSecret(password), [.. groups]);

    private static Task<Door> WithFilesAsync() => Door.OpenAsync(door =>
    {
        File.WriteAllText(door.File("alice"), "first\n");
        File.WriteAllText(door.File("bob"), "second\n");
        return new IdentityOptions
        {
            Users = [new LocalUser("alice", new FileSecret(door.File("alice")), []), new LocalUser("bob", new FileSecret(door.File("bob")), [])],
        };
    });

    /// <summary>After at most three of the gateway's readings, which with its sweep is within two seconds.</summary>
    private static async Task AssertEndsAsync(Door door, Grant grant, string reason)
    {
        for (int reading = 0; reading < 3 && grant.EndedAt(door.Clock.GetUtcNow()) is null; reading++)
        {
            int before = door.Authority.UserReadings;
            door.Clock.Advance(HalfASecond);
            // The reading itself goes on after the clock has struck.
            await Until.TrueAsync(
                () => door.Authority.UserReadings > before || grant.EndedAt(door.Clock.GetUtcNow()) is not null, TimeSpan.FromMinutes(1), () => "nothing is read");
        }
        Assert.That(grant.EndedAt(door.Clock.GetUtcNow())?.Reason, Is.EqualTo(reason));
    }

    private static int _next;

    /// <summary>Another address for each try, so that none is throttled.</summary>
    private static string Next() => $"198.52.{Interlocked.Increment(ref _next) / 250}.{_next % 250}";

    private sealed class FlakySecret(string value) : SecretSource
    {
        public string Value { get; set; } = value;

        public bool IsAway { get; set; }

        public int Reads { get; private set; }

        public override ValueTask<Secret> ReadAsync(CancellationToken cancellationToken)
        {
            Reads++;
            return IsAway ? throw new SecretUnavailableException("away") : ValueTask.FromResult(new Secret(Encoding.UTF8.GetBytes(Value)));
        }
    }

    private sealed class ListedUsers : LocalUserSource
    {
        public ImmutableArray<LocalUser> Users { get; set; }

        public string? Problem { get; set; }

        public int Reads { get; private set; }

        public override ValueTask<ImmutableArray<LocalUser>> ReadAsync(CancellationToken cancellationToken)
        {
            Reads++;
            return Problem is null ? ValueTask.FromResult(Users) : throw new FormatException(Problem);
        }
    }
}
