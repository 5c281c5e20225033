using WireProxy.TestKit;

namespace WireProxy.Sql.Tests.Lineage;

/// <summary>Tests against a server of their own with the doctors' schema.</summary>
/// <param name="objects">What is made in it besides.</param>
[Category("Server")]
public abstract class LineageFixture(string objects = "")
{
    private protected LineageServer Server { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        try
        {
            Server = await LineageServer.StartAsync();
        }
        catch (UnavailableException reason)
        {
            Assert.Ignore(reason.Message);
        }
        if (objects.Length > 0)
            await Server.ChangeAsync(objects);
    }

    [OneTimeTearDown]
    public async Task Stop() => await (Server?.DisposeAsync() ?? ValueTask.CompletedTask);
}
