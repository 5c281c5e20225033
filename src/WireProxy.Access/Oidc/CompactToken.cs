using System.Buffers.Text;
using System.Text.Json;

namespace WireProxy.Access;

/// <summary>
/// A JWT in JWS Compact Serialization (RFC 7515, section 7.1), taken apart but not yet believed. Stricter than the library that checks its
/// signature: what two parsers could read differently (a member that stands twice) is refused.
/// </summary>
internal sealed class CompactToken : IDisposable
{
    /// <summary>In characters.</summary>
    public const int Longest = 16 * 1024;

    private readonly JsonDocument _claims;

    private CompactToken(string text, string algorithm, string? keyId, JsonDocument claims) =>
        (Text, Algorithm, KeyId, _claims) = (text, algorithm, keyId, claims);

    public string Text { get; }

    public string Algorithm { get; }

    public string? KeyId { get; }

    public JsonElement Claims => _claims.RootElement;

    /// <summary>It has the shape of a token: so a password is told from one, without a look at what it says.</summary>
    public static bool IsShapedLikeOne(ReadOnlySpan<char> text) => text.StartsWith("ey", StringComparison.Ordinal) && text.Count('.') is 2 or 4;

    /// <exception cref="TokenRefusedException">It is malformed, or of a kind that is not taken.</exception>
    public static CompactToken Parse(string text)
    {
        if (text.Length > Longest) throw new TokenRefusedException("the token is longer than 16 KiB");
        string[] parts = text.Split('.', 6);
        // RFC 7516, section 7.1. The library would decrypt, and inflate what its sender compressed.
        if (parts.Length == 5) throw new TokenRefusedException("the token is encrypted (JWE)");
        if (parts.Length != 3) throw new TokenRefusedException("the token is malformed");
        using JsonDocument header = ParseObject(parts[0]);
        CheckHeader(header.RootElement);
        if (!Base64Url.IsValid(parts[2]) || parts[2].Length == 0) throw new TokenRefusedException("the token is not signed");
        string algorithm = StringOf(header.RootElement, "alg") ?? throw new TokenRefusedException("the token is malformed");
        return new CompactToken(text, algorithm, StringOf(header.RootElement, "kid"), ParseObject(parts[1]));
    }

    public void Dispose() => _claims.Dispose();

    private static void CheckHeader(JsonElement header)
    {
        // RFC 7515, section 4.1.11: what is critical and not understood makes the token invalid.
        if (header.TryGetProperty("crit", out _)) throw new TokenRefusedException("the token has critical header parameters");
        if (StringOf(header, "cty") is not null || header.TryGetProperty("zip", out _) || header.TryGetProperty("enc", out _))
            throw new TokenRefusedException("the token is nested, compressed or encrypted");
        // RFC 9068, section 2.1. Other types (logout+jwt, dpop+jwt) are signed with the same keys and mean something else (RFC 8725, 3.11).
        string type = StringOf(header, "typ") ?? "JWT";
        if (!type.Equals("JWT", StringComparison.OrdinalIgnoreCase) && !type.Equals("at+jwt", StringComparison.OrdinalIgnoreCase)
            && !type.Equals("application/at+jwt", StringComparison.OrdinalIgnoreCase))
            throw new TokenRefusedException("the token is of another type");
    }

    private static JsonDocument ParseObject(string part)
    {
        try
        {
            return StrictJson.ParseObject(Base64Url.DecodeFromChars(part));
        }
        catch (FormatException)
        {
            throw new TokenRefusedException("the token is malformed");
        }
    }

    private static string? StringOf(JsonElement header, string name)
    {
        if (!header.TryGetProperty(name, out JsonElement value)) return null;
        return ClaimValue.TryString(value, out string? text) ? text : throw new TokenRefusedException("the token is malformed");
    }
}
