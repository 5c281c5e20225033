using WireProxy.TestKit;

namespace WireProxy.Relay.Tests.Leaks;

/// <summary>A private PostgreSQL with canaries and a gateway that protects them; every byte of every client is searched.</summary>
[Category("postgres")]
[TestFixture("postgres")]
[TestFixture(null)]
public abstract class LeakFixture(string? catalogUser)
{
    private static readonly Lazy<Task<PostgresServer>> SharedServer = new(() => PostgresServer.StartAsync(
        new PostgresServerOptions { Script = Canaries.Script, Tls = false }));

    private readonly List<TappedClient> _clients = [];
    private LocalGateway _gateway = null!;

    internal static Lazy<Task<PostgresServer>> Shared => SharedServer;

    private protected PostgresServer Server { get; private set; } = null!;

    private protected int Port => _gateway.Port;

    [OneTimeSetUp]
    public async Task Start()
    {
        try
        {
            Server = await SharedServer.Value;
        }
        catch (UnavailableException unavailable)
        {
            Assert.Ignore(unavailable.Message);
        }
        _gateway = LocalGateway.Start(
            Server.Port, TestPolicies.Protecting, null, new ListenerLimits { InspectedMessageBytes = 256 * 1024 }, catalogUser);
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        if (_gateway is not null)
            await _gateway.DisposeAsync();
    }

    [TearDown]
    public async Task No_clear_value_came_back()
    {
        TappedClient[] clients = [.. _clients];
        _clients.Clear();
        foreach (TappedClient client in clients)
            await client.DisposeAsync();
        foreach (TappedClient client in clients)
            Assert.That(Canaries.FoundIn(client.Received), Is.Empty, "clear values came back");
    }

    private protected async Task<TappedClient> LogInAsync(params (string Name, string Value)[] parameters)
    {
        TappedClient client = await TappedClient.LogInAsync(Port, parameters);
        _clients.Add(client);
        return client;
    }

    /// <summary>The first column of the rows, as text.</summary>
    private protected static IReadOnlyList<string?> Rows(IEnumerable<WireMessage> answer) =>
        [.. answer.Where(message => message.Type == 'D').Select(row => row.Texts[0])];

    private protected static string Types(IEnumerable<WireMessage> answer) => string.Concat(answer.Select(message => message.Type));

    private protected static string Told(IEnumerable<WireMessage> answer) => string.Join(' ', answer);

    private protected Task<string> DecoyAsync() => Canaries.CreateDecoyAsync(Port);

    private protected static string Turned(string decoy) => Canaries.Turned(decoy);
}

/// <summary>Ends the server that the fixtures share.</summary>
[SetUpFixture]
internal sealed class LeakServer
{
    [OneTimeTearDown]
    public async Task Stop()
    {
        if (LeakFixture.Shared is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
            await (await LeakFixture.Shared.Value).DisposeAsync();
    }
}
