using Microsoft.Extensions.Logging;
using WireProxy.Relay.Sessions;

namespace WireProxy.Relay;

/// <summary>Everything the relay logs. No row data, no statement text, no credential: names, numbers and fixed words.</summary>
internal sealed partial class GatewayLog(ILogger logger)
{
    [LoggerMessage(1, LogLevel.Information, "Listener {Listener} accepts {Protocol} on {Address}")]
    public partial void Listening(string listener, string protocol, string address);

    [LoggerMessage(2, LogLevel.Warning, "Listener {Listener} cannot accept: {Reason}")]
    public partial void AcceptFailed(string listener, string reason);

    public void SessionEnded(string listener, Guid session, SessionEnd end)
    {
        if (end.IsOrdinary || end.IsToldInSum)
            SessionClosed(listener, session, end.Stage, end.Party, end.Reason);
        else
            SessionRefused(listener, session, end.Stage, end.Party, end.Reason);
    }

    [LoggerMessage(4, LogLevel.Error, "Listener {Listener}, session {Session}: internal error")]
    public partial void SessionFailed(string listener, Guid session, Exception exception);

    [LoggerMessage(5, LogLevel.Error, "Listener {Listener}, session {Session}: its end could not be recorded")]
    public partial void SessionCloseNotRecorded(string listener, Guid session);

    [LoggerMessage(6, LogLevel.Information, "Draining: {Count} sessions, up to {Seconds} s")]
    public partial void Draining(int count, double seconds);

    [LoggerMessage(7, LogLevel.Warning, "Listener {Listener}: the catalog of database {Database} cannot be read: {Reason}")]
    public partial void CatalogUnreadable(string listener, string database, string reason);

    [LoggerMessage(14, LogLevel.Warning,
        "Listener {Listener}, database {Database}: the policy protects {Columns}, which the catalog does not have. A column that was renamed while this gateway runs stays protected until it stops; one that was renamed before is not protected")]
    public partial void ColumnsMissing(string listener, string database, string columns);

    [LoggerMessage(10, LogLevel.Warning,
        "Listener {Listener}, session {Session}: the server and the gateway's analysis state different origins of a column; it is masked. Please report it")]
    public partial void WitnessesDisagree(string listener, Guid session);

    [LoggerMessage(11, LogLevel.Warning, "Listener {Listener}, session {Session}: login from {Address} refused: {Reason}")]
    public partial void LoginRefused(string listener, Guid session, string address, string reason);

    [LoggerMessage(17, LogLevel.Information,
        "Listener {Listener}, session {Session}: the client's certificate does not lead to an authority of identity.certificates (are its intermediates missing?), or its name has another prefix; another proof is asked for")]
    public partial void CertificateUnknown(string listener, Guid session);

    [LoggerMessage(12, LogLevel.Error, "Listener {Listener}: the credential for the database cannot be had: {Reason}")]
    public partial void UpstreamSecretUnavailable(string listener, string reason);

    [LoggerMessage(13, LogLevel.Error, "Listener {Listener}, session {Session}: the gateway's own login at the database failed: {Reason}")]
    public partial void UpstreamRefused(string listener, Guid session, string reason);

    [LoggerMessage(15, LogLevel.Warning,
        "Listener {Listener}: {Count} unfinished logins were given up since this was last told, the last of {Address}: {Limit}")]
    public partial void LoginsGivenUp(string listener, long count, string address, string limit);

    [LoggerMessage(16, LogLevel.Warning, "Listener {Listener}: {Count} logins were refused unheard since this was last told, the last of {Address}: {Reason}")]
    public partial void LoginsThrottled(string listener, long count, string address, string reason);

    [LoggerMessage(8, LogLevel.Debug, "Listener {Listener}, session {Session} ended at {Stage} by {Party}: {Reason}")]
    private partial void SessionClosed(string listener, Guid session, Stage stage, Party party, string reason);

    [LoggerMessage(9, LogLevel.Information, "Listener {Listener}, session {Session} ended at {Stage} by {Party}: {Reason}")]
    private partial void SessionRefused(string listener, Guid session, Stage stage, Party party, string reason);
}
