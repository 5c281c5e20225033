using System.CommandLine;
using WireProxy.Cli.Demo;
using WireProxy.Cli.Serving;

namespace WireProxy.Cli.Commands;

/// <summary><c>wireproxy demo</c>.</summary>
internal static class DemoCommand
{
    public static Command Create()
    {
        var once = new Option<bool>("--once")
        {
            Description = "Run the scripted tour with the real psql and FreeTDS and exit; 0 only if every step showed what it claims.",
        };
        var verb = new VerbCommand("demo", "Starts a clinic of invented patients and the gateway in front of it, to be tried.",
            "wireproxy demo", "wireproxy demo --once")
        {
            once,
        };
        verb.SetAction(result => RunAsync(result.GetValue(once), new Narrator(result.InvocationConfiguration.Output)));
        return verb;
    }

    private static async Task<int> RunAsync(bool once, Narrator narrator)
    {
        using var signals = new TerminationSignals();
        using var stopping = new CancellationTokenSource();
        _ = signals.First.ContinueWith(_ => stopping.Cancel(), TaskScheduler.Default);
        try
        {
            FreeTds.Require();
            narrator.Say("Starting PostgreSQL and a stand-in for SQL Server, each with a clinic of invented patients, and the gateway before them.");
            await using var clinic = await DemoClinic.StartAsync(stopping.Token);
            return once ? await TourAsync(clinic, narrator, stopping.Token) : await StayAsync(clinic, narrator, signals);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            narrator.Say("stopped");
            return ExitCode.Found;
        }
    }

    private static async Task<int> TourAsync(DemoClinic clinic, Narrator narrator, CancellationToken cancellation)
    {
        try
        {
            await new Tour(clinic, narrator, cancellation).RunAsync();
            narrator.Say("");
            narrator.Say("Every step showed what it claims. 'wireproxy demo' leaves the clinic up to be tried.");
            return ExitCode.Success;
        }
        catch (ClaimException claim)
        {
            narrator.Fail(claim.Message);
            return ExitCode.Found;
        }
    }

    private static async Task<int> StayAsync(DemoClinic clinic, Narrator narrator, TerminationSignals signals)
    {
        narrator.Say($"""

            The clinic is open; Ctrl-C closes it and removes everything.

              PostgreSQL:  PGPASSWORD={DemoClinic.Password} psql -h 127.0.0.1 -p {clinic.Port} -U {DemoClinic.User} {DemoClinic.Database}
              SQL Server:  tsql -H 127.0.0.1 -p {clinic.TdsPort} -U {DemoClinic.User} -P {DemoClinic.Password} -D {DemoClinic.Database}
                     or    sqlcmd -S tcp:127.0.0.1,{clinic.TdsPort} -U {DemoClinic.User} -P {DemoClinic.Password} -d {DemoClinic.Database}
                           (behind it is the demo's own stand-in for SQL Server; a batch ends with GO on a line of its own)
              try:         SELECT * FROM clinic.patients WHERE id < 4;
                           SELECT ssn AS lucky_number FROM clinic.patients WHERE id = 2;
                           DROP DATABASE clinic;
              policy:      {clinic.Configuration} and the policy.yaml beside it
              audit:       wireproxy sessions --journal {clinic.Journal}
                           wireproxy verify --journal {clinic.Journal} --key {clinic.PublicKey}
            """);
        await signals.First;
        return ExitCode.Success;
    }
}
