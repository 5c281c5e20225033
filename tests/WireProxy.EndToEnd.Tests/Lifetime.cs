namespace WireProxy.EndToEnd.Tests;

/// <summary>Ends what the fixtures share.</summary>
[SetUpFixture]
internal sealed class Lifetime
{
    [OneTimeTearDown]
    public async Task StopSharedProcesses()
    {
        await Clinic.StopAsync();
        await Tds.TdsClinic.StopAsync();
    }
}
