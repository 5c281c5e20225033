using System.Globalization;
using WireProxy.Cli.Output;
using WireProxy.Protocols.Tds.Tokens;

namespace WireProxy.Cli.Replay.Tds;

/// <summary>What happens in TDS alone, as lines for people.</summary>
internal static class TdsLines
{
    public static string? Describe(ReplayEvent happened, string indent) => happened switch
    {
        CallSent call => Describe(call, indent),
        TransactionRequested transaction => $"> {transaction.Request.ToString().ToLowerInvariant()} transaction {Printable.Line(transaction.Name)}".TrimEnd(),
        SessionReset reset => reset.KeepsTransaction ? "> session reset, its transaction kept" : "> session reset",
        CancelSent => "> cancel (attention)",
        DoneDelivered done => Describe(done.Done),
        ServerMessageDelivered message => Describe(message.Message),
        OutputReturned value => $"output {Named(value.Name)} = {Quote(value.Value)}",
        StatusReturned status => string.Create(CultureInfo.InvariantCulture, $"return status {status.Status}"),
        TotalsDelivered totals => $"totals: {string.Join(", ", totals.Values.Select((value, index) => Total(totals, index, value)))}",
        TransactionChanged change => $"transaction {change.What}",
        _ => null,
    };

    private static string Describe(CallSent call, string indent)
    {
        var lines = new List<string>();
        if (call.Statement is { } text)
        {
            var statement = Printable.Lines(text.Trim()).Split('\n');
            lines.Add($"> {Printable.Line(call.Procedure)}: {statement[0]}");
            lines.AddRange(statement.Skip(1).Select(line => $"{indent}  {line.TrimEnd()}"));
        }
        else
        {
            lines.Add($"> {Printable.Line(call.Procedure)}");
        }
        foreach (var parameter in call.Parameters)
        {
            lines.Add($"{indent}  {Named(parameter.Name)} {Printable.Line(parameter.Type)} = {Quote(parameter.Value)}"
                + (parameter.Use is null ? "" : $" {parameter.Use}"));
        }
        return string.Join("\n", lines);
    }

    private static string Describe(Done done)
    {
        var status = done.Status;
        var text = done.Type.ToString().ToUpperInvariant();
        if ((status & DoneStatus.Count) != 0)
            text += string.Create(CultureInfo.InvariantCulture, $" {done.RowCount} row{(done.RowCount == 1 ? "" : "s")}");
        if ((status & (DoneStatus.Error | DoneStatus.ServerError)) != 0)
            text += ", error";
        if ((status & DoneStatus.Attention) != 0)
            text += ", cancelled";
        return (status & DoneStatus.InTransaction) != 0 ? text + ", in a transaction" : text;
    }

    private static string Describe(ServerMessage message)
    {
        var place = message.ProcedureName.Length > 0 ? $"procedure {Printable.Line(message.ProcedureName)}, " : "";
        return message.Type == TokenType.Info && message.Number == 0
            ? $"PRINT: {Printable.Line(message.Text)}"
            : string.Create(CultureInfo.InvariantCulture,
                $"{(message.Type == TokenType.Error ? "ERROR" : "INFO")} {message.Number}, level {message.Class}, state {message.State}, {place}line {message.LineNumber}: ")
                + Printable.Line(message.Text);
    }

    private static string Total(TotalsDelivered totals, int index, string? value) =>
        $"{(index < totals.Names.Count && totals.Names[index].Length > 0 ? Printable.Line(totals.Names[index]) + " " : "")}{Quote(value)}";

    private static string Named(string name) => name.Length > 0 ? Printable.Line(name) : "(by its place)";

    private static string Quote(string? value) => value is null ? "NULL" : $"'{Printable.Line(value)}'";
}
