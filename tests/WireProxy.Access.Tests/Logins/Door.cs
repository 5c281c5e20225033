using System.Net;
using System.Text;
using WireProxy.Access.Tests.Oidc;
using WireProxy.TestKit;

namespace WireProxy.Access.Tests.Logins;

/// <summary>A login authority with its clock, and what clients do at it.</summary>
internal sealed class Door : IAsyncDisposable
{
    public const string Listener = "clinic";
    public static readonly IPAddress Address = IPAddress.Parse("192.0.2.7");

    private readonly TemporaryDirectory _directory = new();

    private Door()
    {
    }

    public TestClock Clock { get; } = new();

    public LoginAuthority Authority { get; private set; } = null!;

    public IssuedCredentials Credentials => Authority.Credentials!;

    public string File(string name) => _directory[name];

    public static async Task<Door> OpenAsync(Func<Door, IdentityOptions> configure)
    {
        var door = new Door();
        door.Authority = await LoginAuthority.StartAsync(configure(door), null, door.Clock);
        return door;
    }

    /// <summary>Alice's password is wonderland; the provider is the one of <see cref="Provider"/>.</summary>
    public static Task<Door> WithBothAsync() => OpenAsync(door =>
    {
        System.IO.File.WriteAllText(door.File("jwks.json"), TokenForge.KeySet(Provider.SharedKey));
        return new IdentityOptions
        {
            Users = [new LocalUser("alice", new LiteralSecret("wonderland"), ["analysts"])],
            Oidc = [new OidcProviderOptions(Provider.Issuer, [Provider.Audience]) { Keys = new KeyLocation.LocalFile(door.File("jwks.json")) }],
        };
    });

    public static Task<Door> WithUsersAsync() =>
        OpenAsync(_ => new IdentityOptions { Users = [new LocalUser("alice", new LiteralSecret("wonderland"), ["analysts"])] });

    public string Token(int seconds = 300, string subject = "alice") => Provider.SharedKey.Sign(new
    {
        iss = Provider.Issuer,
        aud = Provider.Audience,
        sub = subject,
        exp = Clock.GetUtcNow().ToUnixTimeSeconds() + seconds,
    });

    public static LoginAttempt Attempt(string name, string listener = Listener, string? address = null) =>
        new(listener, name, address is null ? Address : IPAddress.Parse(address), IsEncrypted: true);

    /// <summary>What a client and the relay do for SCRAM.</summary>
    public LoginOutcome Scram(string name, string password, string listener = Listener, string? address = null)
    {
        LoginAttempt attempt = Attempt(name, listener, address);
        if (Authority.Admit(attempt) is { } denied)
            return denied;
        ScramVerifier verifier = Authority.VerifierFor(attempt);
        using var secret = new Secret(Encoding.UTF8.GetBytes(password));
        var server = new ScramServer(verifier);
        var client = new ScramClient(server.Mechanisms, default, secret);
        return server.Finish(client.Continue(server.Begin(client.Mechanism, client.Begin())), out _)
            ? Authority.AcceptScram(attempt, verifier) : Authority.RefuseScram(attempt, "the password is wrong");
    }

    public async Task<LoginOutcome> PasswordAsync(string name, string password, string listener = Listener, string? address = null) =>
        await Authority.VerifyPasswordAsync(Attempt(name, listener, address), password, CancellationToken.None);

    public Task<LoginOutcome> TokenAsync(string token, string name = "token", string? address = null) =>
        Authority.VerifyTokenAsync(Attempt(name, address: address), token, CancellationToken.None).AsTask();

    /// <summary>Issues a credential to whoever a token stands for.</summary>
    public async Task<(IssuedCredential Credential, string Password)> IssueAsync(
        string listener = Listener, TimeSpan? lifetime = null, string? purpose = null, string subject = "alice", int tokenSeconds = 300)
    {
        var proof = (LoginOutcome.Granted)await TokenAsync(Token(tokenSeconds, subject));
        var issued = (IssueOutcome.Issued)Credentials.Issue(proof.Grant, listener, lifetime, purpose);
        using NewCredential fresh = issued.Credential;
        return (fresh.Credential, Encoding.ASCII.GetString(fresh.Password.Utf8));
    }

    /// <summary>Lets time pass until something is so.</summary>
    public async Task TickAsync(TimeSpan step, Func<bool> until)
    {
        for (int i = 0; !until(); i++)
        {
            Assert.That(i, Is.LessThan(3_000), "it does not come to be");
            Clock.Advance(step);
            await Task.Delay(20);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Authority.DisposeAsync();
        _directory.Dispose();
    }
}

internal static class Outcomes
{
    public static Grant Grant(this LoginOutcome outcome) =>
        outcome is LoginOutcome.Granted granted ? granted.Grant : throw new AssertionException($"refused: {((LoginOutcome.Denied)outcome).Reason}");

    public static LoginOutcome.Denied Denied(this LoginOutcome outcome) =>
        outcome as LoginOutcome.Denied ?? throw new AssertionException("let in");
}
