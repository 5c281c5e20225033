using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace WireProxy.Access;

/// <summary>One SCRAM-SHA-256 exchange, the client's side (RFC 5802, RFC 7677): messages in, messages out, no I/O.</summary>
public sealed class ScramClient
{
    /// <summary>A server that asks for fewer iterations (RFC 7677, section 4) gets no proof, for it would be guessed too cheaply.</summary>
    public const int FewestIterations = 4_096;
    /// <summary>A server that asks for more would keep us busy: this many take about half a second.</summary>
    public const int MostIterations = 2_000_000;

    private readonly ReadOnlyMemory<byte> _endPoint;
    private readonly Secret _password;
    private readonly ScramKeyCache? _cache;
    private readonly string _gs2Header;
    private readonly string _nonce;
    private byte[] _expectedSignature = [];
    private int _step;

    /// <param name="offered">The server's mechanisms.</param>
    /// <param name="endPoint">Of <see cref="ChannelBinding.TlsServerEndPoint"/> of the server's certificate; empty without TLS.</param>
    /// <param name="password">Is used until <see cref="Continue"/> has returned; the caller disposes of it.</param>
    /// <param name="cache">Null: PBKDF2 runs at each login.</param>
    /// <exception cref="ScramException">Nothing that is offered can be used.</exception>
    public ScramClient(IReadOnlyCollection<string> offered, ReadOnlyMemory<byte> endPoint, Secret password, ScramKeyCache? cache = null)
        : this(offered, endPoint, password, cache, ScramMechanisms.NewNonce())
    {
    }

    /// <param name="nonce">Of a test vector.</param>
    internal ScramClient(IReadOnlyCollection<string> offered, ReadOnlyMemory<byte> endPoint, Secret password, ScramKeyCache? cache, string nonce)
    {
        bool binds = !endPoint.IsEmpty && offered.Contains(ScramMechanisms.Plus, StringComparer.Ordinal);
        if (!binds && !offered.Contains(ScramMechanisms.Plain, StringComparer.Ordinal))
            throw new ScramException("the server offers no mechanism that can be used on this connection");
        Mechanism = binds ? ScramMechanisms.Plus : ScramMechanisms.Plain;
        // "y" lets a server that did offer -PLUS see that somebody between us took it away (RFC 5802, section 6).
        _gs2Header = binds ? $"p={ScramMechanisms.BindingName},," : endPoint.IsEmpty ? "n,," : "y,,";
        _endPoint = binds ? endPoint : default;
        _password = password;
        _cache = cache;
        _nonce = nonce;
    }

    /// <summary>To be named in SASLInitialResponse.</summary>
    public string Mechanism { get; }

    private string FirstBare => $"n={UserName},r={_nonce}";

    /// <summary>PostgreSQL takes the startup message's and wants none here. A test vector has one.</summary>
    internal string UserName { get; init; } = "";

    /// <returns>client-first-message.</returns>
    public byte[] Begin()
    {
        Expect(0);
        return Encoding.ASCII.GetBytes(_gs2Header + FirstBare);
    }

    /// <summary>Takes server-first-message.</summary>
    /// <returns>client-final-message.</returns>
    /// <exception cref="ScramException">Malformed, another exchange's nonce, or a number of iterations out of bounds.</exception>
    public byte[] Continue(ReadOnlySpan<byte> serverFirst)
    {
        Expect(1);
        var text = new ScramText(serverFirst);
        text.RefuseMandatoryExtension();
        string nonce = Encoding.ASCII.GetString(text.ReadNonce());
        if (nonce.Length <= _nonce.Length || !nonce.StartsWith(_nonce, StringComparison.Ordinal))
            throw new ScramException("the server's nonce does not extend ours");
        text.ReadComma("the salt is missing");
        byte[] salt = ScramText.FromBase64(text.ReadValue((byte)'s', "the salt is missing"), "the salt is not base64");
        if (salt.Length == 0) throw new ScramException("the salt is empty");
        text.ReadComma("the number of iterations is missing");
        int iterations = Iterations(text.ReadValue((byte)'i', "the number of iterations is missing"));
        while (!text.IsAtEnd)
        {
            text.ReadComma("an attribute is malformed");
            text.RefuseMandatoryExtension();
            text.SkipExtension();
        }

        string binding = Encoding.ASCII.GetString(ScramMechanisms.BindingInput(Encoding.ASCII.GetBytes(_gs2Header), _endPoint.Span));
        byte[] withoutProof = Encoding.ASCII.GetBytes($"c={binding},r={nonce}");
        byte[] authMessage = [.. Encoding.UTF8.GetBytes(FirstBare), (byte)',', .. serverFirst, (byte)',', .. withoutProof];
        string proof = Convert.ToBase64String(Prove(salt, iterations, authMessage));
        return [.. withoutProof, .. ",p="u8, .. Encoding.ASCII.GetBytes(proof)];
    }

    /// <summary>Takes server-final-message: the server has proved that it knows the password's verifier.</summary>
    /// <exception cref="ScramException">It has not, or says that the login failed.</exception>
    public void Finish(ReadOnlySpan<byte> serverFinal)
    {
        Expect(2);
        var text = new ScramText(serverFinal);
        if (text.IsAt((byte)'e')) throw new ScramException("the server refused the proof");
        byte[] signature = ScramText.FromBase64(text.ReadValue((byte)'v', "the server's signature is missing"), "the server's signature is not base64");
        if (!CryptographicOperations.FixedTimeEquals(signature, _expectedSignature))
            throw new ScramException("the server does not know the password: its signature is wrong");
        while (!text.IsAtEnd)
        {
            text.ReadComma("an attribute is malformed");
            text.SkipExtension();
        }
    }

    private byte[] Prove(ReadOnlySpan<byte> salt, int iterations, ReadOnlySpan<byte> authMessage)
    {
        Span<byte> keys = stackalloc byte[2 * ScramKeys.Length];
        Span<byte> stored = stackalloc byte[ScramKeys.Length];
        if (_cache is null) ScramKeyCache.Derive(_password.Utf8, salt, iterations, keys);
        else _cache.Find(_password.Utf8, salt, iterations, keys);
        Span<byte> clientKey = keys[..ScramKeys.Length];
        SHA256.HashData(clientKey, stored);
        byte[] proof = HMACSHA256.HashData(stored, authMessage);
        for (int i = 0; i < proof.Length; i++)
            proof[i] ^= clientKey[i];
        _expectedSignature = HMACSHA256.HashData(keys[ScramKeys.Length..], authMessage);
        CryptographicOperations.ZeroMemory(keys);
        return proof;
    }

    private static int Iterations(ReadOnlySpan<byte> text)
    {
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int iterations))
            throw new ScramException("the number of iterations is malformed");
        return iterations is >= FewestIterations and <= MostIterations ? iterations
            : throw new ScramException($"the server asks for {iterations} iterations; {FewestIterations} to {MostIterations} are taken");
    }

    private void Expect(int step)
    {
        if (_step++ != step) throw new UnreachableException("The steps of an exchange have one order.");
    }
}
