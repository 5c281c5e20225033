using System.Buffers.Text;
using System.Numerics;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace WireProxy.Access;

/// <summary>A public key that a provider signs with.</summary>
/// <param name="Algorithm">The only one that its owner uses it with (<c>alg</c>); null: not said.</param>
/// <param name="Curve">Of an EC key; null: RSA.</param>
internal sealed record VerificationKey(string? Id, string? Algorithm, string? Curve, JsonWebKey Key)
{
    private const int FewestBits = 2_048;
    // A larger one costs a login more than anybody needs.
    private const int MostBits = 8_192;
    private const int MostExponentBits = 64;

    /// <summary>RFC 7518, sections 3.3 to 3.5: an algorithm belongs to a type of key, and with EC to one curve.</summary>
    public bool Fits(string algorithm) => (Algorithm is null || Algorithm == algorithm) && algorithm switch
    {
        "RS256" or "RS384" or "RS512" or "PS256" or "PS384" or "PS512" => Curve is null,
        "ES256" => Curve == "P-256",
        "ES384" => Curve == "P-384",
        "ES512" => Curve == "P-521",
        _ => false,
    };

    /// <returns>Null: a key of a kind that is not used here (symmetric, Ed25519, for encryption, too short); a set may hold such.</returns>
    public static VerificationKey? Read(JsonElement jwk)
    {
        if (jwk.ValueKind != JsonValueKind.Object || (Text(jwk, "use") ?? "sig") != "sig") return null;
        if (jwk.TryGetProperty("key_ops", out JsonElement operations) && !ClaimValue.Says(operations, "verify", isScope: false)) return null;
        return Text(jwk, "kty") switch
        {
            "RSA" => ReadRsa(jwk),
            "EC" => ReadEc(jwk),
            _ => null,
        };
    }

    private static VerificationKey? ReadRsa(JsonElement jwk)
    {
        if (Number(jwk, "n") is not { } modulus || Number(jwk, "e") is not { } exponent) return null;
        if (new BigInteger(modulus, isUnsigned: true, isBigEndian: true).GetBitLength() is < FewestBits or > MostBits) return null;
        // With 1 everybody can sign. A long one costs as much as a signature does.
        var power = new BigInteger(exponent, isUnsigned: true, isBigEndian: true);
        if (power.IsEven || power.IsOne || power.GetBitLength() > MostExponentBits) return null;
        return Make(jwk, null, new JsonWebKey { Kty = "RSA", N = Base64Url.EncodeToString(modulus), E = Base64Url.EncodeToString(exponent) });
    }

    private static VerificationKey? ReadEc(JsonElement jwk)
    {
        string? curve = Text(jwk, "crv");
        int length = curve switch { "P-256" => 32, "P-384" => 48, "P-521" => 66, _ => 0 };
        // RFC 7518, section 6.2.1.2: always the full length.
        if (length == 0 || Number(jwk, "x") is not { } x || x.Length != length || Number(jwk, "y") is not { } y || y.Length != length) return null;
        return Make(jwk, curve, new JsonWebKey { Kty = "EC", Crv = curve, X = Base64Url.EncodeToString(x), Y = Base64Url.EncodeToString(y) });
    }

    private static VerificationKey Make(JsonElement jwk, string? curve, JsonWebKey key)
    {
        string? id = Text(jwk, "kid");
        key.Kid = id;
        // The library's cache of signature providers outlives a key that was taken back.
        key.CryptoProviderFactory = new CryptoProviderFactory { CacheSignatureProviders = false };
        return new VerificationKey(id, Text(jwk, "alg"), curve, key);
    }

    private static string? Text(JsonElement jwk, string name) =>
        jwk.TryGetProperty(name, out JsonElement value) && ClaimValue.TryString(value, out string? text) ? text : null;

    private static byte[]? Number(JsonElement jwk, string name) =>
        Text(jwk, name) is { Length: > 0 } text && Base64Url.IsValid(text) ? Base64Url.DecodeFromChars(text) : null;
}
