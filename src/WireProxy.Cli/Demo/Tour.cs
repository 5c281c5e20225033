namespace WireProxy.Cli.Demo;

/// <summary>The scripted tour. Each step does something with real clients and then checks that what it claims is what happened:
/// nothing is shown that was not looked at.</summary>
internal sealed class Tour(DemoClinic clinic, Narrator narrator, CancellationToken cancellation)
{
    public async Task RunAsync()
    {
        TourStep[] parts =
        [
            new PostgresTour(clinic, narrator, cancellation), new TdsTour(clinic, narrator, cancellation),
            new AuditTour(clinic, narrator, cancellation),
        ];
        foreach (var part in parts)
            await part.RunAsync();
    }
}
