using System.Collections.Immutable;
using System.Text.Json;

namespace WireProxy.Access;

/// <summary>A provider's keys at one time (a JWK set, RFC 7517, section 5).</summary>
internal sealed class VerificationKeys
{
    // Entra ID has some ten.
    private const int Most = 100;

    private readonly ImmutableArray<VerificationKey> _keys;

    private VerificationKeys(ImmutableArray<VerificationKey> keys) => _keys = keys;

    /// <exception cref="FormatException">It is not a JWK set, or has no key that can check a signature.</exception>
    public static VerificationKeys Parse(ReadOnlyMemory<byte> json)
    {
        using JsonDocument document = StrictJson.ParseObject(json);
        if (!document.RootElement.TryGetProperty("keys", out JsonElement keys) || keys.ValueKind != JsonValueKind.Array)
            throw new FormatException("It is not a JWK set (RFC 7517): it has no array \"keys\".");
        if (keys.GetArrayLength() > Most) throw new FormatException($"It has more than {Most} keys.");
        ImmutableArray<VerificationKey> usable = [.. keys.EnumerateArray().Select(VerificationKey.Read).OfType<VerificationKey>()];
        return usable.IsEmpty ? throw new FormatException("It has no RSA key of 2048 bits or more and no EC key to check signatures with.") : new(usable);
    }

    public bool Has(string? id) => _keys.Any(key => key.Id == id);

    /// <summary>The one key of this id that fits the algorithm. Where the token names no key: the only one that fits.</summary>
    public VerificationKey? Find(string? id, string algorithm)
    {
        VerificationKey[] fitting = [.. _keys.Where(key => (id is null || key.Id == id) && key.Fits(algorithm))];
        return fitting is [var only] ? only : null;
    }
}
