using System.Net.Sockets;
using System.Text;
using WireProxy.Access;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Tests.Postgres.Login;
using WireProxy.TestKit.Tds;

namespace WireProxy.Relay.Tests.Tds.Login;

/// <summary>Logins that must not succeed, and what they are told.</summary>
internal sealed class LoginAttackTests : TdsLoginFixture
{
    [Test]
    public async Task An_unknown_user_and_a_wrong_password_get_the_same_bytes()
    {
        await using LoginAuthority authority = await LoginAuthority.StartAsync(new IdentityOptions
        {
            Users = [new LocalUser("alice", new LiteralSecret("alices-password"), [])],
        });
        LocalGateway gateway = StartGateway(authority, ByPassword);

        byte[] wrong = await AnswerAsync(gateway, "alice", "a guess");
        byte[] unknown = await AnswerAsync(gateway, "malik", "a guess");

        int name = wrong.AsSpan().IndexOf(Encoding.Unicode.GetBytes("alice"));
        Assert.That(name, Is.Positive);
        Encoding.Unicode.GetBytes("malik").CopyTo(wrong, name);
        Assert.That(unknown, Is.EqualTo(wrong));
        Assert.That(await AnswerAsync(gateway, "alice", "alices-password"), Is.Not.EqualTo(wrong), "the password is right");
    }

    [Test]
    public async Task A_refused_login_is_error_18456_with_the_name_and_a_hint()
    {
        TdsAnswer answer = await TryAsync(StartGateway(new StubLogins(), ByPassword), GoodLogin with { Password = "a guess" });

        IsRefused(answer, 18456, "Login failed for user 'alice'. WireProxy: the login failed.");
    }

    [Test]
    public async Task Neither_a_password_nor_a_token_is_looked_at_that_came_in_the_clear([Values] bool isToken)
    {
        var logins = new StubLogins();
        LocalGateway gateway = StartGateway(logins, ByPassword, change: listener => listener with { CleartextOnLoopback = false });

        TdsAnswer answer = await TryAsync(gateway, isToken ? Federated(SecurityToken(StubLogins.Token)) : GoodLogin);

        IsRefused(answer, 18456, "this login needs an encrypted connection. Let the client use TLS.");
        Assert.That(() => Log.Text, Does.Contain("the login's proof would pass in the clear").After(60_000, 20));
        Assert.That(logins.Refusals, Is.EqualTo((string[])["the login's proof would pass in the clear"]), "it counts as a failure, once");
    }

    [TestCase(PacketType.PreLogin, 9_000)]
    [TestCase(PacketType.Login7, 150_000)]
    public async Task Who_has_proved_nothing_does_not_fill_the_memory(PacketType type, int length)
    {
        LocalGateway gateway = StartGateway(new StubLogins(), ByPassword);
        await using TdsClient client = await TdsClient.ConnectAsync(gateway.Port);
        if (type == PacketType.Login7)
        {
            await client.SendAsync(PacketType.PreLogin, TdsClient.PreLoginPayload(client.Login));
            await client.ReadMessageAsync();
        }
        try
        {
            await client.SendAsync(type, new byte[length]);
            Assert.That(await client.ReadMessageAsync(), Is.Null);
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            // Left before all of it was sent.
        }

        Assert.That(() => Log.Text, Does.Contain("the client sent a message too long for a login").After(60_000, 20));
    }

    [Test]
    public async Task A_token_that_is_too_long_is_refused_and_the_client_is_told_so()
    {
        LocalGateway gateway = StartGateway(new StubLogins(), ByPassword);

        TdsAnswer longest = await TryAsync(gateway, Federated(SecurityToken(StubLogins.Token.PadRight(16 * 1024, 'x'))));
        TdsAnswer tooLong = await TryAsync(gateway, Federated(SecurityToken(StubLogins.Token.PadRight((16 * 1024) + 1, 'x'))));

        Assert.That(longest.Error, Is.Null, longest.ToString());
        IsRefused(tooLong, 18456, "the token is longer than 16 KiB");
    }

    [Test]
    public async Task A_login_that_does_not_repeat_what_PRELOGIN_said_is_refused()
    {
        TdsAnswer answer = await TryAsync(StartGateway(new StubLogins(), ByPassword), Federated(SecurityToken(StubLogins.Token, echo: false)));

        IsRefused(answer, 4002, "does not repeat");
    }

