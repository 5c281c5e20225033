using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace WireProxy.Access;

/// <summary>Who a token stands for, and until when.</summary>
internal sealed record VerifiedToken(Identity Identity, DateTimeOffset Ends);

/// <summary>Checks the tokens of one provider.</summary>
internal sealed class ProviderVerifier(OidcProviderOptions options, KeySource keys, TimeProvider clock) : IAsyncDisposable
{
    private static readonly JsonWebTokenHandler Handler = new() { MaximumTokenSizeInBytes = CompactToken.Longest };

    public string Issuer => options.Issuer;

    /// <inheritdoc cref="KeySource.BeginAsync"/>
    public ValueTask BeginAsync(CancellationToken cancellationToken) => keys.BeginAsync(cancellationToken);

    public ValueTask DisposeAsync() => keys.DisposeAsync();

    /// <exception cref="TokenRefusedException">It is not accepted.</exception>
    public async ValueTask<VerifiedToken> VerifyAsync(CompactToken token, CancellationToken cancellationToken)
    {
        if (!options.Algorithms.Contains(token.Algorithm, StringComparer.Ordinal)) throw new TokenRefusedException("the token's algorithm is not allowed");
        VerificationKey key = await keys.FindAsync(token.KeyId, token.Algorithm, cancellationToken);
        CheckSignature(token, key);
        // From here on its provider has said what it says.
        try
        {
            DateTimeOffset ends = TokenClaims.CheckTimes(token.Claims, options.ClockSkew, clock.GetUtcNow());
            TokenClaims.CheckRequired(token.Claims, options);
            return new VerifiedToken(TokenClaims.ReadIdentity(token.Claims, options), ends);
        }
        catch (TokenRefusedException refused)
        {
            throw new TokenRefusedException(refused.Refusal with { Of = TokenClaims.NameOf(token.Claims, options) });
        }
    }

    /// <summary>The library's part: signature, issuer, audience. Times are checked with this gateway's clock and skew, after it.</summary>
    private void CheckSignature(CompactToken token, VerificationKey key)
    {
        var parameters = new TokenValidationParameters
        {
            ValidAlgorithms = [token.Algorithm],
            IssuerSigningKey = key.Key,
            RequireSignedTokens = true,
            ValidIssuer = options.Issuer,
            ValidAudiences = options.Audiences,
            IgnoreTrailingSlashWhenValidatingAudience = false,
            LifetimeValidator = static (_, _, _, _) => true,
        };
        TokenValidationResult result;
        try
        {
            result = Handler.ValidateToken(token.Text, parameters);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or InvalidOperationException or OverflowException)
        {
            throw new TokenRefusedException("the token is malformed");
        }
        if (result.IsValid) return;
        // The library looks at these once the signature is right.
        bool isGenuine = result.Exception is SecurityTokenInvalidAudienceException or SecurityTokenInvalidIssuerException;
        throw new TokenRefusedException(new TokenRefusal(ReasonOf(result.Exception)) { Of = isGenuine ? TokenClaims.NameOf(token.Claims, options) : null });
    }

    private static string ReasonOf(Exception exception) => exception switch
    {
        SecurityTokenInvalidAudienceException => "the token is for another audience",
        SecurityTokenInvalidIssuerException => "the token is of another issuer",
        SecurityTokenInvalidSignatureException or SecurityTokenSignatureKeyNotFoundException => "the token's signature is wrong",
        SecurityTokenInvalidAlgorithmException => "the token's algorithm is not allowed",
        _ => "the token is malformed",
    };
}
