using WireProxy.TestKit;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.Relay.Tests.Postgres.Login;

/// <summary>Clients that connect, or ask to log in, and then say nothing: others get in, and those are told why they do not.</summary>
internal sealed class UnfinishedLoginFloodTests : LoginFixture
{
    private readonly List<WireClient> _silent = [];

    [TearDown]
    public async Task Close()
    {
        foreach (WireClient client in _silent)
            await client.DisposeAsync();
        _silent.Clear();
    }

    [Test]
    public async Task Silent_connections_of_an_address_push_out_each_other_and_no_client()
    {
        LocalGateway gateway = Start(new ListenerLimits { UnfinishedLoginsPerAddress = 3, LoginGrace = TimeSpan.Zero });
        for (int i = 0; i < 3; i++)
            await ConnectAsync(gateway);

        Assert.That((await PsqlOf(gateway).QueryAsync("SELECT 1")).Output, Is.EqualTo("1\n"), Log.Text);

        WireMessage end = (await _silent[0].ReadToEndAsync()).Single();
        Assert.That(end.SqlState, Is.EqualTo("53300"));
        Assert.That(end.ToString(), Does.Contain("limits.unfinished_logins_per_address of listener clinic is 3"));
        Assert.That(Log.Text, Does.Contain("unfinished logins were given up").And.Contain("127.0.0.1"));
        await _silent[1].SendAsync(Startup("alice", "postgres"));
        Assert.That((await _silent[1].ReadAsync())!.Type, Is.EqualTo('R'), "the others are as they were");
    }

    [Test]
    public async Task Logins_that_are_begun_keep_their_places_for_a_moment()
    {
        LocalGateway gateway = Start(new ListenerLimits { Connections = 2, LoginGrace = TimeSpan.FromMinutes(10) });
        await BeginAsync(gateway, 2);

        WireClient early = await ConnectAsync(gateway);
        await early.SendAsync(Startup("alice", "postgres"));

        Assert.That((await early.ReadAsync())!.SqlState, Is.EqualTo("53300"), "nobody was waited for long");
    }

    [Test]
    public async Task Logins_that_are_begun_and_left_do_not_keep_all_places()
    {
        LocalGateway gateway = Start(new ListenerLimits { Connections = 2, LoginGrace = TimeSpan.Zero });
        await BeginAsync(gateway, 2);

        Assert.That((await PsqlOf(gateway).QueryAsync("SELECT 1")).Output, Is.EqualTo("1\n"), Log.Text);

        Assert.That((await _silent[0].ReadToEndAsync()).Single().ToString(), Does.Contain("limits.connections of listener clinic is 2"));
        await Until.TrueAsync(() => gateway.SessionCount == 1, TimeSpan.FromSeconds(20), () => $"{gateway.SessionCount} sessions stay");
        await using WireClient last = await WireClient.ConnectAsync(gateway.Port);
        await last.SendAsync(Startup("alice", "postgres"));
        Assert.That((await last.ReadAsync())!.Type, Is.EqualTo('R'), "its place was given back once");
    }

    [Test]
    public async Task Who_has_proved_who_they_are_is_given_up_for_nobody()
    {
        LocalGateway gateway = Start(new ListenerLimits { Connections = 1, UnfinishedLoginsPerAddress = 1, LoginGrace = TimeSpan.Zero });
        await using ScramWire client = await ScramWire.ConnectAsync(gateway.Port);
        await client.BeginAsync("alice");
        await client.SendFirstAsync();
        await client.SendProofAsync(StubLogins.Password);
        await client.Wire.FinishLogInAsync();

        WireClient late = await ConnectAsync(gateway);
        await late.SendAsync(Startup("alice", "postgres"));

        Assert.That((await late.ReadAsync())!.SqlState, Is.EqualTo("53300"));
        Assert.That((await client.Wire.QueryAsync("SELECT 1"))[1].Texts[0], Is.EqualTo("1"));
    }

    [Test]
    public async Task A_refused_login_keeps_no_place_while_its_client_stays()
    {
        LocalGateway gateway = Start(new ListenerLimits { Connections = 1 });
        await using ScramWire refused = await ScramWire.ConnectAsync(gateway.Port);
        await refused.BeginAsync("alice");
        await refused.SendFirstAsync();
        await refused.SendProofAsync("wrong");
        Assert.That((await refused.Wire.ReadAsync())!.SqlState, Is.EqualTo("28P01"));

        WireClient next = await ConnectAsync(gateway);
        await next.SendAsync(Startup("alice", "postgres"));

        Assert.That((await next.ReadAsync())!.Type, Is.EqualTo('R'));
    }

    private LocalGateway Start(ListenerLimits limits) =>
        StartGateway(new StubLogins(), LoginOf("scram"), change: listener => listener with { Limits = limits });

    private async Task BeginAsync(LocalGateway gateway, int count)
    {
        for (int i = 0; i < count; i++)
        {
            WireClient client = await ConnectAsync(gateway);
            await client.SendAsync(Startup("alice", "postgres"));
            await client.ReadAsync();
        }
    }

    /// <summary>Each is waited for a little longer than the next.</summary>
    private async Task<WireClient> ConnectAsync(LocalGateway gateway)
    {
        int before = gateway.SessionCount;
        WireClient client = await WireClient.ConnectAsync(gateway.Port);
        _silent.Add(client);
        await Until.TrueAsync(() => gateway.SessionCount > before, TimeSpan.FromMinutes(1), () => "the connection is not taken");
        await Task.Delay(200);
        return client;
    }
}
