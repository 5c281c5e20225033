using System.Globalization;
using System.Text.Json;
using WireProxy.Cli.Output;
using WireProxy.Cli.Replay.Tds;
using WireProxy.Protocols.Postgres;

namespace WireProxy.Cli.Replay;

/// <summary>A session for people: each line with its time since the session began.</summary>
internal sealed class TextReplay(TextWriter output) : IReplayWriter
{
    private static readonly string Indent = new(' ', 12);

    private DateTime _start;
    private bool _started;
    private RowTable? _rows;
    private bool _copying;
    // What the server tells at login is the same every time; a later change is news.
    private bool _loggedIn;

    public void Write(ReplayEvent happened)
    {
        if (!_started)
            (_start, _started) = (happened.Time, true);
        if (happened is not RowDelivered)
            EndRows();
        if (happened is not CopyPiece)
            EndCopy();
        switch (happened)
        {
            case SessionBegan began:
                WriteHeading(began);
                break;
            case Decided decided:
                Line(happened, Describe(decided.Details));
                break;
            case StatementSent sent:
                Statement(happened, "> ", sent.Text);
                for (var index = 0; index < sent.Parameters.Count; index++)
                    output.WriteLine($"{Indent}  ${(index + 1).ToString(CultureInfo.InvariantCulture)} = {Quote(sent.Parameters[index])}");
                break;
            case StatementPrepared prepared:
                Statement(happened, $"prepare {Printable.Line(prepared.Name)}: ", prepared.Text);
                break;
            case RowsBegin begin:
                if (begin.FromClient)
                    Line(happened, "bulk load from the client:");
                _rows = new RowTable(output, Indent, begin.Columns);
                break;
            case RowDelivered row:
                _rows?.Add(row.Values);
                break;
            case CopyPiece piece:
                Copy(piece);
                break;
            case ParameterReported when !_loggedIn:
                return;
            // What nearly every procedure returns; JSON has it.
            case StatusReturned { Status: 0 }:
                break;
            default:
                Line(happened, Describe(happened));
                break;
        }
        _loggedIn |= happened is not SessionBegan;
    }

    public void Flush()
    {
        _rows?.Flush();
        output.Flush();
    }

    public void Finish()
    {
        EndRows();
        EndCopy();
        output.Flush();
    }

    private static string Describe(ReplayEvent happened) => happened switch
    {
        StatementDone done => Printable.Line(done.Tag),
        MessageDelivered message => Describe(message),
        FunctionCalled call => string.Create(CultureInfo.InvariantCulture,
            $"> function {call.Function}({string.Join(", ", call.Arguments.Select(Quote))})"),
        FunctionReturned result => $"returned {Quote(result.Result)}",
        CopyGivenUp copy => $"copy given up by the client: {Printable.Line(copy.Reason)}",
        Notified notified => $"notification {Printable.Line(notified.Channel)}: {Printable.Line(notified.Payload)}",
        ParameterReported parameter => $"{Printable.Line(parameter.Name)} is {Printable.Line(parameter.Value)}",
        NotShown hidden => $"[{hidden.Reason}]",
        AccessChanged access => Credential(access.Details),
        SessionFinished finished => $"closed ({Text(finished.Details, "party")}): {Text(finished.Details, "reason")}",
        _ => TdsLines.Describe(happened, Indent) ?? happened.GetType().Name,
    };

    private static string Describe(MessageDelivered message)
    {
        var fields = message.Fields;
        var severity = Field(fields, ErrorFieldCode.Severity) ?? Field(fields, ErrorFieldCode.LocalizedSeverity);
        var text = $"{severity} {Field(fields, ErrorFieldCode.Code)}: {Field(fields, ErrorFieldCode.Message)}";
        foreach (var (name, code) in new[] { ("DETAIL", ErrorFieldCode.Detail), ("HINT", ErrorFieldCode.Hint) })
        {
            if (Field(fields, code) is { } value)
                text += $"\n{Indent}{name}: {value}";
        }
        return text;
    }

    private static string Describe(JsonElement decision)
    {
        var rule = Text(decision, "rule") is { Length: > 0 } name ? $" by rule {name}" : "";
        var tables = decision.TryGetProperty("tables", out var list) && list.ValueKind == JsonValueKind.Array && list.GetArrayLength() > 0
            ? $" on {string.Join(", ", list.EnumerateArray().Select(table => Printable.Line(table.ToString())))}"
            : "";
        var statement = JsonText.Of(decision, "statement")?.Trim() is { Length: > 0 } sql ? $"\n{Indent}  not run: {Printable.Line(sql)}" : "";
        var command = Text(decision, "command") is { Length: > 0 } tag ? $": {tag}" : "";
        return $"{Text(decision, "decision")}{rule}{command}{tables}{statement}";
    }

