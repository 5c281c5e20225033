using System.Buffers;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace WireProxy.HttpConsole.Http;

/// <summary>An answer. Its body may hold a password and is wiped once it is sent.</summary>
internal sealed class Reply(int status, byte[] body, string contentType = "application/json")
{
    // Nobody renders these answers as HTML, and a purpose in another script should be readable.
    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly List<(string Name, string Value)> _headers = [];

    public int Status => status;

    /// <summary>204: done, and there is nothing to say.</summary>
    public static Reply Nothing() => new(StatusCodes.Status204NoContent, []);

    public static Reply Object(int status, Action<Utf8JsonWriter> members) => new(status, Write(members));

    /// <summary>What went wrong (RFC 9457).</summary>
    /// <param name="hint">What to do next, or null.</param>
    public static Reply Problem(int status, string detail, string? hint = null) => new(status, Write(json =>
    {
        json.WriteString("type", "about:blank");
        json.WriteString("title", ReasonPhrases.GetReasonPhrase(status));
        json.WriteNumber("status", status);
        json.WriteString("detail", detail);
        if (hint is not null)
            json.WriteString("hint", hint);
    }), "application/problem+json");

    public Reply With(string header, string value)
    {
        _headers.Add((header, value));
        return this;
    }

    public async Task SendAsync(HttpResponse response)
    {
        response.StatusCode = status;
        foreach ((string name, string value) in _headers)
            response.Headers.Append(name, value);
        try
        {
            if (body.Length == 0)
                return;
            response.ContentType = contentType;
            response.ContentLength = body.Length;
            if (!HttpMethods.IsHead(response.HttpContext.Request.Method))
                await response.Body.WriteAsync(body, response.HttpContext.RequestAborted);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(body);
        }
    }

    private static byte[] Write(Action<Utf8JsonWriter> members)
    {
        // Larger than any answer about one credential, so that a password is not left behind in an outgrown buffer.
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(buffer, Json))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }
        byte[] body = buffer.WrittenSpan.ToArray();
        buffer.Clear();
        return body;
    }
}
