using System.Text;
using System.Text.Json;

namespace WireProxy.Access;

/// <summary>JSON objects that mean the same to every parser: strict UTF-8, no member twice, not nested deep.</summary>
internal static class StrictJson
{
    // Claims of known providers are nested 3 deep.
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 16, AllowDuplicateProperties = false };
    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);

    /// <exception cref="FormatException">It is not such an object.</exception>
    public static JsonDocument ParseObject(ReadOnlyMemory<byte> json)
    {
        try
        {
            // The reader lets bad UTF-8 in strings pass until they are read.
            _ = Utf8.GetCharCount(json.Span);
            var document = JsonDocument.Parse(json, Options);
            if (document.RootElement.ValueKind == JsonValueKind.Object) return document;
            document.Dispose();
        }
        // InvalidOperationException is what a lone surrogate in a member's name makes.
        catch (Exception exception) when (exception is JsonException or DecoderFallbackException or InvalidOperationException)
        {
            throw new FormatException("It is not JSON, or a member stands twice in it.", exception);
        }
        throw new FormatException("It is not a JSON object.");
    }
}
