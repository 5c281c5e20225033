using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using WireProxy.Capture;

namespace WireProxy.Cli.Commands;

/// <summary>The verbs, and how each run of the program ends.</summary>
internal static class CommandLine
{
    public static async Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter error)
    {
        var result = Root().Parse(arguments);
        if (result.Errors.Count > 0)
        {
            foreach (var problem in result.Errors)
                await error.WriteLineAsync($"wireproxy: {problem.Message}");
            await error.WriteLineAsync($"Try '{PathOf(result.CommandResult.Command)} --help'.");
            return ExitCode.Usage;
        }
        try
        {
            return await result.InvokeAsync(new InvocationConfiguration
            {
                Output = output,
                Error = error,
                EnableDefaultExceptionHandler = false,
                // Verbs that run long watch the signals themselves: serve must drain.
                ProcessTerminationTimeout = null,
            });
        }
        catch (Exception exception) when (exception is UsageException or JournalException or IOException or UnauthorizedAccessException)
        {
            await error.WriteLineAsync($"wireproxy: {exception.Message}");
            return ExitCode.Usage;
        }
    }

    internal static RootCommand Root()
    {
        var root = new RootCommand("A gateway that masks, decides and records what goes between database clients and databases.")
        {
            ServeCommand.Create(),
            CheckCommand.Create(),
            DemoCommand.Create(),
            PolicyCommand.Create(),
            LoginCommand.Create(),
            SessionsCommand.Create(),
            ReplayCommand.Create(),
            VerifyCommand.Create(),
            KeysCommand.Create(),
        };
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExamples((HelpAction)help.Action!);
        return root;
    }

    /// <summary>The words that lead to a command: <c>wireproxy policy test</c>.</summary>
    internal static string PathOf(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? $"{PathOf(parent)} {command.Name}" : "wireproxy";

    /// <summary>The usual help, and then the examples of the command.</summary>
    private sealed class HelpWithExamples(HelpAction usual) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            var output = parseResult.InvocationConfiguration.Output;
            var code = usual.Invoke(parseResult);
            if (parseResult.CommandResult.Command is VerbCommand { Examples: { Count: > 0 } examples })
            {
                output.WriteLine("Examples:");
                foreach (var example in examples)
                    output.WriteLine($"  {example}");
                output.WriteLine();
            }
            return code;
        }
    }
}
