using System.Collections.Immutable;
using WireProxy.Protocols.Postgres;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Sessions;
using WireProxy.Relay.Transport;

namespace WireProxy.Relay.Postgres.Login;

/// <summary>
/// The client's own login, carried to the server and back until AuthenticationOk. Nothing of it is recorded. Where TLS ends
/// here, channel binding cannot reach through, so that the -PLUS mechanisms are withheld.
/// </summary>
internal sealed class LoginRelay(Session session, CancellationToken cancellationToken)
{
    private readonly Leg _client = session.Client;
    private readonly Leg _upstream = session.Upstream!;
    private bool _plusWithheld;
    private bool _isPasswordSent;

    public async Task RunAsync(StartupMessage startup)
    {
        startup.Encode(_upstream.Output.BeginOwn());
        await _upstream.Output.FlushAsync();
        while (true)
        {
            (byte type, int length) = await ReceiveAnswerAsync();
            switch ((BackendMessageType)type)
            {
                case BackendMessageType.Authentication:
                    if (await AuthenticateAsync(Authentication.Decode(FrameIo.Body(_upstream, length)), length))
                        return;
                    break;
                case BackendMessageType.ErrorResponse:
                    await FrameIo.PassAsync(_upstream, _client, length);
                    throw new SessionEndException(new SessionEnd(Stage.Login, Party.Upstream, "the upstream refused the login"));
                case BackendMessageType.NegotiateProtocolVersion or BackendMessageType.NoticeResponse:
                    await FrameIo.PassAsync(_upstream, _client, length);
                    break;
                default:
                    throw FrameIo.Violation(Party.Upstream, "a message that has no place in a login");
            }
        }
    }

    /// <summary>A server that has a password in the clear may ask others about it (PAM, RADIUS, LDAP), and they a person with a telephone: for that it has as
    /// long as the whole login.</summary>
    private async Task<(byte Type, int Length)> ReceiveAnswerAsync()
    {
        if (!_isPasswordSent)
            return await FrameIo.ReceiveAnswerAsync(session, cancellationToken);
        _isPasswordSent = false;
        return await FrameIo.ReceiveAsync(_upstream, Party.Upstream);
    }

    /// <summary>Passes one request on, and the client's answer back where it needs one; true when the client is logged in.</summary>
    private async Task<bool> AuthenticateAsync(Authentication request, int length)
    {
        if (request is Authentication.Sasl sasl)
            await OfferMechanismsAsync(sasl, length);
        else
            await FrameIo.PassAsync(_upstream, _client, length);
        if (request is Authentication.Ok)
            return true;
        if (request is not Authentication.SaslFinal)
            await AnswerAsync(request);
        return false;
    }

    private async Task OfferMechanismsAsync(Authentication.Sasl sasl, int length)
    {
        ImmutableArray<ByteString> offered = sasl.Mechanisms.RemoveAll(static mechanism => mechanism.Span.EndsWith("-PLUS"u8));
        _plusWithheld = offered.Length < sasl.Mechanisms.Length;
        if (!_plusWithheld)
        {
            await FrameIo.PassAsync(_upstream, _client, length);
            return;
        }
        if (offered.IsEmpty)
        {
            throw new SessionEndException(new SessionEnd(
                Stage.Login, Party.Upstream, "the upstream offers logins with channel binding alone, which cannot pass through a gateway", "28000"));
        }
        new Authentication.Sasl(offered).Encode(_client.Output.BeginOwn());
        await _client.Output.FlushAsync();
        _upstream.Input.Consume(length);
    }

    private async Task AnswerAsync(Authentication request)
    {
        (byte type, int length) = await FrameIo.ReceiveAsync(_client, Party.Client);
        if (type != (byte)FrontendMessageType.PasswordMessage)
            throw FrameIo.Violation(Party.Client, "something other than its answer to the login's request");
        if (request is Authentication.Sasl && _plusWithheld)
            RefuseBindingFlag(SaslInitialResponse.Decode(FrameIo.Body(_client, length)));
        await FrameIo.PassAsync(_client, _upstream, length);
        _isPasswordSent = request is Authentication.CleartextPassword;
    }

    /// <summary>
    /// A client that could bind its channel, and believes that the server cannot, says so with the flag y (RFC 5802, section 6);
    /// a server that can then refuses it as a downgrade. Both are right, and the proof covers the flag: all that can be done is
    /// to tell the person what to set.
    /// </summary>
    private static void RefuseBindingFlag(SaslInitialResponse response)
    {
        if (response.Data is not { } data || data.Length == 0 || data.Span[0] != (byte)'y')
            return;
        throw new SessionEndException(new SessionEnd(
            Stage.Login, Party.Client, "this SCRAM login expects channel binding, which cannot pass through a gateway that ends TLS on both legs", "28000",
            "Set channel_binding=disable in the client, or let the gateway's operator set upstream.tls.mode: disable on a trusted path."));
    }
}
