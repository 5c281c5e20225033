using WireProxy.Access;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Tests.Postgres.Login;
using WireProxy.TestKit.Tds;

namespace WireProxy.Relay.Tests.Tds.Login;

/// <summary>Who proves to be somebody gets a session of the gateway's own login.</summary>
internal sealed class ClientLoginTests : TdsLoginFixture
{
    private static readonly ByteString ClientNonce = new([.. Enumerable.Range(0, 32).Select(i => (byte)i)]);

    [Test]
    public async Task A_password_of_the_gateways_opens_a_session_of_the_gateways_own_user()
    {
        LocalGateway gateway = StartGateway(new StubLogins(), ByPassword);

        await using TdsClient client = await TdsClient.LogInAsync(gateway.Port, GoodLogin);

        Assert.That(await UserAsync(client), Is.EqualTo(OwnUser));
        Assert.That(client.LoginAnswer.Granted?[FeatureId.FederatedAuthentication], Is.Null);
    }

    [Test]
    public async Task A_login_without_PRELOGIN_is_taken_too()
    {
        LocalGateway gateway = StartGateway(new StubLogins(), ByPassword);

        await using TdsClient client = await TdsClient.LogInAsync(gateway.Port, GoodLogin with { SendsPreLogin = false, VersionCode = 0x71000001 });

        Assert.That(await UserAsync(client), Is.EqualTo(OwnUser));
    }

    [Test]
    public async Task The_gateway_logs_in_with_a_token_and_the_client_is_granted_nothing_that_it_did_not_ask_for()
    {
        LocalGateway gateway = StartGateway(new StubLogins(), ByToken);

        await using TdsClient client = await TdsClient.LogInAsync(gateway.Port, GoodLogin);

        Assert.That(await UserAsync(client), Is.EqualTo("by_token"));
        Assert.That(client.LoginAnswer.Granted, Is.Null);
    }

    [Test]
    public async Task A_token_in_the_login_is_granted_by_the_gateway([Values] bool sendsToken)
    {
        LocalGateway gateway = StartGateway(new StubLogins(), sendsToken ? ByToken : ByPassword);

        await using TdsClient client = await TdsClient.LogInAsync(gateway.Port, Federated(SecurityToken(StubLogins.Token)));

        Assert.That(client.PreLoginAnswer!.FederatedAuthenticationRequired, Is.EqualTo(1));
        Assert.That(client.PreLoginAnswer.Nonce, Is.Null, "clients that gave none do not know what to do with one");
        Assert.That(client.LoginAnswer.Granted?[FeatureId.FederatedAuthentication], Is.EqualTo((ByteString?)default(ByteString)));
        Assert.That(await UserAsync(client), Is.EqualTo(sendsToken ? "by_token" : OwnUser));
    }

    [Test]
    public async Task Other_features_are_granted_as_the_server_grants_them()
    {
        LocalGateway gateway = StartGateway(new StubLogins(), ByPassword);
        TdsLogin login = Federated(SecurityToken(StubLogins.Token));
        login = login with { Features = login.Features!.With(FeatureId.Utf8Support, default) };

        await using TdsClient client = await TdsClient.LogInAsync(gateway.Port, login);

        Assert.That(
            client.LoginAnswer.Granted!.Features.Select(feature => feature.Id),
            Is.EquivalentTo((FeatureId[])[FeatureId.Utf8Support, FeatureId.FederatedAuthentication]));
    }

    [Test]
    public async Task Nonces_go_both_ways()
    {
        LocalGateway gateway = StartGateway(new StubLogins(), ByPassword);
        await using TdsClient client = await TdsClient.ConnectAsync(gateway.Port);
        ByteString nonce = await ExchangeNoncesAsync(client);

        await client.SendAsync(PacketType.Login7, TdsClient.LoginPayload(Federated(SecurityToken(StubLogins.Token, other: nonce))));
        TdsAnswer answer = await client.ReadAsync();

        Assert.That(nonce.Length, Is.EqualTo(32));
        Assert.That(nonce, Is.Not.EqualTo(ClientNonce));
        Assert.That(answer.Granted?[FeatureId.FederatedAuthentication], Is.EqualTo((ByteString?)ClientNonce), answer.ToString());
    }

    [Test]
    public async Task A_token_without_the_gateways_nonce_is_refused([Values(0, 32)] int length)
    {
        LocalGateway gateway = StartGateway(new StubLogins(), ByPassword);
        await using TdsClient client = await TdsClient.ConnectAsync(gateway.Port);
        await ExchangeNoncesAsync(client);

        await client.SendAsync(PacketType.Login7, TdsClient.LoginPayload(Federated(SecurityToken(StubLogins.Token, other: new ByteString(new byte[length])))));

        IsRefused(await client.ReadAsync(), 4002, "nonce");
    }

