using WireProxy.Access;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Sessions;

namespace WireProxy.Relay.Tds.Login;

/// <summary>
/// The client proves who it is to the gateway: by a token (FEDAUTH), by its certificate, or by the name and password of LOGIN7, whose
/// obfuscation hides nothing (MS-TDS 2.2.6.4). Nothing of it is recorded.
/// </summary>
internal sealed class ClientProof(Session session, Admission admission, Federation federation)
{
    private static readonly LoginOutcome.Denied Integrated = new(
        "integrated security was asked for", "integrated security (Windows, Kerberos) is not taken here",
        "Log in with a user name and password of this gateway, or with an access token.");

    private static readonly LoginOutcome.Denied ChangesPassword = new(
        "the login was to change its password", "passwords are not changed at a login here", "Ask the gateway's operator for a new one.");

    private static readonly LoginOutcome.Denied Attaches = new(
        "the login was to attach a file", "AttachDBFilename is not taken here", "Name a database of the server instead.");

    private static readonly LoginOutcome.Denied NoTokens = new(
        "a token was offered, and no provider is configured", "login failed: no tokens are taken here",
        "Log in with a user name and password of this gateway.");

    /// <summary>The login is granted when this returns.</summary>
    /// <returns>The data of FEDAUTH in FEATUREEXTACK; null where the client did not ask for it.</returns>
    /// <exception cref="SessionEndException">The login was refused.</exception>
    public async Task<ByteString?> AskAsync(Login7 login, CancellationToken cancellationToken)
    {
        if (login.ChangesPassword || login.NewPassword.Length > 0)
            throw await admission.RefuseUnheardAsync(ChangesPassword);
        if (login.AttachDatabaseFile.Length > 0)
            throw await admission.RefuseUnheardAsync(Attaches);
        if (login.Features?[FeatureId.FederatedAuthentication] is { } data)
        {
            await TakeTokenAsync(login, FederatedAuthenticationFeature.Decode(data.Span), cancellationToken);
            return federation.Grant;
        }
        if (await admission.TryCertificateAsync())
            return null;
        if (login.IntegratedSecurity || login.Sspi.Length > 0)
            throw await admission.RefuseUnheardAsync(Integrated);
        await admission.DemandPrivacyAsync();
        await admission.AcceptPasswordAsync(login.Password.Reveal(), cancellationToken);
        return null;
    }

    private async Task TakeTokenAsync(Login7 login, FederatedAuthenticationFeature feature, CancellationToken cancellationToken)
    {
        if (login.IntegratedSecurity || login.Sspi.Length > 0)
            throw await admission.RefuseUnheardAsync(Integrated);
        await admission.DemandPrivacyAsync();
        if (federation.Advice is not { } advice)
            throw await admission.RefuseUnheardAsync(NoTokens);
        federation.CheckEcho(feature);
        string token = feature.Library switch
        {
            FederatedAuthenticationLibrary.SecurityToken => TokenOf(feature),
            FederatedAuthenticationLibrary.Adal => await FetchTokenAsync(advice),
            _ => throw new ProtocolException("A federated login brings a Live ID token."),
        };
        await admission.AcceptTokenAsync(token, cancellationToken);
    }

    private string TokenOf(FederatedAuthenticationFeature feature)
    {
        federation.CheckNonce(feature.Other.Span);
        return TdsText.FromBytes(feature.Token.Span);
    }

    /// <summary>The client is told where to get its token, and sends it in a message of its own (MS-TDS 2.2.7.12, 2.2.6.3).</summary>
    private async Task<string> FetchTokenAsync(TokenAdvice advice)
    {
        using (var payload = new WireWriter())
        {
            new FedAuthInfo([
                new FedAuthInfoItem(FedAuthInfoId.StsUrl, Utf16(AuthorityOf(advice.Issuer))),
                new FedAuthInfoItem(FedAuthInfoId.Spn, Utf16(advice.Audience)),
            ]).Encode(payload);
            await PacketIo.SendAsync(session.Client, PacketType.TabularResult, payload.WrittenMemory);
        }
        PacketRun run = await PacketIo.ReceiveMessageAsync(session.Client, Party.Client, PacketIo.ClientLoginBytes);
        if (run.First.Type != PacketType.FederatedAuthenticationToken)
            throw PacketIo.Violation(Party.Client, "something other than its answer to the login's question");
        byte[] message = PacketIo.Take(session.Client, run);
        try
        {
            var answer = FederatedAuthenticationToken.Decode(message);
            federation.CheckNonce((answer.Nonce ?? default).Span);
            return TdsText.FromBytes(answer.Token.Span);
        }
        finally
        {
            message.AsSpan().Clear();
        }
    }

    /// <summary>Clients of Entra ID take what stands behind the last slash for the tenant; of its version 2 issuers that is <c>v2.0</c>.</summary>
    private static string AuthorityOf(string issuer)
    {
        const string Version = "/v2.0";
        return issuer.EndsWith(Version, StringComparison.Ordinal) ? issuer[..^Version.Length] : issuer;
    }

    private static ByteString Utf16(string text)
    {
        using var writer = new WireWriter();
        TdsText.WriteCharacters(writer, text);
        return new ByteString(writer.WrittenSpan);
    }
}
