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
        var offline = new Option<bool>("--offline")
        {
            Description = "Ask no database: without it, each listener that has upstream.catalog is asked which columns are protected, and by what.",
        };
        var verb = new VerbCommand("check", "Validates configuration and policy, and prints what each listener resolved to and which columns are protected. Exit code 1 when the policy names a column that is nowhere.",
            "wireproxy check --config wireproxy.yaml", "wireproxy check --config wireproxy.yaml --format json")
        {
            config,
            offline,
            format,
        };
        verb.SetAction(async (result, _) =>
        {
            var console = result.InvocationConfiguration;
            return await RunAsync(result.GetRequiredValue(config), result.GetValue(offline), result.GetValue(format), console.Output, console.Error);
        });
        return verb;
    }

    private static async Task<int> RunAsync(string file, bool offline, OutputFormat format, TextWriter output, TextWriter error)
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
        if (settings.Policy is not { Compiled.HasProtectedColumns: true } policy)
            return ExitCode.Success;
        var protection = await ProtectionReport.ReadAsync(settings, policy, offline);
        if (format == OutputFormat.Json)
            protection.WriteJson(new JsonLines(output));
        else
            protection.WriteText(output, error);
        return protection.HasMissing ? ExitCode.Found : ExitCode.Success;
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