    [Test]
    public async Task A_client_that_has_no_token_yet_is_told_where_to_get_it()
    {
        LocalGateway gateway = StartGateway(
            new StubLogins { TokenAdvice = new TokenAdvice("https://login.microsoftonline.com/a-tenant/v2.0", "api://wireproxy") }, ByPassword);
        await using TdsClient client = await TdsClient.ConnectAsync(
            gateway.Port, Federated(new FederatedAuthenticationFeature(FederatedAuthenticationLibrary.Adal, true, default, new ByteString([1]))));
        await client.SendAsync(PacketType.PreLogin, TdsClient.PreLoginPayload(client.Login));
        await client.ReadMessageAsync();
        await client.SendAsync(PacketType.Login7, TdsClient.LoginPayload(client.Login));

        var info = FedAuthInfo.Decode(await client.ReadMessageAsync());

        Assert.That(
            info.Items.Select(item => (item.Id, item.Text)),
            Is.EqualTo(((FedAuthInfoId, string)[])[(FedAuthInfoId.StsUrl, "https://login.microsoftonline.com/a-tenant"), (FedAuthInfoId.Spn, "api://wireproxy")]));
        using var payload = new WireWriter();
        new FederatedAuthenticationToken(Utf16(StubLogins.Token), null).Encode(payload);
        await client.SendAsync(PacketType.FederatedAuthenticationToken, payload.WrittenSpan.ToArray());
        TdsAnswer answer = await client.ReadAsync();
        Assert.That(answer.Tokens, Does.Contain(TokenType.LoginAck), answer.ToString());
        Assert.That(answer.Granted?[FeatureId.FederatedAuthentication], Is.EqualTo((ByteString?)default(ByteString)));
        Assert.That(await UserAsync(client), Is.EqualTo(OwnUser));
    }

    [Test]
    public async Task Without_a_provider_federated_logins_are_neither_offered_nor_taken()
    {
        LocalGateway gateway = StartGateway(new StubLogins { TokenAdvice = null }, ByPassword);
        await using TdsClient client = await TdsClient.ConnectAsync(gateway.Port, Federated(SecurityToken(StubLogins.Token, echo: false)));

        await client.BeginAsync();

        Assert.That(client.PreLoginAnswer!.FederatedAuthenticationRequired, Is.Zero);
        IsRefused(client.LoginAnswer, 18456, "no tokens are taken here");
    }

    [Test]
    public async Task A_group_of_the_clients_decides_which_login_it_gets()
    {
        LocalGateway gateway = StartGateway(new StubLogins(), null, change: listener => listener with
        {
            Upstream = listener.Upstream with
            {
                Credentials = new UpstreamLogins(
                    [new GroupLogin(["others"], ByPassword), new GroupLogin(["nurses"], new UpstreamLogin("reports", new LiteralSecret(OwnPassword)))], null),
            },
        });

        await using TdsClient client = await TdsClient.LogInAsync(gateway.Port, GoodLogin);

        Assert.That(await UserAsync(client), Is.EqualTo("reports"));
    }

    [Test]
    public async Task A_route_of_the_servers_is_followed_with_the_gateways_own_login()
    {
        await using TdsStandIn.TdsStandInServer router = await TdsStandIn.TdsStandInServer.StartAsync(new TdsStandIn.TdsStandInOptions
        {
            Users = new Dictionary<string, string> { [OwnUser] = OwnPassword },
            RouteTo = ("127.0.0.1", Server.Port),
        });
        LocalGateway gateway = StartGateway(
            new StubLogins(), ByPassword, change: listener => listener with { Upstream = listener.Upstream with { Port = router.Port } });

        await using TdsClient client = await TdsClient.LogInAsync(gateway.Port, GoodLogin);

        Assert.That(await UserAsync(client), Is.EqualTo(OwnUser));
    }

    /// <returns>The gateway's.</returns>
    private static async Task<ByteString> ExchangeNoncesAsync(TdsClient client)
    {
        var login = new TdsLogin { ChangePreLogin = asked => AsksForFederation(asked).With(PreLoginOptionType.Nonce, ClientNonce) };
        await client.SendAsync(PacketType.PreLogin, TdsClient.PreLoginPayload(login));
        var answer = PreLogin.Decode(await client.ReadMessageAsync());
        return answer.Nonce ?? throw new AssertionException("no nonce");
    }
}
