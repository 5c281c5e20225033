using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace WireProxy.Console.Tests;

/// <summary>An identity provider with one key (ES256), whose keys are in a file.</summary>
internal sealed class TestProvider : IDisposable
{
    public const string Issuer = "https://login.example.org";
    public const string Audience = "wireproxy";

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public TestProvider(string keyFile)
    {
        ECParameters key = _key.ExportParameters(includePrivateParameters: false);
        File.WriteAllText(keyFile, new JsonObject
        {
            ["keys"] = new JsonArray(new JsonObject
            {
                ["kty"] = "EC",
                ["crv"] = "P-256",
                ["kid"] = "one",
                ["use"] = "sig",
                ["x"] = Encode(key.Q.X!),
                ["y"] = Encode(key.Q.Y!),
            }),
        }.ToJsonString());
    }

    public string Token(string subject, params string[] groups) => Token(subject, TimeSpan.FromMinutes(5), groups);

    public string Token(string subject, TimeSpan lifetime, params string[] groups)
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        var claims = new JsonObject
        {
            ["iss"] = Issuer,
            ["aud"] = Audience,
            ["sub"] = subject,
            ["groups"] = new JsonArray([.. groups.Select(group => JsonValue.Create(group))]),
            ["iat"] = now.ToUnixTimeSeconds(),
            ["exp"] = (now + lifetime).ToUnixTimeSeconds(),
        };
        string signed = $"{Encode("""{"alg":"ES256","kid":"one","typ":"JWT"}""")}.{Encode(claims.ToJsonString(JsonSerializerOptions.Default))}";
        return $"{signed}.{Encode(_key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256))}";
    }

    public void Dispose() => _key.Dispose();

    private static string Encode(string text) => Encode(Encoding.UTF8.GetBytes(text));

    private static string Encode(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}
