using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using WireProxy.Capture;
using WireProxy.Cli.Journals;
using WireProxy.Cli.Output;
using WireProxy.Cli.Replay;

namespace WireProxy.Cli.Commands;

/// <summary><c>wireproxy replay</c>.</summary>
internal static class ReplayCommand
{
    public static Command Create()
    {
        var journal = SharedOptions.Journal();
        var session = new Argument<string>("SESSION") { Description = "The session's id, or enough of its beginning to be the only one. Of a connection with MARS: its sessions, one after the other." };
        var speed = new Option<double?>("--speed")
        {
            Description = "With the pauses of the original, N times as fast (1: as it was). Without it everything at once.",
            HelpName = "N",
            CustomParser = ParseSpeed,
        };
        var format = SharedOptions.Format();
        var verb = new VerbCommand("replay", "Shows a session as it happened: statements, decisions, rows as delivered.",
            "wireproxy replay --journal journal 0193f2a1", "wireproxy replay --journal journal 0193f2a1 --speed 4",
            "wireproxy replay --journal journal 0193f2a1 --format json")
        {
            journal, session, speed, format,
        };
        verb.SetAction((result, cancellation) =>
        {
            var console = result.InvocationConfiguration;
            var json = result.GetValue(format) == OutputFormat.Json;
            IReplayWriter writer = json ? new JsonReplay(console.Output) : new TextReplay(console.Output);
            return RunAsync(
                result.GetRequiredValue(journal), result.GetRequiredValue(session), result.GetValue(speed), writer, console.Error,
                cancellation);
        });
        return verb;
    }

    private static async Task<int> RunAsync(
        string journal, string prefix, double? speed, IReplayWriter writer, TextWriter error, CancellationToken cancellation)
    {
        var damage = new DamageReport(error);
        var sessions = JournalIndex.Sessions(journal, damage.Report);
        var found = Find(sessions, prefix);
        // Of a connection that several sessions share: it, and one after the other all of them.
        var shown = sessions.Where(session => session == found || new SessionEntry(session).Connection == found.Id.ToString());
        DateTime? before = null;
        foreach (var happened in shown.SelectMany(session => Transcript.Of(JournalReader.ReadSession(journal, session, _ => { }))))
        {
            if (speed is { } factor && before is { } earlier && happened.Time > earlier)
            {
                writer.Flush();
                await Task.Delay((happened.Time - earlier) / factor, cancellation);
            }
            before = happened.Time;
            writer.Write(happened);
        }
        writer.Finish();
        return damage.Found ? ExitCode.Found : ExitCode.Success;
    }

    private static double? ParseSpeed(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var speed) && speed > 0)
            return speed;
        result.AddError($"--speed takes a number greater than 0, not '{text}'");
        return null;
    }

    private static SessionSummary Find(IReadOnlyList<SessionSummary> sessions, string prefix)
    {
        var matches = sessions.Where(session => session.Id.ToString().StartsWith(prefix, StringComparison.OrdinalIgnoreCase)).ToList();
        return matches switch
        {
            [var only] => only,
            [] => throw new UsageException($"no session of this journal begins with '{prefix}'; 'wireproxy sessions' lists them"),
            _ => throw new UsageException(
                $"'{prefix}' is the beginning of {matches.Count} sessions: {string.Join(", ", matches.Take(5).Select(match => match.Id))}"),
        };
    }
}
