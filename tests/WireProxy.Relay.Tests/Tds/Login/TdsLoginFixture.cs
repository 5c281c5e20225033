using System.Net;
using System.Text;
using WireProxy.Access;
using WireProxy.Capture;
using WireProxy.Policy;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Tests.Postgres.Login;
using WireProxy.TdsStandIn;
using WireProxy.TestKit;
using WireProxy.TestKit.Tds;

namespace WireProxy.Relay.Tests.Tds.Login;

/// <summary>The stand-in, and gateways in front of it that decide about logins. Proofs may come in the clear, because all is on loopback.</summary>
internal abstract class TdsLoginFixture
{
    protected const string OwnUser = "gateway_app";
    protected const string OwnPassword = "own-password-zx";
    protected const string OwnToken = "own-token-zx";

    private readonly List<IAsyncDisposable> _started = [];

    protected CapturedLog Log { get; private set; } = null!;

    protected TdsStandInServer Server { get; private set; } = null!;

    protected static UpstreamLogin ByPassword { get; } = new(OwnUser, new LiteralSecret(OwnPassword));

    protected static UpstreamLogin ByToken { get; } = new("", new LiteralSecret(OwnToken)) { SendsToken = true };

    [OneTimeSetUp]
    public async Task StartServer() => Server = await TdsStandInServer.StartAsync(new TdsStandInOptions
    {
        Users = new Dictionary<string, string> { [OwnUser] = OwnPassword, ["reports"] = OwnPassword },
        Tokens = new Dictionary<string, string> { [OwnToken] = "by_token" },
    });

    [OneTimeTearDown]
    public ValueTask StopServer() => Server.DisposeAsync();

    [SetUp]
    public void Listen() => Log = new CapturedLog();

    [TearDown]
    public async Task StopGateways()
    {
        foreach (IAsyncDisposable started in _started)
            await started.DisposeAsync();
        _started.Clear();
    }

    /// <param name="own">The gateway's login for everybody; null: nobody has one.</param>
    protected LocalGateway StartGateway(
        ILoginAuthority logins, UpstreamLogin? own, Journal? journal = null, CompiledPolicy? policy = null,
        Func<ListenerOptions, ListenerOptions>? change = null)
    {
        var upstream = new UpstreamOptions("127.0.0.1", Server.Port, new UpstreamTlsOptions(UpstreamTlsMode.Disable, null), null)
        {
            Credentials = new UpstreamLogins([], own),
        };
        var listener = new ListenerOptions(
            "clinic", WireProtocol.Tds, new IPEndPoint(IPAddress.Loopback, FreePort.Next()), null, upstream, new ListenerLimits())
        {
            CleartextOnLoopback = true,
        };
        LocalGateway gateway = LocalGateway.Start(
            change?.Invoke(listener) ?? listener, policy ?? CompiledPolicy.AllowEverything, logins, journal, Log);
        _started.Add(gateway);
        return gateway;
    }

    /// <summary>What the stub takes.</summary>
    protected static TdsLogin GoodLogin { get; } = new() { User = "alice", Password = StubLogins.Token, Database = "master" };

    protected static ByteString Utf16(string text) => new(Encoding.Unicode.GetBytes(text));

    /// <summary>A login with FEDAUTH and nothing else.</summary>
    protected static TdsLogin Federated(FederatedAuthenticationFeature feature) => WithFeature(Encode(feature));

    protected static TdsLogin WithFeature(ByteString data) => new()
    {
        User = "",
        Password = "",
        Database = "master",
        Features = FeatureExtensions.None.With(FeatureId.FederatedAuthentication, data),
        ChangePreLogin = AsksForFederation,
    };

    protected static PreLogin AsksForFederation(PreLogin asked) =>
        asked.With(PreLoginOptionType.FederatedAuthenticationRequired, new ByteString([1]));

    protected static FederatedAuthenticationFeature SecurityToken(string token, bool echo = true, ByteString other = default) =>
        new(FederatedAuthenticationLibrary.SecurityToken, echo, Utf16(token), other);

    /// <summary>As far as the answer to the login, whatever it is.</summary>
    protected static async Task<TdsAnswer> TryAsync(LocalGateway gateway, TdsLogin login)
    {
        await using TdsClient client = await TdsClient.ConnectAsync(gateway.Port, login);
        await client.BeginAsync();
        if (client.LoginAnswer.Error is not null)
            Assert.That(await client.ReadMessageAsync(), Is.Null, "the connection stays");
        return client.LoginAnswer;
    }

    /// <summary>The session's user as the server knows it.</summary>
    protected static async Task<string?> UserAsync(TdsClient client) =>
        (await client.QueryAsync("SELECT SUSER_SNAME() AS who")).Results.Single()["who"].Single();

    protected static void IsRefused(TdsAnswer answer, int number, string text)
    {
        Assert.That(answer.Tokens, Is.EqualTo((TokenType[])[TokenType.Error, TokenType.Done]), answer.ToString());
        ServerMessage error = answer.Errors.Single();
        Assert.That((error.Number, error.State, error.Class), Is.EqualTo((number, (byte)1, (byte)14)), error.Text);
        Assert.That(error.Text, Does.Contain(text));
    }

    private static ByteString Encode(FederatedAuthenticationFeature feature)
    {
        using var writer = new WireWriter();
        feature.Encode(writer);
        return new ByteString(writer.WrittenSpan);
    }
}
