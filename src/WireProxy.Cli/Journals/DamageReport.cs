using WireProxy.Capture;

namespace WireProxy.Cli.Journals;

/// <summary>Says that a journal is damaged while what can be read of it is shown.</summary>
internal sealed class DamageReport(TextWriter error)
{
    public bool Found { get; private set; }

    public void Report(JournalDamage damage)
    {
        Found = true;
        error.WriteLine($"wireproxy: damaged: {damage}; 'wireproxy verify' checks the journal");
    }
}
