using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Relay.Sessions;

namespace WireProxy.Relay.Tds.Login;

/// <summary>
/// A server's refusal of the gateway's own login names the gateway's user. The client is told what it can act on; the log has the number
/// and the state, by which SQL Server's own log can be searched.
/// </summary>
internal static class UpstreamRefusal
{
    /// <summary>Not the code of a wrong password: a client would ask its person for another, which would not help.</summary>
    private const string Rejected = "08004";

    private const string AskOperator = "Your own login was accepted. Tell the gateway's operator; the gateway's log says more.";

    /// <param name="reason">In fixed words; for the journal.</param>
    public static SessionEnd Failed(string reason) =>
        new(Stage.Login, Party.Upstream, "the gateway cannot log in to the database", Rejected, AskOperator) { Detail = reason };

    public static SessionEnd ForClient(ServerMessage error)
    {
        SessionEnd end = error.Number switch
        {
            // User connections; resource limits of Azure SQL Database.
            17809 or 10928 or 10929 or 10936 => new(
                Stage.Login, Party.Upstream, "the database takes no more connections now", "53300", "Close idle connections, or try again in a moment."),
            // Starting up or shutting down, paused, being upgraded; not available and service busy in Azure SQL Database.
            6005 or 17142 or 17187 or 18401 or 40197 or 40501 or 40613 => new(
                Stage.Login, Party.Upstream, "the database cannot be used now", "08006", "Try again in a moment."),
            // Cannot open the database that was asked for, or the user's own; it does not exist; no right to enter it.
            4060 or 4064 or 911 or 916 => new(
                Stage.Login, Party.Upstream, "the database does not exist, or cannot be opened with the gateway's login", "3D000", "Check the name of the database."),
            _ => new(Stage.Login, Party.Upstream, "the database refused the gateway's login", Rejected, AskOperator),
        };
        return end with { Detail = $"the upstream refused the gateway's login (error {error.Number}, state {error.State})" };
    }
}
