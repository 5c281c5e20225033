using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Wire;

namespace WireProxy.Relay.Tds;

/// <summary>DATACLASSIFICATION, asked for on the gateway's own account where columns are protected and the client does not ask: the server then
/// says of each result which of its columns are made of classified ones. A client that did not ask learns neither that it was granted
/// (MS-TDS 2.2.7.11) nor what it says.</summary>
internal sealed class OwnClassification(bool isWanted)
{
    /// <summary>With sensitivity ranks (MS-TDS 2.2.7.5); a server that has less says so.</summary>
    private const byte Version = 2;

    /// <summary>The gateway asks and the client does not: the answer is kept from it.</summary>
    public bool IsAsked { get; private set; }

    public Login7 Ask(Login7 login)
    {
        // Features came with TDS 7.4. A client may ask for what it likes; then what it gets is between it and the server.
        if (!isWanted || login.Version < TdsVersion.V74 || login.Features?[FeatureId.DataClassification] is not null)
            return login;
        IsAsked = true;
        return login with { Features = (login.Features ?? FeatureExtensions.None).With(FeatureId.DataClassification, new ByteString([Version])) };
    }

    /// <summary>The answer to a login without the grant; null where there is none in it.</summary>
    /// <param name="answer">Whole tokens.</param>
    public byte[]? Without(ReadOnlySpan<byte> answer, TokenFormat format)
    {
        if (!IsAsked)
            return null;
        var tokens = new TokenReader(format);
        using var kept = new WireWriter();
        bool isChanged = false;
        while (tokens.TryRead(answer, out Token token))
        {
            answer = answer[token.Bytes.Length..];
            if (token.Type != TokenType.FeatureExtAck || FeatureExtAck.Decode(token.Bytes) is not { } granted
                || granted[FeatureId.DataClassification] is null)
            {
                kept.WriteBytes(token.Bytes);
                continue;
            }
            isChanged = true;
            FeatureExtAck others = granted.Without(FeatureId.DataClassification);
            if (others.Features.Count > 0)
                others.Encode(kept);
        }
        return isChanged ? kept.WrittenSpan.ToArray() : null;
    }
}
