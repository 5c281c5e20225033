using System.Collections.Concurrent;
using WireProxy.TestKit;

namespace WireProxy.Access.Tests.Oidc;

/// <summary>A provider with one RSA key in a file, and a verifier that trusts it.</summary>
internal sealed class Provider : IDisposable
{
    public const string Issuer = "https://login.example.org";
    public const string Audience = "wireproxy";

    /// <summary>Made once: a new RSA key takes longer than the rest of a test.</summary>
    public static readonly TokenForge SharedKey = TokenForge.Rsa("key-1");

    private readonly TemporaryDirectory _directory = new();
    private readonly TokenVerifier _verifier;

    public Provider(Func<OidcProviderOptions, OidcProviderOptions>? configure = null, params TokenForge[] keys)
    {
        Key = keys.Length > 0 ? keys[0] : SharedKey;
        Publish(keys.Length > 0 ? keys : [Key]);
        var options = new OidcProviderOptions(Issuer, [Audience]) { Keys = new KeyLocation.LocalFile(KeyFile) };
        _verifier = new TokenVerifier([configure?.Invoke(options) ?? options], Clock, Problems.Enqueue);
    }

    public TestClock Clock { get; } = new();

    public TokenForge Key { get; }

    public ConcurrentQueue<string> Problems { get; } = new();

    public string KeyFile => _directory["jwks.json"];

    public long Now => Clock.GetUtcNow().ToUnixTimeSeconds();

    public void Publish(params TokenForge[] keys) => File.WriteAllText(KeyFile, TokenForge.KeySet(keys));

    /// <summary>Claims that are accepted.</summary>
    public Dictionary<string, object?> Claims(params (string Name, object? Value)[] changes)
    {
        var claims = new Dictionary<string, object?>
        {
            ["iss"] = Issuer,
            ["aud"] = Audience,
            ["sub"] = "alice",
            ["iat"] = Now,
            ["exp"] = Now + 300,
        };
        foreach ((string name, object? value) in changes)
            if (value is null) claims.Remove(name);
            else claims[name] = value;
        return claims;
    }

    public Task<VerifiedToken> VerifyAsync(string token) => _verifier.VerifyAsync(token, CancellationToken.None).AsTask();

    /// <summary>How a token is refused; null: it is not.</summary>
    public async Task<TokenRefusal?> RefusalAsync(string token)
    {
        try
        {
            await VerifyAsync(token);
            return null;
        }
        catch (TokenRefusedException exception)
        {
            return exception.Refusal;
        }
    }

    /// <summary>Why a token is refused.</summary>
    public async Task<string> ReasonAsync(string token) => (await RefusalAsync(token))?.Reason ?? "(accepted)";

    /// <summary>Its keys are in a file: the verifier has nothing under way.</summary>
    public void Dispose()
    {
        _directory.Dispose();
    }
}
