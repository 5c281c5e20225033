using System.Text.Json;

namespace WireProxy.HttpConsole.Credentials;

/// <summary>The body of <c>POST /v1/credentials</c>.</summary>
/// <param name="Lifetime">Null: the configured one.</param>
/// <param name="Purpose">Null: the token's own, if any.</param>
internal sealed record CredentialRequest(string Listener, TimeSpan? Lifetime, string? Purpose)
{
    private const string Members = "accepted: listener, lifetime, purpose";
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 4, AllowDuplicateProperties = false };

    /// <exception cref="FormatException">It is something else; the message is for whoever sent it.</exception>
    /// <exception cref="Microsoft.AspNetCore.Http.BadHttpRequestException">It is larger than the console takes.</exception>
    public static async Task<CredentialRequest> ReadAsync(Stream body, CancellationToken cancellationToken)
    {
        try
        {
            using JsonDocument document = await JsonDocument.ParseAsync(body, Strict, cancellationToken);
            return Read(document.RootElement);
        }
        // InvalidOperationException is what half a surrogate pair makes.
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The parser's own message quotes what was sent.
            throw new FormatException($"the body is no JSON object whose members stand once; {Members}");
        }
    }

    private static CredentialRequest Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
            throw new FormatException($"a JSON object is expected; {Members}");
        (string? listener, TimeSpan? lifetime, string? purpose) = (null, null, null);
        foreach (JsonProperty member in root.EnumerateObject())
        {
            switch (member.Name)
            {
                case "listener":
                    listener = Text(member);
                    break;
                case "lifetime":
                    lifetime = Text(member) is not { } text ? null
                        : Credentials.Lifetime.TryParse(text, out TimeSpan parsed) ? parsed
                        : throw new FormatException($"lifetime: {Credentials.Lifetime.Form} is expected");
                    break;
                case "purpose":
                    purpose = Text(member);
                    break;
                default:
                    throw new FormatException($"a member is not known; {Members}");
            }
        }
        return new CredentialRequest(listener ?? throw new FormatException("listener is missing"), lifetime, purpose);
    }

    private static string? Text(JsonProperty member) => member.Value.ValueKind switch
    {
        JsonValueKind.String => member.Value.GetString(),
        JsonValueKind.Null => null,
        _ => throw new FormatException($"{member.Name}: a text is expected"),
    };
}
