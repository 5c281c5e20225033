using System.Globalization;
using System.Text.Json;
using WireProxy.Cli.Output;
using WireProxy.Cli.Replay.Tds;

namespace WireProxy.Cli.Replay;

/// <summary>What a replay is written to.</summary>
internal interface IReplayWriter
{
    void Write(ReplayEvent happened);

    /// <summary>Everything written so far is to be seen.</summary>
    void Flush();

    void Finish();
}

/// <summary>A session for programs: one object an event.</summary>
internal sealed class JsonReplay(TextWriter output) : IReplayWriter
{
    private readonly JsonLines _lines = new(output);

    public void Write(ReplayEvent happened) => _lines.Write(json =>
    {
        json.WriteString("time", happened.Time.ToString("yyyy-MM-ddTHH:mm:ss.fffffffZ", CultureInfo.InvariantCulture));
        json.WriteString("event", NameOf(happened));
        WriteDetails(json, happened);
    });

    public void Flush() => output.Flush();

    public void Finish() => output.Flush();

    private static string NameOf(ReplayEvent happened) => happened switch
    {
        SessionBegan => "opened",
        Decided => "decision",
        AccessChanged => "access",
        StatementSent => "statement",
        StatementPrepared => "prepare",
        FunctionCalled => "function",
        FunctionReturned => "function_result",
        RowsBegin begin => begin.FromClient ? "bulk_columns" : "columns",
        RowDelivered row => row.FromClient ? "bulk_row" : "row",
        StatementDone => "complete",
        MessageDelivered message => message.IsError ? "error" : "notice",
        CopyPiece => "copy",
        CopyGivenUp => "copy_fail",
        Notified => "notification",
        ParameterReported => "parameter",
        SessionFinished => "closed",
        NotShown => "not_shown",
        _ => TdsJson.NameOf(happened) ?? "not_shown",
    };

    private static void WriteDetails(Utf8JsonWriter json, ReplayEvent happened)
    {
        switch (happened)
        {
            case SessionBegan began:
                Copy(json, began.Details);
                break;
            case Decided decided:
                Copy(json, decided.Details);
                break;
            case AccessChanged access:
                Copy(json, access.Details);
                break;
            case SessionFinished finished:
                Copy(json, finished.Details);
                break;
            case StatementSent sent:
                json.WriteString("statement", sent.Text);
                Strings(json, "parameters", sent.Parameters);
                break;
            case StatementPrepared prepared:
                json.WriteString("name", prepared.Name);
                json.WriteString("statement", prepared.Text);
                break;
            case FunctionCalled call:
                json.WriteNumber("oid", call.Function);
                Strings(json, "arguments", call.Arguments);
                break;
            case FunctionReturned result:
                json.WriteString("value", result.Result);
                break;
            case RowsBegin begin:
                Columns(json, begin.Columns);
                break;
            case RowDelivered row:
                Strings(json, "values", row.Values);
                break;
            case StatementDone done:
                json.WriteString("tag", done.Tag);
                break;
            default:
                WriteRareDetails(json, happened);
                break;
        }
    }

    private static void WriteRareDetails(Utf8JsonWriter json, ReplayEvent happened)
    {
        switch (happened)
        {
            case MessageDelivered message:
                json.WriteStartObject("fields");
                foreach (var field in message.Fields.Fields)
                    json.WriteString(((char)field.Code).ToString(), field.Value.Text);
                json.WriteEndObject();
                break;
            case CopyPiece piece:
                json.WriteString("direction", piece.ToClient ? "to_client" : "from_client");
                json.WriteString("format", piece.Binary ? "hex" : "text");
                json.WriteString("data", piece.Data);
                break;
            case CopyGivenUp copy:
                json.WriteString("reason", copy.Reason);
                break;
            case Notified notified:
                json.WriteString("channel", notified.Channel);
                json.WriteString("payload", notified.Payload);
                break;
            case ParameterReported parameter:
                json.WriteString("name", parameter.Name);
                json.WriteString("value", parameter.Value);
                break;
            case NotShown hidden:
                json.WriteString("reason", hidden.Reason);
                break;
            default:
                TdsJson.Write(json, happened);
                break;
        }
    }

    private static void Copy(Utf8JsonWriter json, JsonElement details)
    {
        if (details.ValueKind != JsonValueKind.Object)
            return;
        foreach (var member in details.EnumerateObject())
            member.WriteTo(json);
    }

    private static void Columns(Utf8JsonWriter json, IReadOnlyList<ReplayColumn> columns)
    {
        json.WriteStartArray("columns");
        foreach (var column in columns)
        {
            json.WriteStartObject();
            json.WriteString("name", column.Name);
            if (column.TypeName is null)
            {
                json.WriteNumber("type", column.TypeId);
                json.WriteString("format", column.Format == 0 ? "text" : "binary");
            }
            else
            {
                json.WriteString("type", column.TypeName);
            }
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    public static void Strings(Utf8JsonWriter json, string name, IReadOnlyList<string?> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteStringValue(value);
        json.WriteEndArray();
    }
}