    [TestCase("")]
    [TestCase("03")]
    [TestCase("03FFFFFFFF")]
    [TestCase("03FFFFFF7F61")]
    [TestCase("0301000000")]
    [TestCase("030100000061", Description = "half a character")]
    [TestCase("01000000006161", Description = "a Live ID token")]
    [TestCase("0F", Description = "a reserved library")]
    [TestCase("0302000000610061", Description = "something behind the token that is no nonce")]
    public async Task Garbage_in_the_place_of_a_token_is_refused(string feature)
    {
        LocalGateway gateway = StartGateway(new StubLogins(), ByPassword);

        TdsAnswer answer = await TryAsync(gateway, WithFeature(new ByteString(Convert.FromHexString(feature))));

        IsRefused(answer, 4002, "protocol violation by the client");
        Assert.That((await TryAsync(gateway, GoodLogin)).Error, Is.Null, "others are let in");
    }

    [Test]
    public async Task Something_else_in_the_place_of_a_token_message_is_refused()
    {
        LocalGateway gateway = StartGateway(new StubLogins(), ByPassword);
        await using TdsClient client = await TdsClient.ConnectAsync(
            gateway.Port, Federated(new FederatedAuthenticationFeature(FederatedAuthenticationLibrary.Adal, true, default, new ByteString([1]))));
        await client.SendAsync(PacketType.PreLogin, TdsClient.PreLoginPayload(client.Login));
        await client.ReadMessageAsync();
        await client.SendAsync(PacketType.Login7, TdsClient.LoginPayload(client.Login));
        await client.ReadMessageAsync();

        await client.SendQueryAsync("SELECT 1");

        IsRefused(await client.ReadAsync(), 4002, "something other than its answer");
    }

    [Test]
    public async Task Integrated_security_is_refused_in_words()
    {
        TdsAnswer answer = await TryAsync(StartGateway(new StubLogins(), ByPassword), new TdsLogin
        {
            User = "",
            Password = "",
            ChangeLogin = login => login with { OptionFlags2 = 0x83, Sspi = new ByteString("NTLMSSP"u8) },
        });

        IsRefused(answer, 18456, "integrated security (Windows, Kerberos) is not taken here");
    }

    [Test]
    public async Task A_password_is_not_changed_and_no_file_attached()
    {
        LocalGateway gateway = StartGateway(new StubLogins(), ByPassword);

        TdsAnswer changing = await TryAsync(
            gateway, GoodLogin with { ChangeLogin = login => login with { OptionFlags3 = 1, NewPassword = new LoginSecret("another") } });
        TdsAnswer attaching = await TryAsync(gateway, GoodLogin with { ChangeLogin = login => login with { AttachDatabaseFile = "/x.mdf" } });

        IsRefused(changing, 18456, "passwords are not changed at a login here");
        IsRefused(attaching, 18456, "AttachDBFilename is not taken here");
    }

    [Test]
    public async Task Who_has_failed_too_often_is_told_to_wait_and_the_right_password_does_not_help()
    {
        TdsAnswer answer = await TryAsync(StartGateway(new StubLogins { IsThrottling = true }, ByPassword), GoodLogin);

        IsRefused(answer, 18456, "too many failed logins. Wait a minute.");
    }

    [Test]
    public async Task Who_has_no_group_with_a_login_is_refused()
    {
        TdsAnswer answer = await TryAsync(StartGateway(new StubLogins(), null), GoodLogin);

        IsRefused(answer, 18456, "no database login is configured for you here");
    }

    [Test]
    public async Task What_the_server_says_against_the_gateways_login_does_not_name_its_user([Values] bool sendsToken)
    {
        UpstreamLogin wrong = sendsToken
            ? new UpstreamLogin("", new LiteralSecret("an old token")) { SendsToken = true } : new UpstreamLogin(OwnUser, new LiteralSecret("an old password"));

        TdsAnswer answer = await TryAsync(StartGateway(new StubLogins(), wrong), GoodLogin);

        IsRefused(answer, 18456, "WireProxy: the database refused the gateway's login. Your own login was accepted.");
        Assert.That(answer.Errors.Single().Text, Does.Not.Contain(OwnUser).And.Not.Contain("an old"));
        Assert.That(() => Log.Text, Does.Contain("error 18456, state 1").And.Not.Contain("an old").After(60_000, 20));
    }

    [Test]
    public async Task A_database_that_is_not_there_is_told()
    {
        TdsAnswer answer = await TryAsync(StartGateway(new StubLogins(), ByPassword), GoodLogin with { Database = "nowhere" });

        IsRefused(answer, 4060, "the database does not exist, or cannot be opened with the gateway's login");
    }

    private static async Task<byte[]> AnswerAsync(LocalGateway gateway, string user, string password)
    {
        await using TdsClient client = await TdsClient.ConnectAsync(gateway.Port);
        var login = new TdsLogin { User = user, Password = password, Database = "master" };
        await client.SendAsync(PacketType.PreLogin, TdsClient.PreLoginPayload(login));
        await client.ReadMessageAsync();
        await client.SendAsync(PacketType.Login7, TdsClient.LoginPayload(login));
        return await client.ReadMessageAsync() ?? throw new AssertionException("no answer");
    }
}
