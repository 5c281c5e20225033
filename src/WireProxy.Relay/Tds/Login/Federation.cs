using System.Security.Cryptography;
using WireProxy.Access;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Wire;

namespace WireProxy.Relay.Tds.Login;

/// <summary>What PRELOGIN has agreed on about federated authentication between the client and the gateway (MS-TDS 2.2.6.5).</summary>
internal sealed class Federation
{
    private readonly bool _isRequired;
    private readonly ByteString? _clientNonce;
    private readonly ByteString? _nonce;

    /// <param name="asked">The client's PRELOGIN, or null where it sent none.</param>
    /// <param name="advice">Null: no tokens are taken.</param>
    public Federation(PreLogin? asked, TokenAdvice? advice)
    {
        Advice = advice;
        // "Required" rules out integrated security alone, which the gateway never takes; a name and password may still come.
        _isRequired = advice is not null && asked?.FederatedAuthenticationRequired == 1;
        if (_isRequired && asked!.Nonce is { Length: FederatedAuthenticationToken.NonceLength } nonce)
        {
            _clientNonce = nonce;
            _nonce = new ByteString(RandomNumberGenerator.GetBytes(FederatedAuthenticationToken.NonceLength));
        }
    }

    public TokenAdvice? Advice { get; }

    /// <summary>Data of FEDAUTH in FEATUREEXTACK: the client's nonce where it gave one (MS-TDS 3.2.5.4).</summary>
    public ByteString Grant => _clientNonce ?? default;

    /// <param name="answer">The gateway's answer to PRELOGIN so far.</param>
    public PreLogin Complete(PreLogin answer)
    {
        if (_isRequired)
            answer = answer.With(PreLoginOptionType.FederatedAuthenticationRequired, new ByteString([1]));
        return _nonce is { } nonce ? answer.With(PreLoginOptionType.Nonce, nonce) : answer;
    }

    /// <summary>What the gateway asks the upstream: the client's own affairs stay here.</summary>
    /// <param name="sendsToken">The gateway may log in with a token.</param>
    public static PreLogin? Question(PreLogin? asked, bool sendsToken)
    {
        if (asked is null && !sendsToken)
            return null;
        PreLogin question = (asked ?? new PreLogin([new PreLoginOption(PreLoginOptionType.Version, PreLogin.VersionData(16, 0, 0))]))
            .Without(PreLoginOptionType.Nonce)
            // The client has been answered before the upstream was asked.
            .With(PreLoginOptionType.Mars, new ByteString([0]));
        return sendsToken
            ? question.With(PreLoginOptionType.FederatedAuthenticationRequired, new ByteString([1]))
            : question.Without(PreLoginOptionType.FederatedAuthenticationRequired);
    }

    /// <summary>The client repeats what it was told, so that nobody has changed it on the way (MS-TDS 3.3.5.5).</summary>
    /// <exception cref="ProtocolException">It does not.</exception>
    public void CheckEcho(FederatedAuthenticationFeature feature)
    {
        if (feature.Echo != _isRequired)
            throw new ProtocolException("A federated login does not repeat what PRELOGIN said of it.");
    }

    /// <exception cref="ProtocolException">It is not the one that the gateway gave, or the gateway gave none.</exception>
    public void CheckNonce(ReadOnlySpan<byte> returned)
    {
        if (!CryptographicOperations.FixedTimeEquals(returned, (_nonce ?? default).Span))
            throw new ProtocolException("A federated login does not return the nonce of PRELOGIN.");
    }
}
