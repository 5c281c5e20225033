using Npgsql;
using NUnit.Framework.Interfaces;
using WireProxy.TestKit;

namespace WireProxy.EndToEnd.Tests;

/// <summary>What fixtures that go through a shared gateway have.</summary>
public abstract class ThroughGateway(Through through)
{
    protected Through Kind { get; } = through;

    protected PostgresServer Server { get; private set; } = null!;

    protected GatewayProcess Gateway { get; private set; } = null!;

    protected int Port => Gateway.Port;

    [OneTimeSetUp]
    public async Task Connect()
    {
        Server = await Clinic.ServerAsync();
        Gateway = await Clinic.GatewayAsync(Kind);
    }

    /// <summary>What was broken in one test must not be looked for in the next.</summary>
    [TearDown]
    public void The_gateway_still_runs()
    {
        if (TestContext.CurrentContext.Result.Outcome.Status == TestStatus.Failed)
            TestContext.Out.WriteLine($"The gateway's log, in the end:\n{Gateway.Log[^Math.Min(4000, Gateway.Log.Length)..]}");
        Assert.That(Gateway.HasExited, Is.False, () => $"The gateway ended:\n{Gateway.Log}");
    }

    protected Psql Psql => Gateway.Psql();

    /// <summary>psql to the server itself, over TCP as through the gateway.</summary>
    protected Psql DirectPsql => Server.Psql() with { Host = "127.0.0.1" };

    protected Task<NpgsqlConnection> OpenAsync(string user = "postgres") => Clinic.OpenAsync(Port, user);

    protected Task<WireClient> LogInAsync() => WireClient.LogInAsync(Port);
}
