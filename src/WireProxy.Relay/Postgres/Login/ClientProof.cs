using System.Text;
using WireProxy.Access;
using WireProxy.Protocols.Postgres;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Sessions;
using WireProxy.Relay.Transport;

namespace WireProxy.Relay.Postgres.Login;

/// <summary>
/// The client proves who it is to the gateway: by its certificate, by SCRAM-SHA-256(-PLUS), or by a token where PostgreSQL has a password
/// in the clear. Nothing of it is recorded. What a client is told before its proof depends on the name's shape alone, never on whether
/// the user exists.
/// </summary>
internal sealed class ClientProof(Session session, Admission admission)
{
    private readonly Leg _client = session.Client;

    /// <summary>AuthenticationOk is not sent yet, and what SCRAM has to say last waits with it: the database must be there first.</summary>
    /// <exception cref="SessionEndException">The login was refused.</exception>
    public async Task AskAsync(CancellationToken cancellationToken)
    {
        if (await admission.TryCertificateAsync())
            return;
        if (admission.Authority.MethodFor(admission.Attempt) == LoginMethod.Token)
            await AskForTokenAsync(cancellationToken);
        else
            await ExchangeScramAsync();
    }

    private async Task AskForTokenAsync(CancellationToken cancellationToken)
    {
        await admission.DemandPrivacyAsync();
        new Authentication.CleartextPassword().Encode(_client.Output.BeginOwn());
        await _client.Output.FlushAsync();
        await admission.AcceptPasswordAsync(ReadPassword(await ReceiveAnswerAsync()), cancellationToken);
    }

    private async Task ExchangeScramAsync()
    {
        ScramVerifier verifier = admission.Authority.VerifierFor(admission.Attempt);
        var server = new ScramServer(verifier, admission.Attempt.IsEncrypted ? TlsContexts.EndPointOf(session.Listener.Options.Tls!) : default);
        bool isProved;
        try
        {
            isProved = await ExchangeAsync(server);
        }
        catch (Exception e) when (e is ScramException or ProtocolException)
        {
            throw await admission.RefuseAsync(admission.Authority.RefuseScram(admission.Attempt, $"SCRAM: {e.Message}"));
        }
        if (!isProved)
            throw await admission.RefuseAsync(admission.Authority.RefuseScram(admission.Attempt, "the password is wrong"));
        await admission.AcceptAsync(admission.Authority.AcceptScram(admission.Attempt, verifier));
    }

    private async Task<bool> ExchangeAsync(ScramServer server)
    {
        new Authentication.Sasl([.. server.Mechanisms.Select(ByteString.FromText)]).Encode(_client.Output.BeginOwn());
        await _client.Output.FlushAsync();
        var initial = SaslInitialResponse.Decode(Take(await ReceiveAnswerAsync()));
        // Without an initial response the server asks for it by an empty challenge (RFC 4422, section 3).
        ByteString first = initial.Data ?? await ChallengeAsync([]);
        ByteString last = await ChallengeAsync(server.Begin(initial.Mechanism.Text, first.Span));
        bool isProved = server.Finish(last.Span, out byte[] serverFinal);
        if (isProved)
            new Authentication.SaslFinal(new ByteString(serverFinal)).Encode(_client.Output.BeginOwn());
        return isProved;
    }

    private async Task<ByteString> ChallengeAsync(byte[] data)
    {
        new Authentication.SaslContinue(new ByteString(data)).Encode(_client.Output.BeginOwn());
        await _client.Output.FlushAsync();
        return SaslResponse.Decode(Take(await ReceiveAnswerAsync())).Data;
    }

    private async Task<int> ReceiveAnswerAsync()
    {
        (byte type, int length) = await FrameIo.ReceiveAsync(_client, Party.Client);
        return type == (byte)FrontendMessageType.PasswordMessage
            ? length
            : throw FrameIo.Violation(Party.Client, "something other than its answer to the login's request");
    }

    private byte[] Take(int frameLength)
    {
        byte[] body = FrameIo.Body(_client, frameLength).ToArray();
        _client.Input.Consume(frameLength);
        return body;
    }

    private string ReadPassword(int frameLength)
    {
        try
        {
            var reader = new WireReader(FrameIo.Body(_client, frameLength));
            ReadOnlySpan<byte> password = reader.ReadCString();
            reader.End();
            return Encoding.UTF8.GetString(password);
        }
        finally
        {
            // The buffer goes back to a pool.
            _client.Input.Wipe(frameLength);
        }
    }
}
