namespace WireProxy.EndToEnd.Tests;

/// <summary>Ends what the fixtures share.</summary>
[SetUpFixture]
internal sealed class Lifetime
{
    [OneTimeTearDown]
    public Task StopSharedProcesses() => Clinic.StopAsync();
}
