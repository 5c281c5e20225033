using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using WireProxy.Sql;

namespace WireProxy.Relay.Tds;

/// <summary>The payloads of Decision records; protocol-specs/capture/format.md lists their members.</summary>
internal static class DecisionRecord
{
    private static readonly ConditionalWeakTable<StatementFacts, byte[]> AllowedRecords = [];

    public static byte[] Allowed(StatementFacts facts) => AllowedRecords.GetValue(facts, static facts => Write(json =>
    {
        json.WriteString("decision", "allow");
        json.WriteString("command", facts.Command);
        json.WriteStartArray("tables");
        foreach (RelationReference relation in facts.Relations)
            json.WriteStringValue(relation.Schema is null ? relation.Name : $"{relation.Schema}.{relation.Name}");
        json.WriteEndArray();
    }));

    public static byte[] Allowed(string command) => Write(json =>
    {
        json.WriteString("decision", "allow");
        json.WriteString("command", command);
    });

    /// <param name="text">The refused text, credentials blanked; empty where there is none.</param>
    public static byte[] Refused(Refusal refusal, string text) => Write(json =>
    {
        json.WriteString("decision", refusal.Decision);
        json.WriteString("rule", refusal.Rule);
        json.WriteString("command", refusal.Command);
        json.WriteNumber("error", refusal.Number);
        json.WriteString("message", refusal.Message);
        json.WriteString("statement", text);
    });

    private static byte[] Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        write(json);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
