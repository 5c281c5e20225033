using System.Collections.Immutable;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace WireProxy.Access;

/// <summary>
/// One SCRAM-SHA-256 exchange, the server's side (RFC 5802, RFC 7677): messages in, messages out, no I/O. The user name inside the
/// client's message is not looked at, as PostgreSQL does it: the startup message has said it.
/// </summary>
public sealed class ScramServer
{
    private readonly ScramVerifier _verifier;
    private readonly ReadOnlyMemory<byte> _endPoint;
    private readonly string _ownNonce;
    private byte[] _gs2Header = [];
    private byte[] _clientFirstBare = [];
    private byte[] _serverFirst = [];
    private byte[] _nonce = [];
    private bool _isBound;
    private int _step;

    /// <param name="verifier">Of <see cref="ILoginAuthority.VerifierFor"/>.</param>
    /// <param name="endPoint">Of <see cref="ChannelBinding.TlsServerEndPoint"/> of the certificate that this client was shown; empty: -PLUS is not offered.</param>
    public ScramServer(ScramVerifier verifier, ReadOnlyMemory<byte> endPoint = default)
        : this(verifier, endPoint, ScramMechanisms.NewNonce())
    {
    }

    /// <param name="nonce">Of a test vector.</param>
    internal ScramServer(ScramVerifier verifier, ReadOnlyMemory<byte> endPoint, string nonce)
    {
        _verifier = verifier;
        _endPoint = endPoint;
        _ownNonce = nonce;
    }

    /// <summary>To be offered to the client, the one to prefer first.</summary>
    public ImmutableArray<string> Mechanisms => OffersPlus ? [ScramMechanisms.Plus, ScramMechanisms.Plain] : [ScramMechanisms.Plain];

    private bool OffersPlus => !_endPoint.IsEmpty;

    /// <summary>Takes client-first-message.</summary>
    /// <param name="mechanism">The one that the client chose.</param>
    /// <returns>server-first-message.</returns>
    /// <exception cref="ScramException">Malformed, a mechanism that was not offered, or a downgrade.</exception>
    public byte[] Begin(string mechanism, ReadOnlySpan<byte> clientFirst)
    {
        Expect(0);
        if (!Mechanisms.Contains(mechanism, StringComparer.Ordinal)) throw new ScramException("a mechanism that was not offered was chosen");

        var text = new ScramText(clientFirst);
        ReadGs2Header(ref text, mechanism == ScramMechanisms.Plus);
        _gs2Header = clientFirst[..text.Position].ToArray();
        _clientFirstBare = clientFirst[text.Position..].ToArray();

        text.RefuseMandatoryExtension();
        text.ReadValue((byte)'n', "the user name is missing");
        text.ReadComma("the nonce is missing");
        ReadOnlySpan<byte> clientNonce = text.ReadNonce();
        SkipExtensions(ref text);

        _nonce = [.. clientNonce, .. Encoding.ASCII.GetBytes(_ownNonce)];
        string salt = Convert.ToBase64String(_verifier.Salt.AsSpan());
        _serverFirst = Encoding.ASCII.GetBytes($"r={Encoding.ASCII.GetString(_nonce)},s={salt},i={_verifier.Iterations}");
        _step = 1;
        return _serverFirst;
    }

    /// <summary>Takes client-final-message.</summary>
    /// <param name="serverFinal">server-final-message, empty where the proof is wrong.</param>
    /// <returns>False: the password is wrong.</returns>
    /// <exception cref="ScramException">Malformed, another exchange's nonce, or another channel than this one.</exception>
    public bool Finish(ReadOnlySpan<byte> clientFinal, out byte[] serverFinal)
    {
        Expect(1);
        serverFinal = [];
        var text = new ScramText(clientFinal);
        ReadOnlySpan<byte> binding = text.ReadValue((byte)'c', "the channel binding is missing");
        byte[] expected = ScramMechanisms.BindingInput(_gs2Header, _isBound ? _endPoint.Span : []);
        if (!CryptographicOperations.FixedTimeEquals(binding, expected)) throw new ScramException("the channel binding is not that of this connection");

        text.ReadComma("the nonce is missing");
        if (!CryptographicOperations.FixedTimeEquals(text.ReadNonce(), _nonce)) throw new ScramException("the nonce is not that of this exchange");
        byte[] proof = ReadProof(ref text, out int withoutProof);

        byte[] authMessage = [.. _clientFirstBare, (byte)',', .. _serverFirst, (byte)',', .. clientFinal[..withoutProof]];
        if (!IsProved(proof, authMessage)) return false;
        byte[] signature = HMACSHA256.HashData(_verifier.ServerKey.AsSpan(), authMessage);
        serverFinal = Encoding.ASCII.GetBytes("v=" + Convert.ToBase64String(signature));
        return true;
    }

    /// <summary>gs2-header (RFC 5802, section 7), and what section 6 has a server refuse.</summary>
    private void ReadGs2Header(ref ScramText text, bool isPlus)
    {
        if (text.IsAt((byte)'p'))
        {
            if (!isPlus) throw new ScramException("a channel was bound without -PLUS");
            if (!text.ReadValue((byte)'p', "").SequenceEqual("tls-server-end-point"u8)) throw new ScramException("the kind of channel binding is not supported");
            _isBound = true;
        }
        else
        {
            byte flag = text.ReadByte("the channel binding flag is missing");
            if (flag is not ((byte)'n' or (byte)'y')) throw new ScramException("the channel binding flag is unknown");
            if (isPlus) throw new ScramException("-PLUS was chosen without binding the channel");
            // The client could bind and believes that we cannot: somebody between us took -PLUS from our offer.
            if (flag == (byte)'y' && OffersPlus) throw new ScramException("a downgrade from -PLUS was tried");
        }
        text.ReadComma("the GS2 header is malformed");
        if (text.IsAt((byte)'a')) throw new ScramException("an authorization identity is not supported");
        text.ReadComma("the GS2 header is malformed");
    }

    private byte[] ReadProof(ref ScramText text, out int withoutProof)
    {
        while (true)
        {
            withoutProof = text.Position;
            text.ReadComma("the proof is missing");
            if (text.IsAt((byte)'p')) break;
            text.RefuseMandatoryExtension();
            text.SkipExtension();
        }
        byte[] proof = ScramText.FromBase64(text.ReadValue((byte)'p', ""), "the proof is not base64");
        if (!text.IsAtEnd) throw new ScramException("something follows the proof");
        _step = 2;
        return proof.Length == ScramKeys.Length ? proof : throw new ScramException("the proof has a wrong length");
    }

    private bool IsProved(ReadOnlySpan<byte> proof, ReadOnlySpan<byte> authMessage)
    {
        Span<byte> clientKey = stackalloc byte[ScramKeys.Length];
        Span<byte> stored = stackalloc byte[ScramKeys.Length];
        HMACSHA256.HashData(_verifier.StoredKey.AsSpan(), authMessage, clientKey);
        for (int i = 0; i < clientKey.Length; i++)
            clientKey[i] ^= proof[i];
        SHA256.HashData(clientKey, stored);
        // Whoever has ClientKey can log in.
        CryptographicOperations.ZeroMemory(clientKey);
        return CryptographicOperations.FixedTimeEquals(stored, _verifier.StoredKey.AsSpan());
    }

    private static void SkipExtensions(ref ScramText text)
    {
        while (!text.IsAtEnd)
        {
            text.ReadComma("an attribute is malformed");
            text.RefuseMandatoryExtension();
            text.SkipExtension();
        }
    }

    private void Expect(int step)
    {
        if (_step != step) throw new UnreachableException("The steps of an exchange have one order.");
    }
}
