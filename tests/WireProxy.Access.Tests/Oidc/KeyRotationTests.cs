using System.Collections.Concurrent;
using WireProxy.TestKit;

namespace WireProxy.Access.Tests.Oidc;

public sealed class KeyRotationTests
{
    private static readonly TokenForge Old = TokenForge.Ec("old");
    private static readonly TokenForge New = TokenForge.Ec("new");

    private readonly TestClock _clock = new();
    // Told on whatever thread fetches.
    private readonly ConcurrentQueue<string> _problems = new();
    private KeyServer _server = null!;

    [Test]
    public async Task A_new_key_in_a_file_counts_at_once_and_a_removed_one_within_a_second()
    {
        using var provider = new Provider(null, Old);
        Assert.That(await provider.ReasonAsync(Old.Sign(provider.Claims(), "ES256")), Is.EqualTo("(accepted)"));
        provider.Publish(New);
        Assert.That(await provider.ReasonAsync(New.Sign(provider.Claims(), "ES256")), Is.EqualTo("(accepted)"));
        provider.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.That(await provider.ReasonAsync(Old.Sign(provider.Claims(), "ES256")), Is.EqualTo("the token was signed with an unknown key"));
    }

    [Test]
    public async Task A_file_that_is_broken_or_gone_leaves_the_last_good_keys([Values] bool isGone)
    {
        using var provider = new Provider(null, Old);
        Assert.That(await provider.ReasonAsync(Old.Sign(provider.Claims(), "ES256")), Is.EqualTo("(accepted)"));
        if (isGone) File.Delete(provider.KeyFile);
        else await File.WriteAllTextAsync(provider.KeyFile, "{\"keys\":[");
        provider.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.That(await provider.ReasonAsync(Old.Sign(provider.Claims(), "ES256")), Is.EqualTo("(accepted)"));
        provider.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.That(await provider.ReasonAsync(Old.Sign(provider.Claims(), "ES256")), Is.EqualTo("(accepted)"));
        Assert.That(provider.Problems, Has.Count.EqualTo(1).And.Exactly(1).Contains("The last good ones are used"));
    }

    [Test]
    public async Task Without_any_keys_the_fault_is_not_the_clients()
    {
        using var provider = new Provider();
        File.Delete(provider.KeyFile);
        TokenRefusal? refusal = await provider.RefusalAsync(provider.Key.Sign(provider.Claims()));
        Assert.That(refusal?.Reason, Is.EqualTo("the provider's keys cannot be had"));
        Assert.That(refusal?.IsOurFault, Is.True);
    }

    [Test]
    public async Task Keys_are_discovered_once_and_fetched_again_for_an_unknown_key_at_most_every_10_seconds()
    {
        _server.PublishDiscovery();
        _server.PublishKeys(Old);
        await using TokenVerifier verifier = Verifier();
        Assert.That(await ReasonAsync(verifier, Old), Is.EqualTo("(accepted)"));
        Assert.That(await ReasonAsync(verifier, Old), Is.EqualTo("(accepted)"));
        Assert.That(_server.Count("/jwks"), Is.EqualTo(1));

        // Just fetched: an unknown key may be made up.
        _server.PublishKeys(Old, New);
        Assert.That(await ReasonAsync(verifier, New), Is.EqualTo("the token was signed with an unknown key"));
        Assert.That(_server.Count("/jwks"), Is.EqualTo(1));
        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.That(await ReasonAsync(verifier, New), Is.EqualTo("(accepted)"));
        Assert.That(_server.Count("/jwks"), Is.EqualTo(2));
    }

    [Test]
    public async Task A_flood_of_made_up_keys_costs_one_fetch()
    {
        await using TokenVerifier verifier = await WithOldKeyAsync();
        _clock.Advance(TimeSpan.FromMinutes(1));
        string[] reasons = await Task.WhenAll(Enumerable.Range(0, 50).Select(async i =>
        {
            TokenForge made = TokenForge.Ec($"made-up-{i}");
            return await ReasonAsync(verifier, made);
        }));
        Assert.That(reasons, Is.All.EqualTo("the token was signed with an unknown key"));
        Assert.That(_server.Count("/jwks"), Is.EqualTo(2));
    }

