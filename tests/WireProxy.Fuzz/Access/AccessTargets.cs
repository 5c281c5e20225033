using System.Text;
using WireProxy.Fuzz.Fuzzing;

namespace WireProxy.Fuzz.Access;

/// <summary>The fuzz targets of what a stranger sends to prove who they are, and of what a provider or a database answers.</summary>
public static class AccessTargets
{
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        Of("token", TokenOracle.Tokens, TokenOracle.CheckToken),
        Of("token-claims", TokenOracle.Claims, TokenOracle.CheckClaims),
        Of("jwk-set", TokenOracle.KeySets, TokenOracle.CheckKeySet),
        Of("scram-server", [ScramOracle.ClientFirst, ScramOracle.ClientFinal], ScramOracle.CheckServer),
        Of("scram-client", [ScramOracle.ServerFirst, ScramOracle.ServerFinal], ScramOracle.CheckClient),
        Of("saslprep", ["pencil", "\uFB01ne \u00FC\u2168\u03A9\uD55C", "x\u00AD\u1EF5\u0327\u0301", "\u0627\u0031\u0628"], ScramOracle.CheckPreparation),
        new("certificate-names", random => Mutator.Mutate(random, CertificateOracle.Certificate, CertificateOracle.Certificate),
            (_, input) => CertificateOracle.Check(input)),
    ];

    private static FuzzTarget Of(string name, string[] seeds, Func<byte[], string?> check)
    {
        byte[][] bytes = [.. seeds.Select(Encoding.UTF8.GetBytes)];
        return new FuzzTarget(name, random => Mutator.Mutate(random, random.Pick(bytes), random.Pick(bytes)), (_, input) => check(input));
    }
}
