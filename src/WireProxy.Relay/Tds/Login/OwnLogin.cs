using System.Text;
using WireProxy.Access;
using WireProxy.Policy;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Sessions;

namespace WireProxy.Relay.Tds.Login;

/// <summary>The client's LOGIN7 with the gateway's own credential in place of the client's.</summary>
/// <param name="granted">Data of FEDAUTH in the client's FEATUREEXTACK; null where the client did not ask for it.</param>
internal sealed class OwnLogin(Session session, Admission admission, UpstreamLogin login, ByteString? granted)
{
    /// <summary>fUserType and fIntSecurity of OptionFlags2: a user like any other, who brings a password.</summary>
    private const byte UserBits = 0xF0;

    /// <summary>fUserInstance of OptionFlags3.</summary>
    private const byte UserInstanceBit = 0x04;

    public Subject SubjectFor(string database) => admission.SubjectFor(database);

    /// <summary>What is left of a client's login without who it is. Language, database, host and application name stay.</summary>
    public static Login7 Stripped(Login7 client) => client with
    {
        UserName = "",
        Password = default,
        Sspi = default,
        OptionFlags2 = (byte)(client.OptionFlags2 & ~UserBits),
        OptionFlags3 = (byte)(client.OptionFlags3 & ~UserInstanceBit),
        Features = client.Features?.Without(FeatureId.FederatedAuthentication),
    };

    /// <exception cref="SessionEndException">The credential cannot be had, or somebody on the way could read it.</exception>
    public async Task SendAsync(UpstreamStart upstream, Login7 stripped, CancellationToken cancellationToken)
    {
        if (!MayCarry(upstream, login))
            throw Failed("the gateway's credential would pass in the clear: the upstream connection is not encrypted (upstream.tls)");
        using Secret? secret = await admission.ReadUpstreamSecretAsync(login, cancellationToken);
        await upstream.SendSecretLoginAsync(WithCredential(stripped, login, secret, upstream.Answer));
    }

    /// <summary>A password is in the first packet of a login, which every kind of encryption hides; a token may not be.</summary>
    public static bool MayCarry(UpstreamStart upstream, UpstreamLogin login) => login.SendsToken ? upstream.HidesToken : upstream.HidesPassword;

    /// <param name="answer">The server's to PRELOGIN.</param>
    public static Login7 WithCredential(Login7 stripped, UpstreamLogin login, Secret? secret, PreLogin answer)
    {
        string text = secret is null ? "" : Encoding.UTF8.GetString(secret.Utf8);
        if (!login.SendsToken)
            return stripped with { UserName = login.Username, Password = new LoginSecret(text) };
        using var characters = new WireWriter();
        TdsText.WriteCharacters(characters, text);
        using var data = new WireWriter();
        new FederatedAuthenticationFeature(
            FederatedAuthenticationLibrary.SecurityToken, answer.FederatedAuthenticationRequired == 1, new ByteString(characters.WrittenSpan), default).Encode(data);
        return stripped with
        {
            Features = (stripped.Features ?? FeatureExtensions.None).With(FeatureId.FederatedAuthentication, new ByteString(data.WrittenSpan)),
        };
    }

    /// <summary>The server's acceptance as the client must see it: FEDAUTH is granted by the gateway, or not asked for. Null: as it is.</summary>
    /// <param name="answer">Whole tokens.</param>
    public byte[]? Reworded(ReadOnlySpan<byte> answer, TokenFormat format)
    {
        if (granted is null && !login.SendsToken)
            return null;
        var tokens = new TokenReader(format);
        using var worded = new WireWriter();
        bool isGiven = granted is null;
        while (tokens.TryRead(answer, out Token token))
        {
            answer = answer[token.Bytes.Length..];
            if (token.Type == TokenType.FeatureExtAck)
            {
                EncodeGrant(FeatureExtAck.Decode(token.Bytes).Without(FeatureId.FederatedAuthentication), worded);
                isGiven = true;
                continue;
            }
            if (token.Type == TokenType.Done && !isGiven)
            {
                EncodeGrant(new FeatureExtAck([]), worded);
                isGiven = true;
            }
            worded.WriteBytes(token.Bytes);
        }
        return worded.WrittenSpan.ToArray();
    }

    private void EncodeGrant(FeatureExtAck others, WireWriter writer)
    {
        FeatureExtAck all = granted is { } data
            ? new FeatureExtAck([.. others.Features, new FeatureExtension(FeatureId.FederatedAuthentication, data)]) : others;
        if (all.Features.Count > 0)
            all.Encode(writer);
    }

    /// <param name="error">The server's; null: it asks for what the gateway cannot give.</param>
    public SessionEndException Refused(ServerMessage? error)
    {
        if (error is null)
            return Failed("the database asks for more than a password or token, which the gateway cannot give");
        Log($"error {error.Number}, state {error.State}");
        return new SessionEndException(UpstreamRefusal.ForClient(error));
    }

    private SessionEndException Failed(string reason)
    {
        Log(reason);
        return new SessionEndException(UpstreamRefusal.Failed(reason));
    }

    private void Log(string reason) => session.Listener.Log.UpstreamRefused(session.Listener.Options.Name, session.Id, reason);
}