    [Test]
    public async Task A_key_taken_back_is_refused_after_20_minutes_even_if_nobody_logged_in_meanwhile()
    {
        await using TokenVerifier verifier = await WithOldKeyAsync();
        _server.PublishKeys(New);
        _clock.Advance(TimeSpan.FromMinutes(20));
        Assert.That(await ReasonAsync(verifier, Old), Is.EqualTo("the token was signed with an unknown key"));
    }

    [Test]
    public async Task Keys_are_renewed_in_the_background_after_10_minutes()
    {
        await using TokenVerifier verifier = await WithOldKeyAsync();
        _clock.Advance(TimeSpan.FromMinutes(10));
        await ReasonAsync(verifier, Old);
        Assert.That(() => _server.Count("/jwks"), Is.EqualTo(2).After(60_000, 20));
    }

    [Test]
    public async Task When_the_provider_is_away_the_last_good_keys_hold_for_a_day()
    {
        await using TokenVerifier verifier = await WithOldKeyAsync();
        _server.Pages["/jwks"] = (503, "");
        _clock.Advance(TimeSpan.FromHours(23));
        Assert.That(await ReasonAsync(verifier, Old), Is.EqualTo("(accepted)"));
        Assert.That(_problems, Has.Exactly(1).Contains("503"));
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.That(await ReasonAsync(verifier, Old), Is.EqualTo("the provider's keys cannot be had"));
        Assert.That(_problems, Has.Count.EqualTo(1), "said once");

        _server.PublishKeys(Old);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.That(await ReasonAsync(verifier, Old), Is.EqualTo("(accepted)"));
    }

    [Test]
    public async Task A_provider_that_was_away_at_the_start_is_asked_again_a_second_later()
    {
        await using TokenVerifier verifier = Verifier("/jwks");
        Assert.That(await ReasonAsync(verifier, Old), Is.EqualTo("the provider's keys cannot be had"));
        _server.PublishKeys(Old);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.That(await ReasonAsync(verifier, Old), Is.EqualTo("(accepted)"));
    }

