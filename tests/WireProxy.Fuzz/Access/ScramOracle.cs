using System.Text;
using WireProxy.Access;

namespace WireProxy.Fuzz.Access;

/// <summary>RFC 7677's exchange (section 3) with one message damaged: it is refused, unless the message is the right one after all.</summary>
internal static class ScramOracle
{
    public const string ClientFirst = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
    public const string ServerFirst = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
    public const string ClientFinal =
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
    public const string ServerFinal = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

    private const string ServerNonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    private const string ClientNonce = "rOprNGfwEbeRWgbNEkqO";

    private static readonly ScramVerifier Verifier = ScramKeys.Verifier("pencil"u8, Convert.FromBase64String("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096);

    // Shared, or each input would cost PBKDF2's thousands of iterations.
    private static readonly ScramKeyCache Keys = new();

    /// <summary>Damages of the first and of the final message are told apart by how it begins.</summary>
    public static string? CheckServer(byte[] message)
    {
        bool isFinal = message.AsSpan().StartsWith("c"u8);
        var server = new ScramServer(Verifier, default, ServerNonce);
        try
        {
            server.Begin(ScramMechanisms.Plain, isFinal ? Bytes(ClientFirst) : message);
            bool isProved = server.Finish(isFinal ? message : Bytes(ClientFinal), out byte[] answer);
            bool isRight = message.AsSpan().SequenceEqual(Bytes(isFinal ? ClientFinal : ClientFirst));
            if (isProved != isRight)
                return isProved ? "a damaged exchange let in" : "the right exchange did not let in";
            return isProved == (answer.Length > 0) ? null : "a signature belongs to a proof";
        }
        catch (ScramException)
        {
            return null;
        }
    }

    public static string? CheckClient(byte[] message)
    {
        bool isFinal = message.AsSpan().StartsWith("v"u8);
        using var password = new Secret("pencil"u8);
        var client = new ScramClient([ScramMechanisms.Plain], default, password, Keys, ClientNonce) { UserName = "user" };
        try
        {
            client.Begin();
            // A number of iterations within the limits may take half a second, which a fuzzer has no time for.
            if (!isFinal && AsksForMuchWork(message))
                return null;
            client.Continue(isFinal ? message.Length == 0 ? message : Bytes(ServerFirst) : message);
            client.Finish(isFinal ? message : Bytes(ServerFinal));
            return message.AsSpan().StartsWith(Bytes(isFinal ? ServerFinal : ServerFirst)) ? null : "a damaged exchange was believed";
        }
        catch (ScramException)
        {
            return null;
        }
    }

    public static string? CheckPreparation(byte[] password)
    {
        byte[] once = SaslPrep.Prepare(password);
        if (password.Length > 0 && once.Length == 0)
            return "a password became empty";
        return SaslPrep.Prepare(once).AsSpan().SequenceEqual(once) ? null : "preparing twice is not preparing once";
    }

    private static bool AsksForMuchWork(ReadOnlySpan<byte> message)
    {
        int at = message.LastIndexOf(",i="u8);
        return at >= 0 && message[(at + 3)..].IndexOfAnyExceptInRange((byte)'0', (byte)'9') is var digits && (digits < 0 ? message.Length - at - 3 : digits) > 4;
    }

    private static byte[] Bytes(string text) => Encoding.ASCII.GetBytes(text);
}
