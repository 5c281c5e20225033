using WireProxy.Relay.Tests.Leaks;
using WireProxy.TestKit;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.Relay.Tests.Faults;

/// <summary>A client that breaks the protocol is told so, or let go; others do not notice.</summary>
public sealed class ClientFaultTests
{
    private static readonly byte[] Answer = Join(Message('C', Text("SELECT 0")), ScriptedServer.Ready);

    private ScriptedServer _server = null!;
    private LocalGateway _gateway = null!;
    private TappedClient _witness = null!;

    [SetUp]
    public async Task Start()
    {
        _server = new ScriptedServer(type => type switch { 'Q' => Answer, 'X' => null, _ => [] });
        _gateway = LocalGateway.Start(_server.Port, TestPolicies.Judging);
        _witness = await TappedClient.LogInAsync(_gateway.Port);
    }

    [TearDown]
    public async Task Others_are_unharmed()
    {
        IReadOnlyList<WireMessage> answer = await _witness.QueryAsync("SELECT 1");
        await _witness.DisposeAsync();
        await Until.TrueAsync(() => _gateway.SessionCount == 0, TimeSpan.FromSeconds(20), () => $"{_gateway.SessionCount} sessions stay");
        await _gateway.DisposeAsync();
        await _server.DisposeAsync();
        Assert.That(string.Concat(answer.Select(message => message.Type)), Is.EqualTo("CZ"));
    }

    private static IEnumerable<TestCaseData> Violations()
    {
        yield return new TestCaseData(Message('~')).SetArgDisplayNames("an unknown type");
        yield return new TestCaseData(Message('R', Int32(0))).SetArgDisplayNames("a message of servers");
        yield return new TestCaseData(Message('p', Text("x"))).SetArgDisplayNames("a password at the wrong time");
        yield return new TestCaseData(MessageOfLength('Q', -1, [])).SetArgDisplayNames("a negative length");
        yield return new TestCaseData(MessageOfLength('Q', int.MinValue, [])).SetArgDisplayNames("the least length");
        yield return new TestCaseData(MessageOfLength('Q', 3, [])).SetArgDisplayNames("a length too short for itself");
        yield return new TestCaseData(MessageOfLength('B', int.MaxValue, [])).SetArgDisplayNames("a length beyond all frames");
        yield return new TestCaseData(Message('B', "no end"u8.ToArray())).SetArgDisplayNames("a Bind that ends in its name");
        yield return new TestCaseData(Message('Q', "no end"u8.ToArray())).SetArgDisplayNames("a Query without its end");
        yield return new TestCaseData(Message('D', "Q\0"u8.ToArray())).SetArgDisplayNames("a Describe of neither");
    }

    [TestCaseSource(nameof(Violations))]
    public async Task What_breaks_the_protocol_ends_the_session_with_08P01(byte[] violation)
    {
        await using TappedClient client = await TappedClient.LogInAsync(_gateway.Port);
        await client.SendAsync(violation);
        Assert.That((await client.EndAsync())[^1].SqlState, Is.EqualTo("08P01"));
        Assert.That(client.IsClosed);
    }

    [Test]
    public async Task Half_a_message_and_then_the_end_reaches_no_server()
    {
        await using TappedClient client = await TappedClient.LogInAsync(_gateway.Port);
        await client.SendAsync(Query("SELECT 1")[..8]);
        client.FinishSending();
        await client.EndAsync();
        Assert.That(_server.Received, Does.Not.Contain("Q"));
    }

    [Test]
    public async Task Nothing_behind_terminate_reaches_the_server()
    {
        await using TappedClient client = await TappedClient.LogInAsync(_gateway.Port);
        await client.SendAsync(Terminate, Query("SELECT 1"), Query("SELECT 2"));
        await client.EndAsync();
        Assert.That(() => _server.Received, Is.EqualTo("X").After(60_000, 20));
    }

    [Test]
    public async Task Data_behind_an_encryption_request_is_refused([Values] bool gss)
    {
        // CVE-2021-23214: what stands behind the request in clear would be read as if it had come encrypted.
        await using TappedClient client = await TappedClient.ConnectAsync(_gateway.Port);
        await client.SendAsync(gss ? GssRequest : SslRequest, Startup("postgres", "postgres"));
        IReadOnlyList<WireMessage> end = await client.EndAsync();
        Assert.That(end.Single().SqlState, Is.EqualTo("08P01"));
    }

    [Test]
    public async Task An_encryption_request_is_answered_once()
    {
        await using TappedClient client = await TappedClient.ConnectAsync(_gateway.Port);
        await client.SendAsync(SslRequest);
        Assert.That(await client.ByteAsync(), Is.EqualTo('N'));
        await client.SendAsync(GssRequest);
        Assert.That(await client.ByteAsync(), Is.EqualTo('N'));
        await client.SendAsync(SslRequest);
        Assert.That((await client.EndAsync()).Single().SqlState, Is.EqualTo("08P01"));
    }

    [Test]
    public async Task A_byte_at_a_time_runs_into_the_handshake_timeout()
    {
        await using LocalGateway gateway = StartHasty();
        await using TappedClient client = await TappedClient.ConnectAsync(gateway.Port);
        Task<IReadOnlyList<WireMessage>> ending = client.EndAsync();
        foreach (byte one in Startup("postgres", "postgres"))
        {
            if (ending.IsCompleted)
                break;
            await client.SendAsync([one]);
            await Task.Delay(200);
        }
        Assert.That((await ending)[^1].Field('M'), Does.Contain("limits.handshake_timeout"));
    }

    [Test]
    public async Task A_client_that_says_nothing_is_let_go()
    {
        await using LocalGateway gateway = StartHasty();
        await using TappedClient client = await TappedClient.ConnectAsync(gateway.Port);
        await client.EndAsync();
        Assert.That(client.IsClosed);
    }

    [Test]
    public async Task A_client_that_resets_in_the_middle_of_its_statement_leaves_nothing_behind()
    {
        for (int i = 0; i < 10; i++)
        {
            TappedClient client = await TappedClient.LogInAsync(_gateway.Port);
            await client.SendAsync(Query("SELECT 1"), Query("SELECT 2")[..7]);
            client.Reset();
        }
        await Until.TrueAsync(() => _gateway.SessionCount == 1, TimeSpan.FromSeconds(20), () => $"{_gateway.SessionCount} sessions stay");
    }

    // A gateway of its own: no other test's login is in a hurry.
    private LocalGateway StartHasty() =>
        LocalGateway.Start(_server.Port, TestPolicies.Judging, limits: new ListenerLimits { HandshakeTimeout = TimeSpan.FromSeconds(1) });
}
