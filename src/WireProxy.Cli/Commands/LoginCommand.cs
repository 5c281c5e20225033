using System.CommandLine;
using System.Text.Json;
using WireProxy.Cli.Login;
using WireProxy.Cli.Output;
using WireProxy.Cli.Replay;

namespace WireProxy.Cli.Commands;

/// <summary><c>wireproxy login</c>: a token for a user name and password that psql, sqlcmd and every GUI can use for a while.</summary>
internal static class LoginCommand
{
    private static readonly string[] Formats = ["text", "json", "env"];

    public static Command Create() => new Options().Verb();

    private static Option<string?> Option(string name, string description, string help) =>
        new(name) { Description = description, HelpName = help };

    private sealed class Options
    {
        private readonly Option<string> _gateway = new("--gateway") { Description = "The console's URL.", HelpName = "URL", Required = true };
        private readonly Option<string?> _listener = Option("--listener", "The listener that the credential is for.", "NAME");
        private readonly Option<string?> _file = Option("--token-file", "Reads the token from a file.", "FILE");
        private readonly Option<string?> _variable = Option("--token-env", "Reads the token from an environment variable.", "NAME");
        private readonly Option<string?> _command = Option("--token-command", "Runs this in a shell; the token is what it prints.", "COMMAND");
        private readonly Option<string?> _user = Option("--user", "A local user: what is read is the password, and no token.", "NAME");
        private readonly Option<string?> _lifetime = Option("--lifetime", "How long, such as 30m or 8h.", "TIME");
        private readonly Option<string?> _purpose = Option("--purpose", "What for; rules and the journal know it.", "TEXT");
        private readonly Option<string?> _authority = Option("--cacert", "PEM file of the authority that signed the console's certificate.", "FILE");
        private readonly Option<string> _format = new("--format")
        {
            Description = "text for people, json for programs, env for eval in a shell.",
            HelpName = "text|json|env",
            DefaultValueFactory = _ => "text",
        };
        private readonly Option<string?> _revoke = Option("--revoke", "Ends a credential and the sessions that began with it.", "ID");
        private readonly Option<bool> _list = new("--list") { Description = "Lists live credentials: one's own, and for administrators all." };
        private readonly Argument<string?> _standardInput = new("-")
        {
            Description = "Reads the token from standard input.",
            Arity = ArgumentArity.ZeroOrOne,
        };

        public VerbCommand Verb()
        {
            _format.AcceptOnlyFromAmong(Formats);
            _standardInput.AcceptOnlyFromAmong("-");
            var verb = new VerbCommand("login", "Exchanges a token for a user name and password, and prints what psql and sqlcmd need.",
                "wireproxy login --gateway https://gateway:8080 --listener clinic --token-file token",
                "eval \"$(wireproxy login --gateway https://gateway:8080 --listener clinic --token-env TOKEN --format env)\" && psql",
                "wireproxy login --gateway https://gateway:8080 --list --token-command 'az account get-access-token --query accessToken -o tsv'",
                "wireproxy login --gateway https://gateway:8080 --revoke h4zc3k2q6wmtb --user alice - < password")
            {
                _standardInput, _gateway, _listener, _file, _variable, _command, _user, _lifetime, _purpose, _authority, _format, _revoke, _list,
            };
            verb.SetAction(RunAsync);
            return verb;
        }

        private async Task<int> RunAsync(ParseResult result, CancellationToken cancellation)
        {
            var (output, error) = (result.InvocationConfiguration.Output, result.InvocationConfiguration.Error);
            var (listener, revoke, list) = (result.GetValue(_listener), result.GetValue(_revoke), result.GetValue(_list));
            if ((listener is null ? 0 : 1) + (revoke is null ? 0 : 1) + (list ? 1 : 0) != 1)
                throw new UsageException("one of --listener, --list and --revoke says what is wanted");
            var source = new ProofSource(
                result.GetValue(_file), result.GetValue(_variable), result.GetValue(_command), result.GetValue(_standardInput) is not null,
                result.GetValue(_user));
            using var proof = await source.ReadAsync(Console.In, cancellation);
            using var gateway = new GatewayClient(result.GetRequiredValue(_gateway), result.GetValue(_authority), proof, source.User);
            try
            {
                if (revoke is not null)
                {
                    await gateway.RevokeAsync(revoke, cancellation);
                    await output.WriteLineAsync($"revoked {Printable.Line(revoke)}");
                }
                else if (list)
                {
                    WriteList(await gateway.ListAsync(cancellation), FormatOf(result), output);
                }
                else
                {
                    var issued = await gateway.IssueAsync(listener!, result.GetValue(_lifetime), result.GetValue(_purpose), cancellation);
                    new CredentialOutput(issued, output).Write(FormatOf(result));
                }
                return ExitCode.Success;
            }
            catch (RefusedException refusal)
            {
                await error.WriteLineAsync($"wireproxy: the gateway refused: {Printable.Line(refusal.Message)}");
                if (refusal.Hint is { } hint)
                    await error.WriteLineAsync($"           {Printable.Line(hint)}");
                return ExitCode.Found;
            }
        }

        private LoginFormat FormatOf(ParseResult result) => result.GetValue(_format) switch
        {
            "json" => LoginFormat.Json,
            "env" => LoginFormat.Env,
            _ => LoginFormat.Text,
        };
    }

    private static void WriteList(IReadOnlyList<JsonElement> credentials, LoginFormat format, TextWriter output)
    {
        if (format == LoginFormat.Json)
        {
            var lines = new JsonLines(output);
            foreach (var credential in credentials)
            {
                lines.Write(json =>
                {
                    foreach (var member in credential.EnumerateObject())
                        member.WriteTo(json);
                });
            }
            return;
        }
        string[] members = ["id", "listener", "username", "identity", "agent", "purpose", "issued_at", "expires_at"];
        var grid = new Grid([.. members.Select(name => name.Replace("_at", " (UTC)", StringComparison.Ordinal))]);
        foreach (var credential in credentials)
            grid.Add([.. members.Select(name => Cell(credential, name))]);
        grid.Write(output);
    }

    private static string Cell(JsonElement credential, string name)
    {
        var text = JsonText.Of(credential, name) ?? "-";
        return name.EndsWith("_at", StringComparison.Ordinal) ? CredentialOutput.Moment(text) : text;
    }
}
