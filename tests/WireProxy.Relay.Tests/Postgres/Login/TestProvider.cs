using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using WireProxy.Access;
using WireProxy.TestKit;

namespace WireProxy.Relay.Tests.Postgres.Login;

/// <summary>An OpenID Connect provider as far as tokens go: it signs them (RS256), and its keys stand in a file.</summary>
internal sealed class TestProvider : IDisposable
{
    private const string Issuer = "https://login.example.org";

    private readonly RSA _key = RSA.Create(2048);
    private readonly TemporaryDirectory _directory = new();

    public TestProvider()
    {
        RSAParameters key = _key.ExportParameters(includePrivateParameters: false);
        File.WriteAllText(_directory["jwks.json"], JsonSerializer.Serialize(new
        {
            keys = new[] { new { kty = "RSA", kid = "k1", use = "sig", alg = "RS256", n = Base64(key.Modulus!), e = Base64(key.Exponent!) } },
        }));
    }

    public OidcProviderOptions Options => new(Issuer, ["wireproxy"]) { Keys = new KeyLocation.LocalFile(_directory["jwks.json"]) };

    /// <param name="padTo">Characters of the whole token, by a claim that nobody reads.</param>
    public string NewToken(string subject, TimeSpan? lifetime = null, int padTo = 0)
    {
        string token = NewToken(subject, lifetime, "");
        int missing = padTo - token.Length;
        // Four characters of base64 for three bytes; the last few are not worth a search.
        return missing <= 4 ? token : NewToken(subject, lifetime, new string('x', (missing / 4 * 3) - 3));
    }

    public void Dispose()
    {
        _key.Dispose();
        _directory.Dispose();
    }

    private string NewToken(string subject, TimeSpan? lifetime, string padding)
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        string header = Base64(JsonSerializer.SerializeToUtf8Bytes(new { alg = "RS256", kid = "k1", typ = "at+jwt" }));
        string claims = Base64(JsonSerializer.SerializeToUtf8Bytes(new
        {
            iss = Issuer,
            aud = "wireproxy",
            sub = subject,
            iat = now.AddMinutes(-5).ToUnixTimeSeconds(),
            exp = (now + (lifetime ?? TimeSpan.FromMinutes(5))).ToUnixTimeSeconds(),
            groups = (string[])["analysts"],
            padding,
        }));
        byte[] signature = _key.SignData(Encoding.ASCII.GetBytes($"{header}.{claims}"), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return $"{header}.{claims}.{Base64(signature)}";
    }

    private static string Base64(byte[] bytes) => Base64Url.EncodeToString(bytes);
}
