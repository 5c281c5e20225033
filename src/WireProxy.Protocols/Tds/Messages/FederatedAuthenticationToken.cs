using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Messages;

/// <summary>
/// FEDAUTH (packet type 8): the token that the client fetched after the server's FEDAUTHINFO (MS-TDS 2.2.6.3).
/// </summary>
/// <param name="Token">A credential: never printed, never recorded.</param>
/// <param name="Nonce">The server's PRELOGIN nonce, 32 bytes; null if it gave none.</param>
public sealed record FederatedAuthenticationToken(ByteString Token, ByteString? Nonce)
{
    /// <summary>Bytes of a nonce.</summary>
    public const int NonceLength = 32;

    public static FederatedAuthenticationToken Decode(ReadOnlySpan<byte> message)
    {
        var reader = new WireReader(message);
        if (reader.ReadUInt32LittleEndian() != (uint)reader.Remaining)
            throw new ProtocolException("A federated authentication token is not as long as it says.");
        var token = new ByteString(reader.ReadBytes(reader.ReadInt32LittleEndian()));
        var nonce = reader.Remaining == 0 ? default(ByteString?) : new ByteString(reader.ReadBytes(NonceLength));
        reader.End();
        return new FederatedAuthenticationToken(token, nonce);
    }

    public void Encode(WireWriter writer)
    {
        if (Nonce is { Length: not NonceLength })
            throw new InvalidOperationException("A nonce has 32 bytes.");
        writer.WriteInt32LittleEndian(sizeof(int) + Token.Length + (Nonce?.Length ?? 0));
        writer.WriteInt32LittleEndian(Token.Length);
        writer.WriteBytes(Token.Span);
        if (Nonce is { } nonce)
            writer.WriteBytes(nonce.Span);
    }
}