    [Test]
    public async Task A_discovery_document_of_another_issuer_or_with_a_plain_address_is_not_used(
        [Values("issuer", "jwks_uri", "redirect", "not json")] string what)
    {
        _server.PublishKeys(Old);
        if (what == "issuer") _server.PublishDiscovery(issuer: "https://login.example.org");
        else if (what == "jwks_uri") _server.PublishDiscovery(jwksUri: "http://192.0.2.1/jwks");
        else _server.Pages["/.well-known/openid-configuration"] = what == "redirect" ? (302, _server.Url + "/elsewhere") : (200, "<html>");
        await using TokenVerifier verifier = Verifier();
        Assert.That(await ReasonAsync(verifier, Old), Is.EqualTo("the provider's keys cannot be had"));
        Assert.That(_server.Count("/jwks") + _server.Count("/elsewhere"), Is.Zero);
        Assert.That(_problems, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task An_issuer_that_differs_by_a_slash_is_told_to_the_operator_as_such()
    {
        _server.PublishKeys(Old);
        _server.PublishDiscovery(issuer: _server.Url + "/");
        await using TokenVerifier verifier = Verifier();
        Assert.That(await ReasonAsync(verifier, Old), Is.EqualTo("the provider's keys cannot be had"));
        Assert.That(_problems.Single(), Does.Contain("a slash counts"));
    }

    [Test]
    public async Task A_bearer_token_goes_along_where_the_server_wants_one()
    {
        _server.PublishKeys(Old);
        await using TokenVerifier verifier = Verifier("/jwks", new LiteralSecret("service-account"));
        Assert.That(await ReasonAsync(verifier, Old), Is.EqualTo("(accepted)"));
        Assert.That(_server.Requests.Single(), Does.EndWith("Bearer service-account"));
    }

    [Test]
    public async Task Keys_are_got_at_the_start_and_an_operator_hears_of_those_that_cannot_be_had()
    {
        _server.PublishKeys(Old);
        await using TokenVerifier good = Verifier("/jwks");
        await using TokenVerifier bad = Verifier("/nowhere");
        await good.BeginAsync(CancellationToken.None);
        await bad.BeginAsync(CancellationToken.None);
        Assert.That(() => _server.Requests, Has.Count.EqualTo(2).After(60_000, 20));
        Assert.That(() => _problems, Has.Count.EqualTo(1).After(60_000, 20));
        Assert.That(_problems.First(), Does.Contain("/nowhere answers 404"));
        Assert.That(await ReasonAsync(good, Old), Is.EqualTo("(accepted)"));
        Assert.That(_server.Count("/jwks"), Is.EqualTo(1));
    }

    [TestCase("http://login.example.org/jwks"), TestCase("http://127.0.0.1.example.org/jwks"), TestCase("file:///etc/passwd"), TestCase("ftp://127.0.0.1/x")]
    public void Keys_are_not_fetched_in_the_clear(string url) => Assert.That(() => KeyFetcher.CheckUrl(new Uri(url)), Throws.ArgumentException);

    [TestCase("https://login.example.org/jwks"), TestCase("http://127.0.0.1:8/jwks"), TestCase("http://[::1]/jwks"), TestCase("http://localhost/jwks")]
    public void Keys_are_fetched_over_HTTPS_or_from_loopback(string url) => Assert.That(() => KeyFetcher.CheckUrl(new Uri(url)), Throws.Nothing);

    [Test]
    public async Task The_provider_is_chosen_by_the_issuer_and_its_keys_are_its_own()
    {
        using var directory = new TemporaryDirectory();
        await File.WriteAllTextAsync(directory["one.json"], TokenForge.KeySet(Old));
        await File.WriteAllTextAsync(directory["two.json"], TokenForge.KeySet(New));
        await using var verifier = new TokenVerifier(
            [
                new OidcProviderOptions("https://one.example", ["wireproxy"]) { Keys = new KeyLocation.LocalFile(directory["one.json"]) },
                new OidcProviderOptions("https://two.example", ["wireproxy"]) { Keys = new KeyLocation.LocalFile(directory["two.json"]), SubjectClaim = "email" },
            ], _clock, _problems.Enqueue);
        Assert.That(await ReasonAsync(verifier, "https://one.example", Old), Is.EqualTo("(accepted)"));
        Assert.That(await ReasonAsync(verifier, "https://one.example", New), Is.EqualTo("the token was signed with an unknown key"));
        Assert.That(await ReasonAsync(verifier, "https://two.example", New), Is.EqualTo("the token lacks the claim email"));
        Assert.That(await ReasonAsync(verifier, "https://three.example", New), Is.EqualTo("the token is of another issuer"));
    }

    /// <param name="path">Of the keys; null: the discovery document says.</param>
    private TokenVerifier Verifier(string? path = null, SecretSource? bearer = null) => new(
        [new OidcProviderOptions(_server.Url, ["wireproxy"]) { Keys = new KeyLocation.Remote(path is null ? null : new Uri(_server.Url + path)) { BearerToken = bearer } }],
        _clock, _problems.Enqueue);

    /// <summary>The server has the old key, and a token of it was accepted.</summary>
    private async Task<TokenVerifier> WithOldKeyAsync()
    {
        _server.PublishKeys(Old);
        TokenVerifier verifier = Verifier("/jwks");
        Assert.That(await ReasonAsync(verifier, Old), Is.EqualTo("(accepted)"));
        return verifier;
    }

    private Task<string> ReasonAsync(TokenVerifier verifier, TokenForge key) => ReasonAsync(verifier, _server.Url, key);

    private async Task<string> ReasonAsync(TokenVerifier verifier, string issuer, TokenForge key)
    {
        string token = key.Sign(new { iss = issuer, aud = "wireproxy", sub = "alice", exp = _clock.GetUtcNow().ToUnixTimeSeconds() + 60 }, "ES256");
        try
        {
            await verifier.VerifyAsync(token, CancellationToken.None);
            return "(accepted)";
        }
        catch (TokenRefusedException exception)
        {
            return exception.Refusal.Reason;
        }
    }

    [SetUp]
    public void StartServer()
    {
        _problems.Clear();
        _server = new KeyServer();
    }

    [TearDown]
    public ValueTask StopServer() => _server.DisposeAsync();
}
