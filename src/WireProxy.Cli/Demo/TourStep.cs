namespace WireProxy.Cli.Demo;

/// <summary>What the parts of the tour share.</summary>
internal abstract class TourStep(DemoClinic clinic, Narrator narrator, CancellationToken cancellation)
{
    private string[]? _secrets;

    protected DemoClinic Clinic => clinic;

    protected Narrator Narrator => narrator;

    protected CancellationToken Cancellation => cancellation;

    public abstract Task RunAsync();

    protected static bool Says(Finished finished, string text) => finished.Output.Contains(text, StringComparison.Ordinal);

    /// <summary>The protected values, of the same invented people in both databases.</summary>
    protected async Task<string[]> SecretsAsync() => _secrets ??= (await clinic.DirectlyAsync(
        "SELECT unnest(ARRAY[full_name, ssn, notes, date_of_birth::text]) FROM clinic.patients", cancellation)).Split('\n');

    protected async Task ClaimNothingClearAsync(Finished finished)
    {
        var secrets = await SecretsAsync();
        narrator.Claim(
            !secrets.Any(secret => finished.Output.Contains(secret, StringComparison.OrdinalIgnoreCase)),
            "no protected value came through in clear");
    }

    /// <summary>Runs another verb of this program and shows what it prints.</summary>
    protected async Task<Finished> WireProxyAsync(string[] arguments, int most)
    {
        narrator.Command($"wireproxy {string.Join(' ', arguments)}");
        var finished = await DemoClinic.WireProxyAsync(arguments, cancellation);
        narrator.Show(finished.Output, most);
        return finished;
    }
}
