using System.Buffers.Text;
using System.Collections.Immutable;
using System.Text;
using WireProxy.Access;

namespace WireProxy.Fuzz.Access;

/// <summary>Tokens, claims and key sets: read or refused, and what is read is usable.</summary>
internal static class TokenOracle
{
    public static readonly string[] Claims =
    [
        """{"iss":"https://login.example.org","aud":["a","wireproxy"],"sub":"alice","iat":1772366400,"nbf":1772366400.5,"exp":1772366700,"groups":["a","b"],"act":{"sub":"agent"},"scope":"x y"}""",
        """{"iss":"https://kubernetes.default.svc","sub":"system:serviceaccount:a:b","exp":1772366700,"kubernetes.io":{"namespace":"a","pod":{"name":"b-\u00fc\ud83d\ude00"}}}""",
        """{"sub":"alice","exp":1772366700,"_claim_names":{"groups":"src1"},"hasgroups":true,"realm_access":{"roles":["a"]},"verified":true,"n":1e3}""",
    ];

    public static readonly string[] Tokens =
    [
        .. Claims.Select(claims => $"{Encode("""{"alg":"RS256","kid":"key-1","typ":"at+jwt"}""")}.{Encode(claims)}.AAAA"),
        $"{Encode("""{"alg":"dir","enc":"A128CBC-HS256","zip":"DEF"}""")}..AAAA.AAAA.AAAA",
    ];

    public static readonly string[] KeySets =
    [
        $$"""{"keys":[{"kty":"RSA","use":"sig","kid":"a","alg":"RS256","n":"{{Encode(new string('x', 256))}}","e":"AQAB"},{"kty":"oct","k":"AAAA"}]}""",
        $$"""{"keys":[{"kty":"EC","key_ops":["verify"],"kid":"b","crv":"P-256","x":"{{Encode(new string('x', 32))}}","y":"{{Encode(new string('y', 32))}}"}]}""",
    ];

    private static readonly OidcProviderOptions Options = new("https://login.example.org", ["wireproxy"])
    {
        GroupClaims = ["groups", "realm_access.roles", "kubernetes.io.namespace"],
        AgentClaims = ["act.sub", "kubernetes.io.pod.name"],
        PurposeClaim = "scope",
        RequiredClaims = ImmutableDictionary<string, string>.Empty.Add("sub", "alice"),
    };

    public static string? CheckToken(byte[] input)
    {
        try
        {
            using CompactToken token = CompactToken.Parse(Encoding.Latin1.GetString(input));
            return token.Text.Count(character => character == '.') == 2 ? null : "a token has three parts";
        }
        catch (TokenRefusedException)
        {
            return null;
        }
    }

    public static string? CheckClaims(byte[] json)
    {
        try
        {
            using CompactToken token = CompactToken.Parse($"{Encode("{\"alg\":\"RS256\"}")}.{Base64Url.EncodeToString(json)}.AAAA");
            Identity identity = TokenClaims.ReadIdentity(token.Claims, Options);
            string?[] names = [identity.Name, .. identity.Groups, identity.Agent, identity.Purpose];
            if (names.Any(name => name is "" || name?.Any(char.IsControl) == true))
                return "a name is empty or holds control characters";
            DateTimeOffset now = DateTimeOffset.FromUnixTimeSeconds(1_772_366_500);
            DateTimeOffset ends = TokenClaims.CheckTimes(token.Claims, Options.ClockSkew, now);
            if (ends <= now)
                return "a token that is over was taken";
            TokenClaims.CheckRequired(token.Claims, Options);
            return identity.Name == "alice" ? null : "the required claim is another";
        }
        catch (TokenRefusedException)
        {
            return null;
        }
    }

    public static string? CheckKeySet(byte[] json)
    {
        try
        {
            VerificationKeys keys = VerificationKeys.Parse(json);
            return keys.Find(null, "HS256") is null && keys.Find(null, "none") is null ? null : "a key fits an algorithm that anybody can sign with";
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
