using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Messages;

/// <summary>How a federated login comes by its token (MS-TDS 2.2.6.4, bFedAuthLibrary).</summary>
public enum FederatedAuthenticationLibrary : byte
{
    LiveIdCompactToken = 0,
    /// <summary>The token stands in the login.</summary>
    SecurityToken = 1,
    /// <summary>The token comes in a message of its own (<see cref="FederatedAuthenticationToken"/>).</summary>
    Adal = 2,
}

/// <summary>The data of the FEDAUTH feature in LOGIN7 (MS-TDS 2.2.6.4).</summary>
/// <param name="Library">7 bits; the numbers above 2 are reserved.</param>
/// <param name="Echo">The client repeats that the server asked for federated authentication in PRELOGIN.</param>
/// <param name="Token">A credential: never printed, never recorded. Empty with ADAL.</param>
/// <param name="Other">What follows the token (nonce, channel binding, signature), or the workflow of ADAL.</param>
public sealed record FederatedAuthenticationFeature(
    FederatedAuthenticationLibrary Library, bool Echo, ByteString Token, ByteString Other)
{
    private const byte EchoBit = 1;

    public static FederatedAuthenticationFeature Decode(ReadOnlySpan<byte> data)
    {
        var reader = new WireReader(data);
        byte options = reader.ReadByte();
        var library = (FederatedAuthenticationLibrary)(options >> 1);
        var token = library switch
        {
            FederatedAuthenticationLibrary.Adal => default,
            FederatedAuthenticationLibrary.LiveIdCompactToken or FederatedAuthenticationLibrary.SecurityToken =>
                new ByteString(reader.ReadBytes(reader.ReadInt32LittleEndian())),
            _ => throw new ProtocolException("A federated login names a library that is reserved."),
        };
        return new FederatedAuthenticationFeature(
            library, (options & EchoBit) != 0, token, new ByteString(reader.ReadBytes(reader.Remaining)));
    }

    /// <summary>Writes the feature's data.</summary>
    public void Encode(WireWriter writer)
    {
        writer.WriteByte((byte)((byte)Library << 1 | (Echo ? EchoBit : 0)));
        if (Library != FederatedAuthenticationLibrary.Adal)
        {
            writer.WriteInt32LittleEndian(Token.Length);
            writer.WriteBytes(Token.Span);
        }
        writer.WriteBytes(Other.Span);
    }
}
