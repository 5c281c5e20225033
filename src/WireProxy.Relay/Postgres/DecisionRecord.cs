using System.Text;
using WireProxy.Relay.Sessions;
using WireProxy.Sql;

namespace WireProxy.Relay.Postgres;

/// <summary>The payloads of Decision records; protocol-specs/capture/format.md lists their members.</summary>
internal static class DecisionRecord
{
    public static byte[] Allowed(StatementFacts facts) => DecisionRecords.Allowed(facts);

    public static byte[] FunctionCall(string? name) => DecisionRecords.Write(json =>
    {
        json.WriteString("decision", "allow");
        json.WriteString("command", "FUNCTION CALL");
        json.WriteString("function", name);
    });

    /// <param name="text">The refused statement, credentials blanked, in the session's client encoding.</param>
    public static byte[] Refused(Refusal refusal, byte[] text) => DecisionRecords.Write(json =>
    {
        json.WriteString("decision", refusal.Decision);
        json.WriteString("rule", refusal.Rule);
        json.WriteString("command", refusal.Command);
        json.WriteString("sqlstate", refusal.SqlState);
        json.WriteString("message", refusal.Message);
        json.WriteString("statement", Encoding.UTF8.GetString(text));
    });
}
