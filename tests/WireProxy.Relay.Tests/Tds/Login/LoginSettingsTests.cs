using System.Net;
using WireProxy.Policy;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Relay.Tests.Postgres.Login;
using WireProxy.TdsStandIn;
using WireProxy.TestKit;
using WireProxy.TestKit.Tds;

namespace WireProxy.Relay.Tests.Tds.Login;

/// <summary>What a relayed login does beside logging in is judged as the statement is that does the same.</summary>
internal sealed class LoginSettingsTests
{
    private const string Other = "another-Passw0rd";

    private TdsStandInServer _server = null!;

    [OneTimeSetUp]
    public async Task Start() => _server = await TdsStandInServer.StartAsync(new TdsStandInOptions());

    [OneTimeTearDown]
    public ValueTask Stop() => _server.DisposeAsync();

    private static IEnumerable<TestCaseData> Refused =>
    [
        new(new RuleCondition { Class = ["role"] }, (Func<Login7, Login7>)(login => login with { OptionFlags3 = 1, NewPassword = new LoginSecret(Other) }), 229, "no-such-thing"),
        new(new RuleCondition { Statement = ["ALTER LOGIN"] }, (Func<Login7, Login7>)(login => login with { NewPassword = new LoginSecret(Other) }), 229, "no-such-thing"),
        new(new RuleCondition { Class = ["ddl"] }, (Func<Login7, Login7>)(login => login with { AttachDatabaseFile = "c:\\x.mdf" }), 229, "no-such-thing"),
        new(new RuleCondition { Class = ["ddl"] }, (Func<Login7, Login7>)(login => login with { OptionFlags1 = (byte)(login.OptionFlags1 | 1) }), 50000, "the forms of today"),
        new(new RuleCondition { Class = ["ddl"] }, (Func<Login7, Login7>)(login => login with { OptionFlags1 = (byte)(login.OptionFlags1 | 4) }), 50000, "the forms of today"),
    ];

    [TestCaseSource(nameof(Refused))]
    public async Task A_login_that_does_more_is_judged(RuleCondition when, Func<Login7, Login7> change, int number, string message)
    {
        await using LocalGateway gateway = Gateway(when);
        await using TdsClient client = await TdsClient.ConnectAsync(gateway.Port, new TdsLogin { Database = "master", ChangeLogin = change });

        await client.BeginAsync();

        ServerMessage error = client.LoginAnswer.Errors.Single();
        Assert.That((error.Number, error.Text.Contains(message, StringComparison.Ordinal)), Is.EqualTo((number, true)), error.Text);
        Assert.That(error.Text, Does.Not.Contain(Other));
        Assert.That(client.LoginAnswer.Tokens, Does.Not.Contain(TokenType.LoginAck));
    }

    [Test]
    public async Task One_that_does_not_is_not()
    {
        await using LocalGateway gateway = Gateway(new RuleCondition { Class = ["role", "ddl"] });
        await using TdsClient client = await TdsClient.LogInAsync(gateway.Port, new TdsLogin { Database = "master" });

        Assert.That(client.LoginAnswer.Tokens, Does.Contain(TokenType.LoginAck));
    }

    private LocalGateway Gateway(RuleCondition when)
    {
        var upstream = new UpstreamOptions("127.0.0.1", _server.Port, new UpstreamTlsOptions(UpstreamTlsMode.Disable, null), null);
        var listener = new ListenerOptions("clinic", WireProtocol.Tds, new IPEndPoint(IPAddress.Loopback, FreePort.Next()), null, upstream, new ListenerLimits());
        CompiledPolicy policy = PolicyCompiler.Compile(
            new PolicyDefinition { Rules = [new RuleDefinition("no-such-thing", when, Decision.Block, null)] }, out _)!;
        return LocalGateway.Start(listener, policy, new StubLogins());
    }
}
