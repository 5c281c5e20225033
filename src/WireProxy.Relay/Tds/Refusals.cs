using WireProxy.Policy;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Sql;

namespace WireProxy.Relay.Tds;

/// <summary>Why a request does not reach the server: what the client is answered, and what the journal says.</summary>
/// <param name="Decision">block, approve or unparsed.</param>
/// <param name="Number">The error's number, as SQL Server has one for the like.</param>
/// <param name="Class">Its severity; 14 and above 10 leave the connection usable.</param>
internal sealed record Refusal(string Decision, int Number, byte Class, string Message, string? Hint, string? Rule, string? Command, int Line = 1)
{
    private const int LongestText = 2000;

    /// <summary>Number 229, "permission denied", has state 5 in SQL Server.</summary>
    private const byte State = 5;

    public ServerMessage ToError()
    {
        // TDS has no field for a hint.
        string text = Hint is null ? Message : $"{Message} {Hint}";
        return new ServerMessage(
            TokenType.Error, Number, State, Class, text.Length > LongestText ? text[..LongestText] : text, "WireProxy", "", Line);
    }
}

/// <summary>The wording of every refusal of the dialect.</summary>
internal static class Refusals
{
    private const int PermissionDenied = 229;
    private const byte NoPermission = 14;
    private const byte SyntaxClass = 15;
    private const byte ResourceClass = 17;

    public static Refusal Of(Verdict verdict, string command) => Denied(
        verdict.Decision == Decision.Approve ? "approve" : "block", verdict.Message ?? $"refused by rule {verdict.Rule}",
        "WireProxy stopped this request before it reached the database; the connection stays usable.", verdict.Rule, command);

    public static Refusal Of(Objection objection, string command) => Denied(
        "block", $"WireProxy did not run this batch: {objection.Message}", $"{objection.Hint} The connection stays usable.", null, command);

    /// <param name="reason">In the analysis's words; null for text that is put together while it runs.</param>
    public static Refusal UnknownSql(string command, string? reason) => Of(LineageJudge.Unknown(reason), command);

    public static Refusal ChangesLabels(string command) => Denied(
        "block", $"WireProxy did not run this batch: this {command} would change what protects columns.",
        "Sensitivity classifications and extended properties that protect are changed past the gateway, by those who run the database; the connection stays usable.",
        null, command);

    public static Refusal ChangesUser(string command) => Denied(
        "block", $"WireProxy did not run this batch: after {command} the server shows this session other tables and columns, by which the policy's columns could not be told.",
        "Log in as that user; or the gateway's operator gives the listener a login for the catalog (upstream.catalog).", null, command);

    public static Refusal MadeHere(string command, string table) => Denied(
        "block", $"WireProxy did not run this batch: it makes {table}, of which the policy protects columns, and reads it before the catalog knows it.",
        "Make the table in a batch of its own; the connection stays usable.", null, command);

    public static Refusal UnknownHandle(string procedure) => Denied(
        "block", $"WireProxy did not run {procedure}: the handle is none that was prepared on this connection.",
        "Prepare the statement again.", null, procedure);

    public static Refusal UnknownProcedure(string procedure) => Denied(
        "block", $"WireProxy did not run procedure {procedure} of the protocol: what it does is not known.", null, null, procedure);

    public static Refusal TextMissing(string procedure) => Denied(
        "block", $"WireProxy did not run {procedure}: its statement is not given as text.",
        "Pass the statement as an nvarchar parameter.", null, procedure);

    /// <summary>As the server words a syntax error, with a hint about who said it.</summary>
    public static Refusal Unparsed(ParseProblem problem) => new(
        "unparsed", 102, SyntaxClass, problem.Message,
        "(WireProxy stopped this batch: it cannot be analysed, and the policy says unparsed: block.)", null, null);

    public static Refusal TooLarge(long bytes, int limit) => new(
        "block", 40197, ResourceClass, $"A request of {bytes} bytes is too large to be inspected: limits.inspected_message is {limit} bytes.",
        "Send it in smaller pieces, or pass large values as bulk load; the gateway's operator can raise the limit.", null, null);

    /// <param name="itself">This request is the one that must run alone; else another is, and runs.</param>
    public static Refusal RunsAlone(bool itself) => new(
        "block", 3988, ResourceClass, itself
            ? "WireProxy did not run this batch beside the connection's other requests (MARS): it changes the database, temporary tables or the shape of results that they are judged by."
            : "WireProxy did not run this request (MARS): another one of this connection is under way that changes the database, temporary tables or the shape of results.",
        "Run it again when the connection's other requests have been read to their end, or on a connection of its own; the connection stays usable.",
        null, null);

    public static Refusal NotRecordable { get; } = new(
        "block", 9001, ResourceClass, "WireProxy cannot record this request: the journal cannot be written.",
        "Nothing is run that is not on record. Free space for the journal, or ask its operator; then try again.", null, null);

    public static Refusal CatalogUnreadable { get; } = new(
        "block", 40197, ResourceClass, "WireProxy cannot read the database's catalog, which it needs to mask protected columns.",
        "Try again in a moment; if it stays, tell the gateway's operator.", null, null);

    private static Refusal Denied(string decision, string message, string? hint, string? rule, string command) =>
        new(decision, PermissionDenied, NoPermission, message, hint, rule, command);
}