    private static string Credential(JsonElement details)
    {
        string Member(string name, string before) => Text(details, name) is { Length: > 0 } text ? before + text : "";
        return $"{Text(details, "access")} credential {Text(details, "credential")} ({Text(details, "username")})"
            + Member("listener", " for listener ") + Member("of", " of ") + Member("expires_at", ", until ") + Member("purpose", ", for: ");
    }

    private static string? Field(ErrorFields fields, ErrorFieldCode code) => fields[code] is { } value ? Printable.Line(value.Text) : null;

    private static string Text(JsonElement details, string name) => JsonText.Of(details, name) is { } text ? Printable.Line(text) : "";

    private static string Quote(string? value) => value is null ? "NULL" : $"'{Printable.Line(value)}'";

    private void WriteHeading(SessionBegan began)
    {
        var details = began.Details;
        output.WriteLine($"session   {Text(details, "session")}");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"began     {began.Time:yyyy-MM-dd HH:mm:ss.fff} UTC"));
        output.WriteLine($"who       {Text(details, "user")} from {Text(details, "client")} as '{Text(details, "application_name")}'");
        WriteIdentity(details);
        output.WriteLine(
            $"where     database {Text(details, "database")} by listener {Text(details, "listener")} ({Text(details, "protocol")})");
        if (Text(details, "connection") is { Length: > 0 } connection)
            output.WriteLine($"mars      session {Text(details, "mars_session")} of connection {connection}");
        else if (Text(details, "mars") == bool.TrueString)
            output.WriteLine("mars      several sessions share this connection: each has a record of its own");
        output.WriteLine($"tls       client: {OrNone(details, "tls_client")}; upstream: {OrNone(details, "tls_upstream")}");
        if (JsonText.Of(details, "client_certificate") is not null || JsonText.Of(details, "upstream_certificate") is not null)
            output.WriteLine($"sha-256   client: {OrNone(details, "client_certificate")}; upstream: {OrNone(details, "upstream_certificate")}");
        output.WriteLine($"policy    {OrNone(details, "policy_hash")}");
        output.WriteLine();
    }

    /// <summary>Where the gateway itself knew who it was.</summary>
    private void WriteIdentity(JsonElement details)
    {
        if (JsonText.Of(details, "login") is { } login)
            output.WriteLine($"login     {Printable.Line(login)}");
        if (JsonText.Of(details, "issuer") is null)
            return;
        var groups = string.Join(", ", JsonText.ListOf(details, "groups").Select(Printable.Line));
        output.WriteLine($"identity  by {Text(details, "issuer")} ({Text(details, "proof")}); groups: {(groups.Length > 0 ? groups : "none")}");
        output.WriteLine($"agent     {OrNone(details, "agent")}; purpose: {OrNone(details, "purpose")}; credential: {OrNone(details, "credential")}");
        output.WriteLine($"as        {OrNone(details, "upstream_user")} in the database");
    }

    private static string OrNone(JsonElement details, string name) => Text(details, name) is { Length: > 0 } text ? text : "none";

    private void Line(ReplayEvent happened, string text) => output.WriteLine(Stamp(happened) + text);

    private void Statement(ReplayEvent happened, string mark, string sql)
    {
        var lines = Printable.Lines(sql.Trim()).Split('\n');
        Line(happened, mark + lines[0]);
        foreach (var line in lines.Skip(1))
            output.WriteLine($"{Indent}  {line.TrimEnd()}");
    }

    private void Copy(CopyPiece piece)
    {
        if (!_copying)
            Line(piece, $"copy {(piece.ToClient ? "to" : "from")} the client{(piece.Binary ? ", binary" : "")}:");
        _copying = true;
        foreach (var line in Printable.Lines(piece.Data).TrimEnd('\n').Split('\n'))
            output.WriteLine($"{Indent}{line}");
    }

    private void EndCopy() => _copying = false;

    private void EndRows()
    {
        if (_rows is null)
            return;
        _rows.Flush();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Indent}({_rows.Count} row{(_rows.Count == 1 ? "" : "s")})"));
        _rows = null;
    }

    private string Stamp(ReplayEvent happened) =>
        string.Create(CultureInfo.InvariantCulture, $"+{(happened.Time - _start).TotalSeconds:0.000}").PadRight(Indent.Length);
}
