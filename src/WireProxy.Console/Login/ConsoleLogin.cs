using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using WireProxy.Access;
using WireProxy.HttpConsole.Http;
using WireProxy.HttpConsole.Records;

namespace WireProxy.HttpConsole.Login;

/// <summary>Who asks: a bearer token (RFC 6750), or the name and password of a local user (RFC 7617).</summary>
internal sealed class ConsoleLogin(ILoginAuthority logins, ConsoleRecords records, ConsoleLog log)
{
    /// <summary>The name under which the console's logins are checked and recorded. An issued credential is bound to a listener's; one
    /// bound to a listener of this very name is refused by its kind of proof.</summary>
    public const string Listener = "console";

    private const string Realm = "wireproxy";
    private const int LongestProgram = 128;
    private static readonly LoginOutcome.Denied ForDatabasesAlone = new("an issued credential", "login failed: an issued credential is for databases alone");
    // The limits give one try back within this, whatever they are set to.
    private const string RetryAfterSeconds = "60";

    /// <summary>A handler that only those reach who have proved who they are.</summary>
    public RequestDelegate Required(Func<HttpContext, Caller, Task<Reply>> handle) => async context =>
    {
        Visit visit = VisitOf(context);
        (Caller? caller, Reply? refusal) = await IdentifyAsync(context, visit);
        Reply reply = caller is not null ? await handle(context, caller) : refusal!;
        await reply.SendAsync(context.Response);
    };

    private async Task<(Caller? Caller, Reply? Refusal)> IdentifyAsync(HttpContext context, Visit visit)
    {
        if (!visit.MayTellSecrets)
            return (null, Reply.Problem(StatusCodes.Status403Forbidden, "tokens and passwords are not taken over plain HTTP from another machine",
                "Use https://. The operator configures it as console.tls. What was just sent may have been read: get a new token."));
        string? header = context.Request.Headers.Authorization is [{ } single] ? single : null;
        if (header is null || !TrySplit(header, out string scheme, out string value))
            return (null, Challenge(Reply.Problem(StatusCodes.Status401Unauthorized, "a login is needed",
                "Send 'Authorization: Bearer TOKEN' with a token of your organisation's identity provider."), error: null));
        (string name, string password) = ("", "");
        bool isBasic = scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase);
        if (isBasic ? !TryReadBasic(value, out name, out password) : !scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase))
            return (null, Challenge(Reply.Problem(StatusCodes.Status401Unauthorized, "Bearer and Basic are the kinds of login that are known here"), error: null));

        var attempt = new LoginAttempt(Listener, name, visit.Address?.Address, visit.Tls is not null);
        if (logins.Admit(attempt) is { } throttled)
            return (null, await RefuseAsync(visit, attempt, throttled));
        LoginOutcome outcome = isBasic
            ? await logins.VerifyPasswordAsync(attempt, password, context.RequestAborted)
            : await logins.VerifyTokenAsync(attempt, value, context.RequestAborted);
        return outcome switch
        {
            LoginOutcome.Granted { Grant.Identity.Proof: ProofKind.IssuedCredential } => (null, await RefuseAsync(visit, attempt, ForDatabasesAlone)),
            LoginOutcome.Granted granted => (new Caller(visit, granted.Grant), null),
            LoginOutcome.Denied denied => (null, await RefuseAsync(visit, attempt, denied)),
            _ => throw new InvalidOperationException("a login is granted or denied"),
        };
    }

    private async Task<Reply> RefuseAsync(Visit visit, LoginAttempt attempt, LoginOutcome.Denied denied)
    {
        log.ConsoleLoginRefused(denied.Reason);
        if (denied.IsThrottled)
            return Reply.Problem(StatusCodes.Status429TooManyRequests, denied.Message, denied.Hint).With("Retry-After", RetryAfterSeconds);
        await records.LoginRefusedAsync(visit, denied.Of ?? ClaimedName.ForRecord(attempt.LoginName), denied.Reason);
        return Challenge(Reply.Problem(StatusCodes.Status401Unauthorized, denied.Message, denied.Hint), "invalid_token");
    }

    private static Reply Challenge(Reply reply, string? error) =>
        reply.With("WWW-Authenticate", error is null ? $"Bearer realm=\"{Realm}\"" : $"Bearer realm=\"{Realm}\", error=\"{error}\"")
            .With("WWW-Authenticate", $"Basic realm=\"{Realm}\", charset=\"UTF-8\"");

    private static bool TrySplit(string header, out string scheme, out string value)
    {
        int space = header.IndexOf(' ', StringComparison.Ordinal);
        (scheme, value) = space > 0 ? (header[..space], header[(space + 1)..].Trim()) : ("", "");
        return value.Length > 0;
    }

    private static bool TryReadBasic(string value, out string name, out string password)
    {
        (name, password) = ("", "");
        byte[] bytes = new byte[value.Length];
        try
        {
            if (!Convert.TryFromBase64String(value, bytes, out int length))
                return false;
            string text = Encoding.UTF8.GetString(bytes.AsSpan(0, length));
            int colon = text.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0)
                return false;
            (name, password) = (text[..colon], text[(colon + 1)..]);
            return true;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    private static Visit VisitOf(HttpContext context)
    {
        ConnectionInfo connection = context.Connection;
        string? tls = context.Features.Get<ITlsHandshakeFeature>() is { } handshake ? $"{handshake.Protocol} {handshake.NegotiatedCipherSuite}" : null;
        string? program = context.Request.Headers.UserAgent.ToString() is { Length: > 0 } text ? text[..Math.Min(text.Length, LongestProgram)] : null;
        return new Visit(connection.RemoteIpAddress is { } address ? new(address, connection.RemotePort) : null, tls, program);
    }
}
