using WireProxy.Relay.Sessions;
using WireProxy.Sql;

namespace WireProxy.Relay.Tds;

/// <summary>The payloads of Decision records; protocol-specs/capture/format.md lists their members.</summary>
internal static class DecisionRecord
{
    public static byte[] Allowed(StatementFacts facts) => DecisionRecords.Allowed(facts);

    public static byte[] Allowed(string command) => DecisionRecords.Write(json =>
    {
        json.WriteString("decision", "allow");
        json.WriteString("command", command);
    });

    /// <param name="text">The refused text, credentials blanked; empty where there is none.</param>
    public static byte[] Refused(Refusal refusal, string text) => DecisionRecords.Write(json =>
    {
        json.WriteString("decision", refusal.Decision);
        json.WriteString("rule", refusal.Rule);
        json.WriteString("command", refusal.Command);
        json.WriteNumber("error", refusal.Number);
        json.WriteString("message", refusal.Message);
        json.WriteString("statement", text);
    });
}
