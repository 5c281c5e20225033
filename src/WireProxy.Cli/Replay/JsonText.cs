using System.Text.Json;

namespace WireProxy.Cli.Replay;

/// <summary>Members of the JSON payloads in a journal, which another version of the gateway may have written.</summary>
internal static class JsonText
{
    /// <summary>The member as text; null where it is absent or null.</summary>
    public static string? Of(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value)
            && value.ValueKind is not JsonValueKind.Null
            ? value.ToString()
            : null;

    /// <summary>The member's texts; empty where it is no array.</summary>
    public static IEnumerable<string> ListOf(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array
            ? value.EnumerateArray().Select(item => item.ToString())
            : [];

    /// <summary>A payload that need not be there, or need not be JSON.</summary>
    public static JsonElement Parse(ReadOnlyMemory<byte> payload)
    {
        if (payload.IsEmpty)
            return default;
        try
        {
            using var document = JsonDocument.Parse(payload);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return default;
        }
    }
}
