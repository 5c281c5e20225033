using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FsCheck.Fluent;
using WireProxy.TestKit;

namespace WireProxy.Access.Tests.Oidc;

public sealed class TokenAttackTests
{
    private static readonly TokenForge Stranger = TokenForge.Rsa("key-1");

    private Provider _provider = null!;

    [SetUp]
    public void StartProvider() => _provider = new Provider();

    [TearDown]
    public void StopProvider() => _provider.Dispose();

    [Test]
    public async Task A_good_token_is_accepted_until_it_expires_with_the_skew()
    {
        VerifiedToken token = await _provider.VerifyAsync(_provider.Key.Sign(_provider.Claims()));
        Assert.That(token.Identity.Name, Is.EqualTo("alice"));
        Assert.That(token.Identity.Issuer, Is.EqualTo(Provider.Issuer));
        Assert.That(token.Identity.Proof, Is.EqualTo(ProofKind.Token));
        Assert.That(token.Ends, Is.EqualTo(_provider.Clock.GetUtcNow().AddSeconds(330)));
    }

    [TestCase(253_402_300_700L, "the token's claim exp is not a date"), TestCase(253_402_200_000L, "(accepted)"), TestCase(long.MaxValue, "the token is malformed")]
    public async Task An_expiry_at_the_end_of_all_days_breaks_nothing(long expiry, string expected) =>
        Assert.That(await ReasonAsync(("exp", expiry)), Is.EqualTo(expected));

    [Test]
    public async Task A_token_of_another_issuer_is_refused([Values("https://login.example.org/", "https://evil.example.org", "HTTPS://login.example.org")] string issuer) =>
        Assert.That(await ReasonAsync(("iss", issuer)), Is.EqualTo("the token is of another issuer"));

    [Test]
    public async Task A_token_without_an_issuer_is_refused() => Assert.That(await ReasonAsync(("iss", null)), Is.EqualTo("the token has no issuer"));

    [Test]
    public async Task A_token_for_another_audience_is_refused([Values("other", "wireproxy/", "WIREPROXY", "")] string audience) =>
        Assert.That(await ReasonAsync(("aud", audience)), Is.EqualTo("the token is for another audience"));

    [Test]
    public async Task A_token_without_an_audience_is_refused() => Assert.That(await ReasonAsync(("aud", null)), Is.EqualTo("the token is for another audience"));

    [Test]
    public async Task A_token_for_several_audiences_needs_ours_among_them()
    {
        Assert.That(await ReasonAsync(("aud", new[] { "other", "wireproxy" })), Is.EqualTo("(accepted)"));
        Assert.That(await ReasonAsync(("aud", new[] { "other", "another" })), Is.EqualTo("the token is for another audience"));
    }

    [Test]
    public async Task An_expired_token_is_refused_after_the_skew_and_its_hint_says_what_to_do()
    {
        string token = _provider.Key.Sign(_provider.Claims());
        _provider.Clock.Advance(TimeSpan.FromSeconds(329));
        Assert.That(await _provider.ReasonAsync(token), Is.EqualTo("(accepted)"));
        _provider.Clock.Advance(TimeSpan.FromSeconds(1));
        TokenRefusal? refused = await _provider.RefusalAsync(token);
        Assert.That(refused?.Reason, Is.EqualTo("the token has expired"));
        Assert.That(refused?.Hint, Does.Contain("get a new one"));
    }

    [Test]
    public async Task A_token_without_an_expiry_is_refused() => Assert.That(await ReasonAsync(("exp", null)), Is.EqualTo("the token has no expiry"));

    [Test]
    public async Task A_date_that_is_none_is_refused(
        [Values("exp", "nbf", "iat")] string claim, [Values("\"soon\"", "\"9999999999\"", "-1", "1e300", "[1]", "true", "99999999999999999999")] string value)
    {
        string payload = JsonSerializer.Serialize(_provider.Claims((claim, null)))[..^1] + $",\"{claim}\":{value}}}";
        Assert.That(await _provider.ReasonAsync(Sign(payload)), Is.EqualTo($"the token's claim {claim} is not a date").Or.EqualTo("the token is malformed"));
    }

    [Test]
    public async Task A_token_that_is_not_yet_valid_is_refused_before_the_skew()
    {
        Assert.That(await ReasonAsync(("nbf", _provider.Now + 31)), Is.EqualTo("the token is not yet valid"));
        Assert.That(await ReasonAsync(("nbf", _provider.Now + 30)), Is.EqualTo("(accepted)"));
    }

    [Test]
    public async Task A_token_from_the_future_is_refused() =>
        Assert.That(await ReasonAsync(("iat", _provider.Now + 31)), Is.EqualTo("the token was issued in the future"));

