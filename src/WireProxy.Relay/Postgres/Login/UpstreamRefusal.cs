using System.Text;
using WireProxy.Protocols.Postgres;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Sessions;

namespace WireProxy.Relay.Postgres.Login;

/// <summary>
/// A server's refusal of the gateway's own login names the gateway's user, hosts and rules. The client is told what it can act on; the
/// log has the rest.
/// </summary>
internal static class UpstreamRefusal
{
    private const int LoggedCharacters = 300;

    /// <summary>Not 28P01: a client would ask its person for another password, which would not help.</summary>
    private const string Rejected = "08004";

    private const string AskOperator = "Your own login was accepted. Tell the gateway's operator; the gateway's log says more.";

    /// <summary>For a refusal of the gateway's own.</summary>
    /// <param name="reason">In fixed words; for the journal.</param>
    public static SessionEnd Failed(string reason) =>
        new(Stage.Login, Party.Upstream, "the gateway cannot log in to the database", Rejected, AskOperator) { Detail = reason };

    /// <param name="isLoggedIn">The server has accepted the password: what it says now is about the database and the client's own settings,
    /// and is passed on unless it is about the role.</param>
    /// <param name="username">The gateway's.</param>
    public static SessionEnd ForClient(ErrorFields error, bool isLoggedIn, string username)
    {
        string code = error[ErrorFieldCode.Code]?.Text ?? "";
        string detail = $"the upstream refused the gateway's login ({Clean(code, 5)})";
        SessionEnd end = code switch
        {
            "53300" => new(Stage.Login, Party.Upstream, "the database takes no more connections now", code, "Close idle connections, or try again in a moment."),
            "57P03" => new(Stage.Login, Party.Upstream, "the database cannot be used now: it is starting up, shutting down or recovering", code, "Try again in a moment."),
            _ when isLoggedIn && MayBeShown(error, code, username) => new(
                Stage.Login, Party.Upstream, $"the database says: {error[ErrorFieldCode.Message]?.Text}", code, error[ErrorFieldCode.Hint]?.Text ?? HintFor(code)),
            _ => new(Stage.Login, Party.Upstream, "the database refused the gateway's login", Rejected, AskOperator),
        };
        return end with { Detail = detail };
    }

    /// <summary>SQLSTATE and message, on one line: a client's database name is part of some.</summary>
    public static string ForLog(ErrorFields error) =>
        $"{Clean(error[ErrorFieldCode.Code]?.Text ?? "", 5)} {Clean(error[ErrorFieldCode.Message]?.Text ?? "", LoggedCharacters)}";

    /// <summary>The usual reason: libpq fills in the name that the client logs in by, which is nothing that the database knows.</summary>
    private static string? HintFor(string code) =>
        code == "3D000" ? "Name the database (dbname=...): clients fill in the login's name where none is given." : null;

    private static bool MayBeShown(ErrorFields error, string code, string username)
    {
        if (code.Length != 5 || code.StartsWith("28", StringComparison.Ordinal) || code.StartsWith("53", StringComparison.Ordinal))
            return false;
        ByteString name = username;
        return !error.Fields.Any(field => field.Value.Span.IndexOf(name.Span) >= 0);
    }

    private static string Clean(string text, int most)
    {
        var clean = new StringBuilder(Math.Min(text.Length, most));
        foreach (char c in text.AsSpan(0, Math.Min(text.Length, most)))
            clean.Append(char.IsControl(c) ? ' ' : c);
        return clean.ToString();
    }
}
