using System.Net;
using WireProxy.Access;
using WireProxy.Policy;

namespace WireProxy.Relay.Sessions;

/// <summary>
/// The security steps of a login that the gateway itself decides, the same for every protocol: who may try, what the outcome does to the
/// session, what of it goes on record, and whose password goes upstream. A dialect carries the proofs and words the answers.
/// </summary>
internal sealed class Admission
{
    /// <summary>In characters; a longer token is not looked at.</summary>
    private const int LongestToken = 16 * 1024;

    private readonly Session _session;
    private readonly ListenerOptions _options;
    private bool _isRefused;

    private Admission(Session session, ILoginAuthority authority, LoginAttempt attempt)
    {
        (_session, Authority, Attempt) = (session, authority, attempt);
        _options = session.Listener.Options;
    }

    private static LoginOutcome.Denied TokenTooLong { get; } = new(
        "the token is longer than 16 KiB", "login failed: the token is longer than 16 KiB",
        "Ask the identity provider for one with fewer claims: long lists of groups are the usual reason.");

    private static LoginOutcome.Denied BrokenOff { get; } = new("the login broke off", "the login broke off");

    public ILoginAuthority Authority { get; }

    public LoginAttempt Attempt { get; }

    /// <summary>Set once the login is granted.</summary>
    public Grant? Grant { get; private set; }

    private bool MayUseCleartext =>
        Attempt.IsEncrypted || (_options.CleartextOnLoopback && (Attempt.Address is null || IPAddress.IsLoopback(Attempt.Address)));

    private string Address => Attempt.Address?.ToString() ?? "a Unix socket";

    /// <summary>Null where the listener relays the client's own login.</summary>
    /// <exception cref="SessionEndException">Too many failures lately.</exception>
    public static async Task<Admission?> BeginAsync(Session session, string loginName)
    {
        if (session.Listener.Logins is not { } authority)
            return null;
        var attempt = new LoginAttempt(
            session.Listener.Options.Name, loginName, session.ClientAddress?.Address, session.Client.Transport.TlsDescription is not null);
        var admission = new Admission(session, authority, attempt);
        if (authority.Admit(attempt) is { } denied)
            throw await admission.RefuseAsync(denied);
        return admission;
    }

    /// <summary>The client's certificate is enough: true, and the login is granted. False: another proof must be asked for.</summary>
    /// <exception cref="SessionEndException">A certificate was shown that is not accepted.</exception>
    public async Task<bool> TryCertificateAsync()
    {
        if (_session.ClientCertificate is not { } shown)
            return false;
        if (Authority.VerifyCertificate(Attempt, shown.Certificate, shown.Chain) is not { } outcome)
        {
            _session.Listener.Log.CertificateUnknown(_options.Name, _session.Id);
            return false;
        }
        await AcceptAsync(outcome);
        return true;
    }

    /// <summary>The session is the grant's from here on; a refusal is put on record and ends it.</summary>
    /// <exception cref="SessionEndException">The login was refused.</exception>
    public async Task<Grant> AcceptAsync(LoginOutcome outcome)
    {
        if (outcome is LoginOutcome.Granted granted)
        {
            // What is waited for from here on is the database.
            _session.Place?.Leave();
            return _session.Grant = Grant = granted.Grant;
        }
        throw await RefuseAsync((LoginOutcome.Denied)outcome);
    }

    /// <summary>A proof that whoever hears it can use is asked for, or taken, where nobody else hears it.</summary>
    /// <exception cref="SessionEndException">Somebody could.</exception>
    public async Task DemandPrivacyAsync()
    {
        if (MayUseCleartext)
            return;
        throw await RefuseUnheardAsync(new LoginOutcome.Denied(
            "the login's proof would pass in the clear", "this login needs an encrypted connection",
            "Let the client use TLS. On loopback alone the operator can set cleartext_on_loopback: true."));
    }

    /// <summary>What a client has where the protocol has a password: a password, or a token in its place.</summary>
    /// <exception cref="SessionEndException">The login was refused.</exception>
    public Task AcceptPasswordAsync(string password, CancellationToken cancellationToken) =>
        AcceptAsync(password, Authority.VerifyPasswordAsync, cancellationToken);

    /// <summary>A token that is known to be one.</summary>
    /// <inheritdoc cref="AcceptPasswordAsync"/>
    public Task AcceptTokenAsync(string token, CancellationToken cancellationToken) => AcceptAsync(token, Authority.VerifyTokenAsync, cancellationToken);