    [Test]
    public async Task A_token_without_a_signature_is_refused([Values("none", "None", "NONE", "nOnE", "")] string algorithm, [Values("", "AAAA")] string signature)
    {
        string token = $"{Header(algorithm)}.{Payload()}.{signature}";
        Assert.That(await _provider.ReasonAsync(token), Is.EqualTo("the token's algorithm is not allowed").Or.EqualTo("the token is not signed"));
    }

    [Test]
    public async Task An_HMAC_under_the_public_key_is_refused([Values("HS256", "HS384", "HS512", "RS256")] string algorithm)
    {
        string signed = $"{Header(algorithm)}.{Payload()}";
        byte[] mac = HMACSHA256.HashData(Encoding.UTF8.GetBytes(_provider.Key.PublicKeyPem), Encoding.ASCII.GetBytes(signed));
        Assert.That(await _provider.ReasonAsync($"{signed}.{TokenForge.Encode(mac)}"),
            Is.EqualTo(algorithm == "RS256" ? "the token's signature is wrong" : "the token's algorithm is not allowed"));
    }

    [Test]
    public async Task Another_keys_signature_under_a_known_id_is_refused()
    {
        Assert.That(await _provider.ReasonAsync(Stranger.Sign(_provider.Claims())), Is.EqualTo("the token's signature is wrong"));
    }

    [Test]
    public async Task A_key_that_the_token_brings_along_is_not_used()
    {
        string header = $$"""{"alg":"RS256","kid":"key-1","jwk":{{Stranger.Jwk().ToJsonString()}},"jku":"https://evil.example.org/jwks"}""";
        Assert.That(await _provider.ReasonAsync(Stranger.Sign(header, JsonSerializer.Serialize(_provider.Claims()), "RS256")),
            Is.EqualTo("the token's signature is wrong"));
    }

    [Test]
    public async Task An_unknown_key_is_refused()
    {
        TokenForge other = TokenForge.Ec("key-2");
        Assert.That(await _provider.ReasonAsync(other.Sign(_provider.Claims(), "ES256")), Is.EqualTo("the token was signed with an unknown key"));
    }

    [Test]
    public async Task An_algorithm_that_does_not_fit_the_key_is_refused()
    {
        TokenForge ec = TokenForge.Ec("key-1");
        Assert.That(await _provider.ReasonAsync(ec.Sign(_provider.Claims(), "ES256")), Is.EqualTo("the token's algorithm does not fit its key"));
    }

    [Test]
    public async Task An_encrypted_token_is_refused_before_anything_is_decrypted()
    {
        string header = TokenForge.Encode("""{"alg":"dir","enc":"A128CBC-HS256","zip":"DEF"}""");
        Assert.That(await _provider.ReasonAsync($"{header}..AAAA.AAAA.AAAA"), Is.EqualTo("the token is encrypted (JWE)"));
    }

    [Test]
    public async Task A_token_of_more_than_16_KiB_is_refused_and_one_of_almost_that_is_not()
    {
        string ballast = new('x', 11_000);
        Assert.That(await ReasonAsync(("ballast", ballast)), Is.EqualTo("(accepted)"));
        Assert.That(await ReasonAsync(("ballast", ballast + ballast)), Is.EqualTo("the token is longer than 16 KiB"));
    }

    [TestCase("""{"alg":"RS256","kid":"key-1","crit":["exp"],"exp":1}""", "the token has critical header parameters")]
    [TestCase("""{"alg":"RS256","kid":"key-1","cty":"JWT"}""", "the token is nested, compressed or encrypted")]
    [TestCase("""{"alg":"RS256","kid":"key-1","zip":"DEF"}""", "the token is nested, compressed or encrypted")]
    [TestCase("""{"alg":"RS256","kid":"key-1","typ":"logout+jwt"}""", "the token is of another type")]
    [TestCase("""{"alg":"RS256","alg":"none","kid":"key-1"}""", "the token is malformed")]
    [TestCase("""{"alg":["RS256"],"kid":"key-1"}""", "the token is malformed")]
    [TestCase("""{"kid":"key-1"}""", "the token is malformed")]
    [TestCase("""{"alg":"RS256","kid":1}""", "the token is malformed")]
    [TestCase("""[]""", "the token is malformed")]
    [TestCase("""{"alg":"RS256","kid":"key-1","typ":"at+jwt"}""", "(accepted)")]
    [TestCase("""{"alg":"RS256","kid":"key-1","typ":"application/at+jwt"}""", "(accepted)")]
    [TestCase("""{"alg":"RS256","kid":"key-1"}""", "(accepted)")]
    [TestCase("""{"alg":"RS256"}""", "(accepted)", Description = "There is but one key that it could be")]
    public async Task A_header_is_taken_or_not(string header, string reason) =>
        Assert.That(await _provider.ReasonAsync(_provider.Key.Sign(header, JsonSerializer.Serialize(_provider.Claims()), "RS256")), Is.EqualTo(reason));

