using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using WireProxy.Sql;

namespace WireProxy.Relay.Sessions;

/// <summary>The payloads of Decision records that are the same in every dialect; protocol-specs/capture/format.md lists their members.</summary>
internal static class DecisionRecords
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

    public static byte[] Write(Action<Utf8JsonWriter> write)
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
