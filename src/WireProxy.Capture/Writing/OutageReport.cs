using System.Text.Json.Serialization;

namespace WireProxy.Capture.Writing;

/// <summary>The payload of an <see cref="RecordKind.Outage"/> record.</summary>
/// <param name="From">When the first write failed.</param>
/// <param name="To">When writing worked again.</param>
/// <param name="Effect">"refused": callers were told, nothing ran; "dropped": sessions went on unrecorded.</param>
/// <param name="Records">How many appends were refused or dropped.</param>
/// <param name="Error">The operating system's words.</param>
internal sealed record OutageReport(DateTime From, DateTime To, string Effect, long Records, string Error)
{
    public const string Refused = "refused";
    public const string Dropped = "dropped";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(OutageReport))]
internal sealed partial class JournalJson : JsonSerializerContext;