    private async Task AcceptAsync(
        string secret, Func<LoginAttempt, string, CancellationToken, ValueTask<LoginOutcome>> verify, CancellationToken cancellationToken)
    {
        if (secret.Length > LongestToken)
            throw await RefuseUnheardAsync(TokenTooLong);
        await AcceptAsync(await verify(Attempt, secret, cancellationToken));
    }

    /// <summary>Refuses a login whose proof was not looked at.</summary>
    public Task<SessionEndException> RefuseUnheardAsync(LoginOutcome.Denied denied) => RefuseAsync(Authority.Refuse(Attempt, denied));

    /// <summary>Puts a refused login, which has been counted, on record as a session that was opened and closed.</summary>
    public async Task<SessionEndException> RefuseAsync(LoginOutcome.Denied denied)
    {
        _isRefused = true;
        var end = new SessionEnd(Stage.Login, Party.Client, denied.Message, "28P01", denied.Hint) { Detail = denied.Reason, IsToldInSum = denied.IsThrottled };
        if (denied.IsThrottled)
        {
            // Neither the journal nor the log must fill from those who were not even heard.
            _session.Listener.Throttled.Add(Address, denied.Reason);
            return new SessionEndException(end);
        }
        await RecordAsync("refused", Claimed(null, denied.Of));
        _session.Listener.Log.LoginRefused(_options.Name, _session.Id, Address, denied.Reason);
        return new SessionEndException(end);
    }

    /// <summary>How the gateway logs in for the identity that was let in.</summary>
    /// <exception cref="SessionEndException">None is configured for it.</exception>
    public UpstreamLogin UpstreamLogin() =>
        _options.Upstream.Credentials!.For(Grant!.Identity) ?? throw new SessionEndException(new SessionEnd(
            Stage.Login, Party.Proxy, "no database login is configured for you here", "28000",
            "Ask the gateway's operator to add one of your groups to upstream.credentials.by_group of this listener."));

    /// <exception cref="SessionEndException">It cannot be had.</exception>
    public async Task<Secret?> ReadUpstreamSecretAsync(UpstreamLogin login, CancellationToken cancellationToken)
    {
        try
        {
            return login.Password is { } source ? await source.ReadAsync(cancellationToken) : null;
        }
        catch (SecretUnavailableException e)
        {
            _session.Listener.Log.UpstreamSecretUnavailable(_options.Name, e.Message);
            throw new SessionEndException(new SessionEnd(
                Stage.Login, Party.Proxy, "the gateway's own credential for the database cannot be had", "08006",
                "Ask the gateway's operator: its log says which."));
        }
    }

    /// <summary>Who is asking, for the policy.</summary>
    public Subject SubjectFor(string? database)
    {
        Identity identity = Grant!.Identity;
        return new Subject(
            identity.Name, identity.Groups, _options.Name, database, identity.Agent, identity.Purpose, _session.ClientAddress?.Address);
    }

    /// <summary>
    /// Puts a login that failed for another reason than its proof on record, as a session that was opened and closed: the client broke the
    /// protocol, or was let in and found no database. Does nothing where the failure is on record already.
    /// </summary>
    public async Task RecordFailureAsync(string? database)
    {
        if (_isRefused)
            return;
        // Whoever breaks the protocol is as unwelcome as who has a wrong password, and fills the journal as well.
        if (Grant is null)
            Authority.Refuse(Attempt, BrokenOff);
        await RecordAsync("failed", Grant is null ? Claimed(database) : SubjectFor(database));
    }

    /// <summary>Whom the client says to be.</summary>
    /// <param name="name">Who it is as its proof says, which was not accepted; null: nobody knows.</param>
    private Subject Claimed(string? database, string? name = null) =>
        new(name ?? ClaimedName.ForRecord(Attempt.LoginName), [], _options.Name, database, Address: Attempt.Address);

    private async Task RecordAsync(string login, Subject subject)
    {
        ListenerContext listener = _session.Listener;
        if (listener.Journal is not { } journal || _session.Recorder is not null)
            return;
        if (!journal.IsHealthy && listener.RefusesUnrecorded)
            throw new SessionEndException(SessionRecorder.Unavailable(Stage.Login));
        _session.Recorder = new SessionRecorder(journal, _session.Id, listener.IsStrict, listener.RefusesUnrecorded);
        await _session.Recorder.OpenAsync(SessionRecords.Opened(
            _session, subject, listener.Policy.Hash, listener.Dialect.Name, null, json => json.WriteString("login", login)));
    }
}
