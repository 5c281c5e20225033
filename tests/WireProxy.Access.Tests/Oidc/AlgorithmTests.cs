namespace WireProxy.Access.Tests.Oidc;

public sealed class AlgorithmTests
{
    [TestCaseSource(typeof(OidcAlgorithms), nameof(OidcAlgorithms.All))]
    public async Task Every_algorithm_of_the_list_is_checked(string algorithm)
    {
        bool isEc = algorithm.StartsWith("ES", StringComparison.Ordinal);
        TokenForge key = isEc ? TokenForge.Ec("k", algorithm) : TokenForge.Rsa("k");
        using var provider = new Provider(null, key);
        string token = key.Sign(provider.Claims(), algorithm);
        Assert.That(await provider.ReasonAsync(token), Is.EqualTo("(accepted)"));
        string forged = token[..(token.LastIndexOf('.') + 1)] + TokenForge.Encode(new byte[isEc ? 64 : 256]);
        Assert.That(await provider.ReasonAsync(forged), Is.EqualTo("the token's signature is wrong"));
    }

    [Test]
    public async Task An_algorithm_that_is_configured_away_is_refused()
    {
        TokenForge ec = TokenForge.Ec("k");
        using var provider = new Provider(options => options with { Algorithms = ["RS256"] }, Provider.SharedKey, ec);
        Assert.That(await provider.ReasonAsync(ec.Sign(provider.Claims(), "ES256")), Is.EqualTo("the token's algorithm is not allowed"));
        Assert.That(await provider.ReasonAsync(provider.Key.Sign(provider.Claims())), Is.EqualTo("(accepted)"));
    }

    [Test]
    public void An_algorithm_that_anybody_could_sign_with_cannot_be_configured([Values("none", "HS256", "rs256", "EdDSA")] string algorithm) =>
        Assert.That(() => new Provider(options => options with { Algorithms = [algorithm] }), Throws.ArgumentException);

    [TestCase("AQ"), TestCase("AAE"), TestCase("AAAAAQ"), TestCase("Ag"), TestCase("AAAAAAAAAAAB")]
    public void An_exponent_with_which_anybody_could_sign_is_not_used(string exponent) =>
        Assert.That(() => Keys(RsaModulus(2048), exponent), Throws.TypeOf<FormatException>());

    [TestCase(2048, true), TestCase(2047, false), TestCase(2041, false), TestCase(1024, false), TestCase(8192, true), TestCase(8193, false)]
    public void A_modulus_has_the_length_that_it_has(int bits, bool isTaken) =>
        Assert.That(() => Keys(RsaModulus(bits), "AQAB"), isTaken ? Throws.Nothing : Throws.TypeOf<FormatException>());

    [Test]
    public async Task A_point_that_is_not_on_its_curve_checks_no_signature()
    {
        TokenForge real = TokenForge.Ec("k");
        using var provider = new Provider(null, real);
        string token = real.Sign(provider.Claims(), "ES256");
        var one = TokenForge.Encode([.. new byte[31], 1]);
        await File.WriteAllTextAsync(provider.KeyFile, $$"""{"keys":[{"kty":"EC","kid":"k","crv":"P-256","x":"{{one}}","y":"{{one}}"}]}""");
        provider.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.That(await provider.ReasonAsync(token), Is.Not.EqualTo("(accepted)"));
    }

    private static VerificationKeys Keys(string modulus, string exponent) => VerificationKeys.Parse(
        System.Text.Encoding.UTF8.GetBytes($$"""{"keys":[{"kty":"RSA","kid":"k","n":"{{modulus}}","e":"{{exponent}}"}]}"""));

    /// <summary>As long as that; nobody knows its factors, which nobody needs here.</summary>
    private static string RsaModulus(int bits)
    {
        byte[] number = new byte[(bits + 7) / 8];
        number[0] = (byte)(1 << ((bits - 1) % 8));
        number[^1] = 1;
        return TokenForge.Encode(number);
    }

    [Test]
    public async Task A_curve_belongs_to_its_algorithm()
    {
        TokenForge p384 = TokenForge.Ec("k", "ES384");
        using var provider = new Provider(null, p384);
        Assert.That(await provider.ReasonAsync(p384.Sign(provider.Claims(), "ES256")), Is.EqualTo("the token's algorithm does not fit its key"));
    }
}