    [Test]
    public async Task A_token_that_is_bound_to_a_key_is_no_bearer_token() =>
        Assert.That(await ReasonAsync(("cnf", new { jkt = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" })), Is.EqualTo("the token is bound to a key (cnf)"));

    [Test]
    public async Task A_claim_that_stands_twice_is_refused()
    {
        string payload = JsonSerializer.Serialize(_provider.Claims())[..^1] + ",\"sub\":\"root\"}";
        Assert.That(await _provider.ReasonAsync(Sign(payload)), Is.EqualTo("the token is malformed"));
    }

    [Test]
    public async Task A_member_whose_name_is_half_a_surrogate_pair_is_refused()
    {
        // token-claims, seed 7, iteration 18699.
        string payload = JsonSerializer.Serialize(_provider.Claims())[..^1] + ",\"\\ude00\":1}";
        Assert.That(await _provider.ReasonAsync(Sign(payload)), Is.EqualTo("the token is malformed"));
    }

    [Test]
    public async Task A_payload_nested_too_deep_is_refused()
    {
        string payload = JsonSerializer.Serialize(_provider.Claims())[..^1] + ",\"x\":" + new string('[', 5_000) + new string(']', 5_000) + "}";
        Assert.That(await _provider.ReasonAsync(Sign(payload)), Is.EqualTo("the token is malformed"));
    }

    [TestCase(""), TestCase("."), TestCase(".."), TestCase("a.b.c"), TestCase("...."), TestCase("....."), TestCase("eyJ9.eyJ9.AA"), TestCase("\u00fc.\u00fc.\u00fc")]
    public async Task What_is_no_token_is_refused(string text) =>
        Assert.That(await _provider.ReasonAsync(text), Is.EqualTo("the token is malformed").Or.EqualTo("the token is encrypted (JWE)"));

    [Test]
    public void One_changed_character_never_lets_another_in()
    {
        string token = _provider.Key.Sign(_provider.Claims());
        Prop.ForAll(ArbMap.Default.ArbFor<(int At, char With)>(), change =>
        {
            int at = (int)((uint)change.At % token.Length);
            string changed = token[..at] + change.With + token[(at + 1)..];
            string reason = _provider.ReasonAsync(changed).GetAwaiter().GetResult();
            return changed == token || reason != "(accepted)";
        }).CheckSeeded();
    }

    [Test]
    public void A_symmetric_or_weak_key_of_a_set_is_not_used([Values("RS256", "HS256")] string algorithm)
    {
        TokenForge weak = TokenForge.Rsa("weak", 1024);
        string keys = $$"""{"keys":[{{weak.Jwk().ToJsonString()}},{"kty":"oct","kid":"weak","alg":"{{algorithm}}","k":"AAAA"}]}""";
        Assert.That(() => VerificationKeys.Parse(Encoding.UTF8.GetBytes(keys)), Throws.TypeOf<FormatException>());
    }

    [Test]
    public async Task Of_a_genuine_token_that_is_refused_it_is_known_whose_it_is()
    {
        foreach ((string Name, object? Value) change in new (string, object?)[] { ("exp", _provider.Now - 60), ("nbf", _provider.Now + 60), ("aud", "billing"), ("cnf", new { jkt = "x" }) })
            Assert.That((await _provider.RefusalAsync(_provider.Key.Sign(_provider.Claims(change))))?.Of, Is.EqualTo("alice"), change.Name);
    }

    [Test]
    public async Task Of_a_forged_token_it_is_not_told_whose_it_claims_to_be()
    {
        string token = _provider.Key.Sign(_provider.Claims(("exp", _provider.Now - 60), ("aud", "billing")));
        string forged = token[..(token.LastIndexOf('.') + 1)] + TokenForge.Encode(new byte[256]);
        TokenRefusal? refused = await _provider.RefusalAsync(forged);
        Assert.That((refused?.Reason, refused?.Of), Is.EqualTo(("the token's signature is wrong", (string?)null)));
        Assert.That((await _provider.RefusalAsync(_provider.Key.Sign(_provider.Claims(("sub", 7), ("exp", _provider.Now - 60)))))?.Of, Is.Null, "it has no name");
    }

    private Task<string> ReasonAsync(params (string Name, object? Value)[] changes) =>
        _provider.ReasonAsync(_provider.Key.Sign(_provider.Claims(changes)));

    private string Sign(string payload) => _provider.Key.Sign("""{"alg":"RS256","kid":"key-1"}""", payload, "RS256");

    private string Payload() => TokenForge.Encode(JsonSerializer.Serialize(_provider.Claims()));

    private static string Header(string algorithm) => TokenForge.Encode($$"""{"alg":"{{algorithm}}","kid":"key-1"}""");
}
