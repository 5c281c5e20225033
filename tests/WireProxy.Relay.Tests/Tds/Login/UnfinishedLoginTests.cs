using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Tests.Postgres.Login;
using WireProxy.TestKit;
using WireProxy.TestKit.Tds;

namespace WireProxy.Relay.Tests.Tds.Login;

/// <summary>Clients that connect, or ask what to do, and then say nothing.</summary>
internal sealed class UnfinishedLoginTests : TdsLoginFixture
{
    [Test]
    public async Task Connections_that_say_nothing_do_not_keep_others_out()
    {
        LocalGateway gateway = StartGateway(new StubLogins(), ByPassword, change: listener => listener with
        {
            Limits = new ListenerLimits { Connections = 1, UnfinishedLoginsPerAddress = 2, LoginGrace = TimeSpan.Zero },
        });
        await using TdsClient first = await AskAsync(gateway);
        await using TdsClient second = await TdsClient.ConnectAsync(gateway.Port);
        await Until.TrueAsync(() => gateway.SessionCount == 2, TimeSpan.FromMinutes(1), () => "the connection is not taken");

        await using TdsClient good = await TdsClient.ConnectAsync(gateway.Port, GoodLogin);
        await good.BeginAsync();

        Assert.That(good.LoginAnswer.Error, Is.Null, Log.Text);
        Assert.That(Log.Text, Does.Contain("limits.unfinished_logins_per_address of listener clinic is 2"));
        await Until.TrueAsync(() => gateway.SessionCount <= 2, TimeSpan.FromSeconds(20), () => $"{gateway.SessionCount} sessions stay");
    }

    /// <summary>As far as the answer to PRELOGIN, for which the client has a place.</summary>
    private static async Task<TdsClient> AskAsync(LocalGateway gateway)
    {
        TdsClient client = await TdsClient.ConnectAsync(gateway.Port);
        using var payload = new WireWriter();
        new PreLogin([new PreLoginOption(PreLoginOptionType.Version, PreLogin.VersionData(16, 0, 0))]).Encode(payload);
        await client.SendAsync(PacketType.PreLogin, payload.WrittenSpan.ToArray());
        await client.ReadMessageAsync();
        return client;
    }
}
