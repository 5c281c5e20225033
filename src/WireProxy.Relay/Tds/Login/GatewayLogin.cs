using WireProxy.Access;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Sessions;

namespace WireProxy.Relay.Tds.Login;

/// <summary>A login that the gateway decides: the client proves itself to the gateway, and the gateway itself to the server, which learns of
/// nobody who has not.</summary>
internal sealed class GatewayLogin(Session session, ClientStart client, PreLogin? asked)
{
    private readonly UpstreamOptions _upstream = session.Listener.Options.Upstream;

    /// <summary>Everything up to the server's acceptance, which the client is yet to be told of.</summary>
    /// <exception cref="SessionEndException">The login failed; that is on record.</exception>
    public async Task<LoginRelay> RunAsync(CancellationToken cancellationToken)
    {
        var federation = new Federation(asked, session.Listener.Logins!.TokenAdvice);
        Login7 login = await HearAsync(federation, cancellationToken);
        Admission admission = (await Admission.BeginAsync(session, login.UserName))!;
        try
        {
            ByteString? granted = await new ClientProof(session, admission, federation).AskAsync(login, cancellationToken);
            UpstreamLogin own = admission.UpstreamLogin();
            session.UpstreamUser = own.Username;
            PreLogin? question = Federation.Question(asked, own.SendsToken);
            UpstreamStart upstream = await UpstreamStart.ConnectAsync(
                _upstream, session.Loop, question, session.Listener.Patience, cancellationToken);
            session.Upstream = upstream.Leg;
            var relay = new LoginRelay(session, question, cancellationToken, new OwnLogin(session, admission, own, granted));
            await relay.RunAsync(upstream, null, OwnLogin.Stripped(login));
            return relay;
        }
        catch (Exception e) when (e is SessionEndException { End.IsOrdinary: false } or ProtocolException)
        {
            await admission.RecordFailureAsync(login.Database);
            throw;
        }
    }

    private async Task<Login7> HearAsync(Federation federation, CancellationToken cancellationToken)
    {
        try
        {
            client.CheckEncryption(asked);
            session.Place!.Take();
        }
        catch (SessionEndException)
        {
            await client.HearLoginAsync(asked, cancellationToken);
            throw;
        }
        if (asked is not null)
            await client.AnswerAsync(asked, federation.Complete(ClientStart.OwnAnswer(asked)), cancellationToken);
        byte[] payload = await client.ReadLoginAsync();
        try
        {
            Login7 login = Login7.Decode(payload);
            session.Farewell = new Farewell(new TokenFormat(login.Version), login.UserName);
            return login;
        }
        finally
        {
            payload.AsSpan().Clear();
        }
    }
}
