using System.CommandLine;
using System.CommandLine.Parsing;
using WireProxy.Capture;
using WireProxy.Cli.Configuration;
using WireProxy.Cli.Journals;
using WireProxy.Cli.Output;

namespace WireProxy.Cli.Commands;

/// <summary><c>wireproxy sessions</c>.</summary>
internal static class SessionsCommand
{
    public static Command Create()
    {
        var journal = SharedOptions.Journal();
        var user = new Option<string?>("--user") { Description = "Only this user's.", HelpName = "U" };
        var database = new Option<string?>("--database") { Description = "Only to this database.", HelpName = "DB" };
        var listener = new Option<string?>("--listener") { Description = "Only by this listener.", HelpName = "NAME" };
        var connection = new Option<string?>("--connection") { Description = "Only this session, and those that share its connection (MARS).", HelpName = "ID" };
        var from = Moment("--from", "Only those that went on at or after this time.");
        var to = Moment("--to", "Only those that began before this time.");
        var format = SharedOptions.Format();
        var verb = new VerbCommand("sessions", "Lists recorded sessions, the oldest first.",
            "wireproxy sessions --journal journal --user alice --from 2h",
            "wireproxy sessions --journal journal --from 2026-11-20T08:00 --format json")
        {
            journal, user, database, listener, connection, from, to, format,
        };
        verb.SetAction(result =>
        {
            var console = result.InvocationConfiguration;
            bool Wanted(SessionEntry entry) =>
                Is(result.GetValue(user), entry.User) && Is(result.GetValue(database), entry.Database)
                && Is(result.GetValue(listener), entry.Listener)
                && (result.GetValue(connection) is not { } owner || owner == entry.Connection || owner == entry.Summary.Id.ToString())
                && (result.GetValue(from) is not { } first || entry.Summary.LastUtc >= first)
                && (result.GetValue(to) is not { } end || entry.Summary.FirstUtc < end);
            return Run(result.GetRequiredValue(journal), Wanted, result.GetValue(format), console.Output, console.Error);
        });
        return verb;
    }

    private static int Run(string journal, Predicate<SessionEntry> wanted, OutputFormat format, TextWriter output, TextWriter error)
    {
        var damage = new DamageReport(error);
        var entries = JournalIndex.Sessions(journal, damage.Report)
            .Select(summary => new SessionEntry(summary)).Where(entry => wanted(entry));
        if (format == OutputFormat.Json)
        {
            var lines = new JsonLines(output);
            foreach (var entry in entries)
                lines.Write(entry.Write);
        }
        else
        {
            var grid = new Grid([.. SessionEntry.Headings]);
            foreach (var entry in entries)
                grid.Add(entry.Cells());
            grid.Write(output);
        }
        return damage.Found ? ExitCode.Found : ExitCode.Success;
    }

    private static bool Is(string? wanted, string? value) => wanted is null || wanted == value;

    private static Option<DateTime?> Moment(string name, string description) => new(name)
    {
        Description = $"{description} ISO 8601 (UTC where no zone is given), or how long ago: 30m, 2h.",
        HelpName = "T",
        CustomParser = result => TryParseMoment(result.Tokens[0].Value, out var moment) ? moment : Refuse(result, name),
    };

    private static DateTime? Refuse(ArgumentResult result, string name)
    {
        result.AddError($"{name} takes a time such as 2026-11-20T08:00 or 2h, not '{result.Tokens[0].Value}'");
        return null;
    }

    private static bool TryParseMoment(string text, out DateTime moment)
    {
        if (Units.TryParseDuration(text, out var ago))
        {
            moment = TimeProvider.System.GetUtcNow().UtcDateTime - ago;
            return true;
        }
        var isTime = Units.TryParseTime(text, out var time);
        moment = time.UtcDateTime;
        return isTime;
    }
}
