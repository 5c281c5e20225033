using System.CommandLine;
using WireProxy.Cli.Configuration;
using WireProxy.Cli.Output;
using WireProxy.Cli.PolicyTest;
using WireProxy.Policy;
using WireProxy.Relay;
using WireProxy.Relay.Postgres;
using WireProxy.Relay.Tds;
using WireProxy.Sql.Catalog;
using WireProxy.Sql.Postgres.Lineage;

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
        var who = new SubjectOptions();
        var catalog = new Option<bool>("--catalog")
        {
            Description = "Ask the upstream, with upstream.catalog's login, what names mean and what views, functions and procedures read.",
        };
        var path = new Option<string?>("--search-path")
        {
            Description = "With --catalog, where PostgreSQL looks for names without a schema; default \"$user\", public.",
            HelpName = "SCHEMAS",
        };
        var file = new Argument<string>("FILE.sql or -")
        {
            Description = "The statements; - reads them from standard input.",
            DefaultValueFactory = _ => "-",
        };
        var format = SharedOptions.Format();
        var verb = new VerbCommand("test", "Says for each statement (T-SQL: each batch, up to GO) what would happen, and why. Exit code 1 when one would be refused.",
            "wireproxy policy test --config wireproxy.yaml --listener clinic --as alice report.sql",
            "wireproxy policy test --config wireproxy.yaml --listener clinic --as alice --group nurses --agent copilot --at 2026-11-20T22:30 report.sql",
            "wireproxy policy test --config wireproxy.yaml --listener clinic --catalog --database clinic --format json report.sql",
            "echo 'DROP TABLE clinic.patients' | wireproxy policy test --config wireproxy.yaml --listener clinic -")
        {
            config, listener, catalog, path, file, format,
        };
        who.AddTo(verb);
        verb.SetAction(async (result, _) =>
        {
            var console = result.InvocationConfiguration;
            if (ConfigurationLoader.Load(result.GetRequiredValue(config), console.Error) is not { } settings)
                return ExitCode.Usage;
            var name = result.GetRequiredValue(listener);
            string[] known = [.. settings.Gateway.Listeners.Select(one => one.Name)];
            if (settings.Gateway.Listeners.FirstOrDefault(one => one.Name == name) is not { } chosen)
                throw new UsageException($"no listener '{name}'; {Spelling.Accepted(name, known)}");
            var subject = who.Subject(result, name) with { IsLooseName = chosen is { Protocol: WireProtocol.Tds, Upstream.Credentials: null } };
            var time = who.Time(result);
            var judge = await JudgeAsync(settings, chosen, subject, time, result.GetValue(catalog), result.GetValue(path));
            if (judge.Blindness is { } unseen)
                await console.Error.WriteLineAsync($"wireproxy: {unseen}");
            var grants = new GrantReport(subject, time.GetUtcNow(), PolicyOf(settings));
            return Run(judge, grants, Read(result.GetRequiredValue(file)), result.GetValue(format), console.Output);
        });
        return new Command("policy", "Tries policies.") { verb };
    }

    private static CompiledPolicy PolicyOf(Settings settings) => settings.Policy?.Compiled ?? CompiledPolicy.AllowEverything;

    private static async Task<IScriptJudge> JudgeAsync(
        Settings settings, ListenerOptions listener, Subject subject, TimeProvider time, bool readsCatalog, string? path)
    {
        var policy = PolicyOf(settings);
        var catalog = readsCatalog ? await ReadCatalogAsync(listener, subject) : null;
        if (listener.Protocol == WireProtocol.Tds)
            return new TransactSqlJudge(policy, subject, time, catalog);
        if (catalog is null)
            return new PostgresJudge(policy, subject, time);
        var found = path is null ? null : SearchPath.OfSetting(path, subject.User);
        return new PostgresCatalogJudge(policy, subject, time, catalog, found);
    }

    private static async Task<CatalogSnapshot> ReadCatalogAsync(ListenerOptions listener, Subject subject)
    {
        try
        {
            // PostgreSQL connects to the database of the user's name where none is given.
            return listener.Protocol == WireProtocol.Tds
                ? await TdsCatalog.ReadAsync(listener, subject.Database ?? "") : await PostgresCatalog.ReadAsync(listener, subject.Database ?? subject.User);
        }
        catch (IOException exception)
        {
            throw new UsageException(exception.Message);
        }
    }

    private static int Run(IScriptJudge judge, GrantReport grants, string script, OutputFormat format, TextWriter output)
    {
        var lines = new JsonLines(output);
        if (format == OutputFormat.Table)
            grants.Write(output);
        var (statements, refused) = (0, 0);
        foreach (var verdict in judge.Judge(script))
        {
            statements++;
            refused += verdict.IsRefused ? 1 : 0;
            if (format == OutputFormat.Json)
                lines.Write(json =>
                {
                    VerdictReport.Write(verdict, json);
                    grants.Write(json);
                });
            else
                VerdictReport.Write(verdict, output);
        }
        if (format == OutputFormat.Table)
            output.WriteLine($"{statements} {judge.Unit.One}{(statements == 1 ? "" : judge.Unit.More)}, {refused} refused");
        return refused > 0 ? ExitCode.Found : ExitCode.Success;
    }

    private static string Read(string file) => file == "-" ? Console.In.ReadToEnd() : File.ReadAllText(file);
}
