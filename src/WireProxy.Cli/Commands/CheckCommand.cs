using System.CommandLine;
using WireProxy.Cli.Configuration;
using WireProxy.Cli.Output;

namespace WireProxy.Cli.Commands;

/// <summary><c>wireproxy check</c>: what would be served, without serving it.</summary>
internal static class CheckCommand
{
    public static Command Create()
    {
        var config = SharedOptions.Config();
        var format = SharedOptions.Format();
        var verb = new VerbCommand("check", "Validates configuration and policy, and prints what each listener resolved to.",
            "wireproxy check --config wireproxy.yaml", "wireproxy check --config wireproxy.yaml --format json")
        {
            config,
            format,
        };
        verb.SetAction(result =>
        {
            var console = result.InvocationConfiguration;
            return Run(result.GetRequiredValue(config), result.GetValue(format), console.Output, console.Error);
        });
        return verb;
    }

    private static int Run(string file, OutputFormat format, TextWriter output, TextWriter error)
    {
        var problems = new ProblemList();
        var settings = SettingsReader.Read(file, problems);
        foreach (var problem in problems.All)
        {
            if (format == OutputFormat.Json)
                WriteProblem(new JsonLines(output), problem);
            else
                error.WriteLine(problem);
        }
        if (settings is null)
            return ExitCode.Usage;
        if (format == OutputFormat.Json)
            SettingsReport.WriteJson(settings, new JsonLines(output));
        else
            SettingsReport.WriteText(settings, output);
        return ExitCode.Success;
    }

    private static void WriteProblem(JsonLines lines, Problem problem) => lines.Write(json =>
    {
        json.WriteString("kind", "problem");
        json.WriteString("severity", problem.IsError ? "error" : "warning");
        json.WriteString("file", problem.File);
        json.WriteNumber("line", problem.Line);
        json.WriteString("message", problem.Message);
    });
}
