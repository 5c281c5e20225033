using System.Net;
using WireProxy.Policy;
using WireProxy.Relay.Tests.Postgres.Login;
using WireProxy.TdsStandIn;
using WireProxy.TestKit;
using WireProxy.TestKit.Tds;

namespace WireProxy.Relay.Tests.Tds.Login;

/// <summary>SQL Server takes a login's name in any letters: a rule about it holds in all of them.</summary>
internal sealed class RelayedNameTests
{
    [TestCase("sa")]
    [TestCase("SA")]
    [TestCase("Sa")]
    public async Task A_rule_about_a_user_is_not_got_around_by_other_letters(string written)
    {
        await using TdsStandInServer server = await TdsStandInServer.StartAsync(new TdsStandInOptions());
        var upstream = new UpstreamOptions("127.0.0.1", server.Port, new UpstreamTlsOptions(UpstreamTlsMode.Disable, null), null);
        var listener = new ListenerOptions("clinic", WireProtocol.Tds, new IPEndPoint(IPAddress.Loopback, FreePort.Next()), null, upstream, new ListenerLimits());
        CompiledPolicy policy = PolicyCompiler.Compile(new PolicyDefinition
        {
            Rules = [new RuleDefinition("no-ddl-of-sa", new RuleCondition { Users = ["sa"], Class = ["ddl"] }, Decision.Block, null)],
        }, out _)!;
        await using LocalGateway gateway = LocalGateway.Start(listener, policy, new StubLogins());
        await using TdsClient client = await TdsClient.LogInAsync(gateway.Port, new TdsLogin { User = written, Database = "master" });

        TdsAnswer answer = await client.QueryAsync("CREATE TABLE dbo.t (i int)");

        Assert.That(answer.Errors.Select(error => error.Text), Has.One.Contains("no-ddl-of-sa"), answer.ToString());
        Assert.That((await client.QueryAsync("SELECT 1 AS one")).Results.Single()["one"].Single(), Is.EqualTo("1"));
    }
}
