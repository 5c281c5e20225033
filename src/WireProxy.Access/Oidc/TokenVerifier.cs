using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;

namespace WireProxy.Access;

/// <summary>Checks tokens: the provider is chosen by what the token says of its issuer, which its signature then proves.</summary>
internal sealed class TokenVerifier : IAsyncDisposable
{
    private readonly FrozenDictionary<string, ProviderVerifier> _providers;
    private readonly List<KeyFetcher> _fetchers = [];

    /// <exception cref="ArgumentException">A provider's options cannot be used; says why.</exception>
    public TokenVerifier(ImmutableArray<OidcProviderOptions> providers, TimeProvider clock, Action<string> report) =>
        _providers = providers.Select(options => Make(options, clock, report)).ToFrozenDictionary(provider => provider.Issuer, StringComparer.Ordinal);

    /// <exception cref="TokenRefusedException">It is not accepted.</exception>
    public async ValueTask<VerifiedToken> VerifyAsync(string text, CancellationToken cancellationToken)
    {
        using CompactToken token = CompactToken.Parse(text);
        if (!token.Claims.TryGetProperty("iss", out JsonElement claim) || !ClaimValue.TryString(claim, out string? issuer))
            throw new TokenRefusedException("the token has no issuer");
        return _providers.TryGetValue(issuer, out ProviderVerifier? provider) ? await provider.VerifyAsync(token, cancellationToken)
            : throw new TokenRefusedException("the token is of another issuer");
    }

    /// <inheritdoc cref="KeySource.BeginAsync"/>
    public async Task BeginAsync(CancellationToken cancellationToken)
    {
        foreach (ProviderVerifier provider in _providers.Values)
            await provider.BeginAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (ProviderVerifier provider in _providers.Values)
            await provider.DisposeAsync();
        foreach (KeyFetcher fetcher in _fetchers)
            fetcher.Dispose();
    }

    private ProviderVerifier Make(OidcProviderOptions options, TimeProvider clock, Action<string> report)
    {
        if (options.Audiences.IsDefaultOrEmpty) throw new ArgumentException($"Provider {options.Issuer} has no audience.", nameof(options));
        if (options.Algorithms.IsDefaultOrEmpty || options.Algorithms.Except(OidcAlgorithms.All, StringComparer.Ordinal).Any())
            throw new ArgumentException($"Provider {options.Issuer}: algorithms are {string.Join(", ", OidcAlgorithms.All)}.", nameof(options));
        if (options.ClockSkew < TimeSpan.Zero || options.ClockSkew > TimeSpan.FromMinutes(5))
            throw new ArgumentException($"Provider {options.Issuer}: the clock skew is 0 to 5 minutes.", nameof(options));
        return new ProviderVerifier(options, KeysOf(options, clock, report), clock);
    }

    private KeySource KeysOf(OidcProviderOptions options, TimeProvider clock, Action<string> report)
    {
        if (options.Keys is KeyLocation.LocalFile file) return new FileKeySource(file.Path, clock, report);
        var fetcher = new KeyFetcher(options.Issuer, (KeyLocation.Remote)options.Keys);
        _fetchers.Add(fetcher);
        return new RemoteKeySource(fetcher.FetchAsync, fetcher.Name, clock, report);
    }
}
