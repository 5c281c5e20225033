using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace WireProxy.Access.Tests.Oidc;

/// <summary>A key of an imaginary provider that signs what it is told to, right or wrong. Uses nothing of the library that checks.</summary>
internal sealed class TokenForge
{
    private readonly AsymmetricAlgorithm _key;

    private TokenForge(string id, AsymmetricAlgorithm key) => (Id, _key) = (id, key);

    public string Id { get; }

    /// <summary>PEM of the public key, what an attacker may know.</summary>
    public string PublicKeyPem => _key.ExportSubjectPublicKeyInfoPem();

    public static TokenForge Rsa(string id, int bits = 2048) => new(id, RSA.Create(bits));

    public static TokenForge Ec(string id, string algorithm = "ES256") => new(id, ECDsa.Create(algorithm switch
    {
        "ES256" => ECCurve.NamedCurves.nistP256,
        "ES384" => ECCurve.NamedCurves.nistP384,
        _ => ECCurve.NamedCurves.nistP521,
    }));

    /// <summary>A JWK set with the public keys.</summary>
    public static string KeySet(params TokenForge[] keys) => new JsonObject { ["keys"] = new JsonArray([.. keys.Select(key => key.Jwk())]) }.ToJsonString();

    public JsonNode Jwk()
    {
        if (_key is RSA rsa)
        {
            RSAParameters parameters = rsa.ExportParameters(false);
            return new JsonObject { ["kty"] = "RSA", ["use"] = "sig", ["kid"] = Id, ["n"] = Encode(parameters.Modulus!), ["e"] = Encode(parameters.Exponent!) };
        }
        ECParameters point = ((ECDsa)_key).ExportParameters(false);
        string curve = point.Q.X!.Length switch { 32 => "P-256", 48 => "P-384", _ => "P-521" };
        return new JsonObject { ["kty"] = "EC", ["use"] = "sig", ["kid"] = Id, ["crv"] = curve, ["x"] = Encode(point.Q.X), ["y"] = Encode(point.Q.Y!) };
    }

    public string Sign(object claims, string algorithm = "RS256") =>
        Sign(JsonSerializer.Serialize(new { alg = algorithm, kid = Id, typ = "JWT" }), JsonSerializer.Serialize(claims), algorithm);

    /// <summary>Signs a header and payload of any text.</summary>
    public string Sign(string header, string payload, string algorithm)
    {
        string signed = $"{Encode(header)}.{Encode(payload)}";
        return $"{signed}.{Encode(Signature(Encoding.ASCII.GetBytes(signed), algorithm))}";
    }

    public static string Encode(string text) => Encode(Encoding.UTF8.GetBytes(text));

    public static string Encode(byte[] bytes) => Base64Url.EncodeToString(bytes);

    private byte[] Signature(byte[] signed, string algorithm)
    {
        HashAlgorithmName hash = algorithm[2..] switch { "256" => HashAlgorithmName.SHA256, "384" => HashAlgorithmName.SHA384, _ => HashAlgorithmName.SHA512 };
        return _key switch
        {
            RSA rsa => rsa.SignData(signed, hash, algorithm[0] == 'P' ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1),
            ECDsa ecdsa => ecdsa.SignData(signed, hash),
            _ => throw new NotSupportedException(),
        };
    }
}
