using System.CommandLine;
using System.Net;
using WireProxy.Cli.Configuration;
using WireProxy.Cli.Output;
using WireProxy.Cli.PolicyTest;
using WireProxy.Policy;

namespace WireProxy.Cli.Commands;

/// <summary><c>wireproxy policy test</c>.</summary>
internal static class PolicyCommand
{
    public static Command Create()
    {
        var config = SharedOptions.Config();
        var listener = new Option<string>("--listener")
        {
            Description = "By which listener the statements would come.",
            HelpName = "NAME",
            Required = true,
        };
        var user = new Option<string>("--as")
        {
            Description = "Who would send them.",
            HelpName = "USER",
            DefaultValueFactory = _ => "somebody",
        };
        var database = new Option<string?>("--database") { Description = "The database connected to.", HelpName = "DB" };
        var address = new Option<string?>("--address") { Description = "The client's address.", HelpName = "IP" };
        var file = new Argument<string>("FILE.sql or -")
        {
            Description = "The statements; - reads them from standard input.",
            DefaultValueFactory = _ => "-",
        };
        var format = SharedOptions.Format();
        var verb = new VerbCommand("test", "Says for each statement what would happen, and why. Exit code 1 when one would be refused.",
            "wireproxy policy test --config wireproxy.yaml --listener clinic --as alice report.sql",
            "echo 'DROP TABLE clinic.patients' | wireproxy policy test --config wireproxy.yaml --listener clinic -")
        {
            config, listener, user, database, address, file, format,
        };
        verb.SetAction(result =>
        {
            var console = result.InvocationConfiguration;
            if (ConfigurationLoader.Load(result.GetRequiredValue(config), console.Error) is not { } settings)
                return ExitCode.Usage;
            var name = result.GetRequiredValue(listener);
            string[] known = [.. settings.Gateway.Listeners.Select(one => one.Name)];
            if (!known.Contains(name))
                throw new UsageException($"no listener '{name}'; {Spelling.Accepted(name, known)}");
            var subject = new Subject(
                result.GetRequiredValue(user), [], name, result.GetValue(database), Address: Address(result.GetValue(address)));
            return Run(settings, subject, Read(result.GetRequiredValue(file)), result.GetValue(format), console.Output);
        });
        return new Command("policy", "Tries policies.") { verb };
    }

    private static int Run(Settings settings, Subject subject, string script, OutputFormat format, TextWriter output)
    {
        var policy = settings.Policy?.Compiled ?? CompiledPolicy.AllowEverything;
        var definition = settings.Policy?.Definition ?? new PolicyDefinition();
        var lines = new JsonLines(output);
        var (statements, refused) = (0, 0);
        foreach (var verdict in new StatementJudge(policy, definition, subject, TimeProvider.System).Judge(script))
        {
            statements++;
            refused += verdict.IsRefused ? 1 : 0;
            if (format == OutputFormat.Json)
                lines.Write(json => VerdictReport.Write(verdict, json));
            else
                VerdictReport.Write(verdict, output);
        }
        if (format == OutputFormat.Table)
            output.WriteLine($"{statements} statement{(statements == 1 ? "" : "s")}, {refused} refused");
        return refused > 0 ? ExitCode.Found : ExitCode.Success;
    }

    private static string Read(string file) => file == "-" ? Console.In.ReadToEnd() : File.ReadAllText(file);

    private static IPAddress? Address(string? text) => text is null
        ? null
        : IPAddress.TryParse(text, out var address) ? address : throw new UsageException($"--address takes an IP address, not '{text}'");
}
