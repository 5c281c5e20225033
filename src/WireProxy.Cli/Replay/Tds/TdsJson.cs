using System.Text.Json;
using WireProxy.Protocols.Tds.Tokens;

namespace WireProxy.Cli.Replay.Tds;

/// <summary>What happens in TDS alone, as members of an event's object.</summary>
internal static class TdsJson
{
    public static string? NameOf(ReplayEvent happened) => happened switch
    {
        CallSent => "call",
        TransactionRequested => "transaction_request",
        SessionReset => "reset",
        CancelSent => "cancel",
        DoneDelivered => "complete",
        ServerMessageDelivered message => message.IsError ? "error" : "notice",
        OutputReturned => "output",
        StatusReturned => "return_status",
        TotalsDelivered => "totals",
        TransactionChanged => "transaction",
        _ => null,
    };

    public static void Write(Utf8JsonWriter json, ReplayEvent happened)
    {
        switch (happened)
        {
            case CallSent call:
                Write(json, call);
                break;
            case TransactionRequested request:
                json.WriteString("request", request.Request.ToString());
                json.WriteString("name", request.Name);
                break;
            case SessionReset reset:
                json.WriteBoolean("keeps_transaction", reset.KeepsTransaction);
                break;
            case DoneDelivered done:
                Write(json, done.Done);
                break;
            case ServerMessageDelivered message:
                Write(json, message.Message);
                break;
            case OutputReturned value:
                json.WriteString("name", value.Name);
                json.WriteString("type", value.Type);
                json.WriteString("value", value.Value);
                break;
            case StatusReturned status:
                json.WriteNumber("status", status.Status);
                break;
            case TotalsDelivered totals:
                JsonReplay.Strings(json, "names", totals.Names);
                JsonReplay.Strings(json, "values", totals.Values);
                break;
            case TransactionChanged change:
                json.WriteString("change", change.What);
                break;
        }
    }

    private static void Write(Utf8JsonWriter json, CallSent call)
    {
        json.WriteString("procedure", call.Procedure);
        json.WriteString(call.IsByHandle ? "prepared" : "statement", call.Statement);
        json.WriteStartArray("parameters");
        foreach (var parameter in call.Parameters)
        {
            json.WriteStartObject();
            json.WriteString("name", parameter.Name);
            json.WriteString("type", parameter.Type);
            json.WriteString("value", parameter.Value);
            json.WriteString("use", parameter.Use);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, Done done)
    {
        json.WriteString("token", done.Type.ToString().ToUpperInvariant());
        if ((done.Status & DoneStatus.Count) != 0)
            json.WriteNumber("rows", done.RowCount);
        else
            json.WriteNull("rows");
        json.WriteBoolean("more", (done.Status & DoneStatus.More) != 0);
        json.WriteBoolean("error", (done.Status & (DoneStatus.Error | DoneStatus.ServerError)) != 0);
        json.WriteBoolean("cancelled", (done.Status & DoneStatus.Attention) != 0);
        json.WriteBoolean("in_transaction", (done.Status & DoneStatus.InTransaction) != 0);
    }

    private static void Write(Utf8JsonWriter json, ServerMessage message)
    {
        json.WriteNumber("number", message.Number);
        json.WriteNumber("state", message.State);
        json.WriteNumber("class", message.Class);
        json.WriteString("message", message.Text);
        json.WriteString("server", message.ServerName);
        json.WriteString("procedure", message.ProcedureName);
        json.WriteNumber("line", message.LineNumber);
    }
}
