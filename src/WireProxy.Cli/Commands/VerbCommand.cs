using System.CommandLine;
using WireProxy.Cli.Output;

namespace WireProxy.Cli.Commands;

/// <summary>A verb whose help ends with examples.</summary>
internal sealed class VerbCommand(string name, string description, params string[] examples) : Command(name, description)
{
    public IReadOnlyList<string> Examples { get; } = examples;
}

/// <summary>The options that several verbs share.</summary>
internal static class SharedOptions
{
    public static Option<string> Config() => new("--config")
    {
        Description = "The configuration file.",
        HelpName = "FILE",
        Required = true,
    };

    public static Option<string> Journal() => new("--journal")
    {
        Description = "The journal's directory.",
        HelpName = "DIR",
        Required = true,
    };

    public static Option<OutputFormat> Format() => new("--format")
    {
        Description = "table for people, json for programs (one object a line).",
        HelpName = "table|json",
        CustomParser = result => result.Tokens.Count == 1 && OutputFormats.TryParse(result.Tokens[0].Value, out var format)
            ? format
            : Refuse(result, "--format takes 'table' or 'json'"),
        DefaultValueFactory = _ => OutputFormat.Table,
    };

    private static OutputFormat Refuse(System.CommandLine.Parsing.ArgumentResult result, string message)
    {
        result.AddError(message);
        return OutputFormat.Table;
    }
}
