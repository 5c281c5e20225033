using WireProxy.Protocols.Tds.Tokens;
using WireProxy.TdsStandIn;
using WireProxy.TestKit;
using WireProxy.TestKit.Tds;

namespace WireProxy.EndToEnd.Tests.Tds;

/// <summary>What fixtures that go through a shared gateway to the stand-in have.</summary>
public abstract class ThroughTds(Through through)
{
    protected Through Kind { get; } = through;

    protected TdsStandInServer Server { get; private set; } = null!;

    protected GatewayProcess Gateway { get; private set; } = null!;

    protected int Port => Gateway.Port;

    [OneTimeSetUp]
    public async Task Connect()
    {
        Server = await TdsClinic.ServerAsync();
        Gateway = await TdsClinic.GatewayAsync(Kind);
    }

    /// <summary>What was broken in one test must not be looked for in the next.</summary>
    [TearDown]
    public void The_gateway_still_runs()
    {
        Assert.That(Gateway.HasExited, Is.False, () => $"The gateway ended:\n{Gateway.Log}");
        Assert.That(Gateway.Log, Does.Not.Contain("internal error").And.Not.Contain("Unhandled exception"));
    }

    protected Task<TdsClient> LogInAsync(TdsLogin? login = null) => TdsClient.LogInAsync(Port, login);

    protected Task<TdsClient> LogInDirectlyAsync(TdsLogin? login = null) => TdsClient.LogInAsync(Server.Port, login);

    /// <summary>Asserts that nothing protected is in it.</summary>
    protected static void HoldsNoSecret(TdsAnswer answer)
    {
        string text = answer.ToString();
        foreach (string secret in TdsClinic.Secrets)
            Assert.That(text, Does.Not.Contain(secret));
    }

    protected static void IsRefused(TdsAnswer answer, string? message = null)
    {
        ServerMessage error = answer.Errors.Single();
        Assert.That((error.Number, (int)error.Class), Is.EqualTo((229, 14)), answer.ToString());
        if (message is not null)
            Assert.That(error.Text, Does.Contain(message));
        Assert.That(answer.Dones[^1].Status & (DoneStatus.Error | DoneStatus.More), Is.EqualTo(DoneStatus.Error));
        Assert.That(answer.Results, Is.Empty);
    }
}
