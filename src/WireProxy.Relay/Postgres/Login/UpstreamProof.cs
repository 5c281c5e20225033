using System.Security.Cryptography.X509Certificates;
using WireProxy.Access;
using WireProxy.Protocols.Postgres;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Sessions;
using WireProxy.Relay.Transport;

namespace WireProxy.Relay.Postgres.Login;

/// <summary>
/// The gateway proves to the server who it is, with a login that it alone holds: by its certificate, SCRAM-SHA-256(-PLUS), MD5, or in the
/// clear where nobody listens. What the server says against it is the operator's business and goes to the log.
/// </summary>
/// <param name="keys">What earlier logins have derived from the same password.</param>
internal sealed class UpstreamProof(Session session, Admission admission, UpstreamLogin login, ScramKeyCache keys, CancellationToken cancellationToken)
{
    private readonly Leg _client = session.Client;
    private readonly Leg _upstream = session.Upstream!;

    /// <summary>Until AuthenticationOk has come.</summary>
    /// <exception cref="SessionEndException">The server refused the login, or asked for what must not be given.</exception>
    public async Task GiveAsync(StartupMessage startup)
    {
        startup.Encode(_upstream.Output.BeginOwn());
        await _upstream.Output.FlushAsync();
        while (await ReceiveAsync() is not Authentication.Ok and var request)
            await AnswerAsync(request);
    }

    /// <summary>
    /// The first message of the session: what the server has against it (no such database, too many connections of the role, an unknown
    /// setting) it says only behind AuthenticationOk. The message stays where it is.
    /// </summary>
    public async Task AwaitSessionAsync()
    {
        (byte type, int length) = await FrameIo.ReceiveAnswerAsync(session, cancellationToken);
        if (type == (byte)BackendMessageType.ErrorResponse)
            throw Refused(ErrorFields.Decode(FrameIo.Body(_upstream, length)), isLoggedIn: true);
    }

    private async Task AnswerAsync(Authentication request)
    {
        switch (request)
        {
            case Authentication.Sasl sasl when !login.SendsToken:
                await ExchangeScramAsync(sasl);
                break;
            case Authentication.Md5Password md5 when !login.SendsToken:
                using (Secret password = await ReadSecretAsync())
                    await SecretMessage.SendMd5Async(_upstream, login.Username, password, md5.Salt);
                break;
            case Authentication.CleartextPassword when MayTell():
                using (Secret password = await ReadSecretAsync())
                    await SecretMessage.SendAsync(_upstream, password);
                break;
            case Authentication.CleartextPassword:
                throw Failed("the database asks for the gateway's password in the clear, and who it is was not checked "
                    + "(upstream.tls: { mode: verify-full }; upstream.cleartext_credentials)");
            default:
                throw Failed(login.SendsToken
                    ? $"the database asks for {request.Code}, and the gateway has a token for it, which can be sent as a password alone"
                    : $"the database asks for {request.Code}, which the gateway cannot give");
        }
    }

    private bool MayTell()
    {
        UpstreamOptions upstream = session.Listener.Options.Upstream;
        bool isEncrypted = _upstream.Transport.TlsDescription is not null;
        return login.SendsToken ? UpstreamConnector.MayTell(upstream, isEncrypted) : UpstreamConnector.MayTellPassword(upstream, isEncrypted);
    }

    private async Task ExchangeScramAsync(Authentication.Sasl offer)
    {
        using Secret password = await ReadSecretAsync();
        try
        {
            var client = new ScramClient([.. offer.Mechanisms.Select(mechanism => mechanism.Text)], EndPoint(), password, keys);
            new SaslInitialResponse(ByteString.FromText(client.Mechanism), new ByteString(client.Begin())).Encode(_upstream.Output.BeginOwn());
            await _upstream.Output.FlushAsync();
            if (await ReceiveAsync() is not Authentication.SaslContinue challenge)
                throw OutOfOrder();
            // PBKDF2, where its result is not known yet, is too slow for the loop, which other sessions share.
            byte[] proof = await Task.Run(() => client.Continue(challenge.Data.Span), cancellationToken);
            new SaslResponse(new ByteString(proof)).Encode(_upstream.Output.BeginOwn());
            await _upstream.Output.FlushAsync();
            if (await ReceiveAsync() is not Authentication.SaslFinal final)
                throw OutOfOrder();
            client.Finish(final.Data.Span);
        }
        catch (ScramException e)
        {
            throw Failed($"SCRAM with the database failed: {e.Message}");
        }
    }

    private byte[] EndPoint() =>
        _upstream.Transport.PeerCertificate is X509Certificate2 certificate ? ChannelBinding.TlsServerEndPoint(certificate) : [];

    private async Task<Secret> ReadSecretAsync() =>
        await admission.ReadUpstreamSecretAsync(login, cancellationToken)
            ?? throw Failed("the database asks for a password, and upstream.credentials has none");

    /// <summary>The server's next request. A newer protocol's negotiation is the client's business; notices of the login are nobody's.</summary>
    private async Task<Authentication> ReceiveAsync()
    {
        while (true)
        {
            (byte type, int length) = await FrameIo.ReceiveAnswerAsync(session, cancellationToken);
            switch ((BackendMessageType)type)
            {
                case BackendMessageType.Authentication:
                    Authentication request = Authentication.Decode(FrameIo.Body(_upstream, length));
                    _upstream.Input.Consume(length);
                    return request;
                case BackendMessageType.ErrorResponse:
                    throw Refused(ErrorFields.Decode(FrameIo.Body(_upstream, length)), isLoggedIn: false);
                case BackendMessageType.NegotiateProtocolVersion:
                    await FrameIo.PassAsync(_upstream, _client, length);
                    break;
                case BackendMessageType.NoticeResponse:
                    _upstream.Input.Consume(length);
                    break;
                default:
                    throw FrameIo.Violation(Party.Upstream, "a message that has no place in a login");
            }
        }
    }

    private SessionEndException Refused(ErrorFields error, bool isLoggedIn)
    {
        ListenerContext listener = session.Listener;
        listener.Log.UpstreamRefused(listener.Options.Name, session.Id, UpstreamRefusal.ForLog(error));
        return new SessionEndException(UpstreamRefusal.ForClient(error, isLoggedIn, login.Username));
    }

    private SessionEndException Failed(string reason)
    {
        ListenerContext listener = session.Listener;
        listener.Log.UpstreamRefused(listener.Options.Name, session.Id, reason);
        return new SessionEndException(UpstreamRefusal.Failed(reason));
    }

    private SessionEndException OutOfOrder() => Failed("the database broke off SCRAM: it has not proved that it knows the password");
}
