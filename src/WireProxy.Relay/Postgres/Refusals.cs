using System.Collections.Immutable;
using WireProxy.Policy;
using WireProxy.Protocols.Postgres;
using WireProxy.Protocols.Wire;
using WireProxy.Sql;
using WireProxy.Sql.Postgres.Lineage;

namespace WireProxy.Relay.Postgres;

/// <summary>Why a message does not reach the server: what the client is answered, and what the journal says.</summary>
/// <param name="Decision">block, approve or unparsed.</param>
internal sealed record Refusal(string Decision, string SqlState, string Message, string? Hint, string? Rule, string? Command, int Position)
{
    public ErrorFields ToError()
    {
        ErrorFields error = ErrorFields.Create("ERROR", SqlState, Message);
        if (Hint is not null)
            error = error.With(ErrorFieldCode.Hint, ByteString.FromText(Hint));
        return Position > 0 ? error.With(ErrorFieldCode.Position, ByteString.FromText(Position.ToString())) : error;
    }
}

/// <summary>The wording of every refusal of the dialect.</summary>
internal static class Refusals
{
    public static Refusal Of(Verdict verdict, string command) => new(
        verdict.Decision == Decision.Approve ? "approve" : "block", "42501", verdict.Message ?? $"refused by rule {verdict.Rule}",
        "WireProxy stopped this statement before it reached the database; the connection stays usable.", verdict.Rule, command, 0);

    public static Refusal Copies(string command) => new(
        "block", "42501", $"WireProxy did not run this statement: this {command} would copy protected columns to a place where they are not protected",
        "Leave the protected columns out of the copied columns, or work on the table itself; the connection stays usable.", null, command, 0);

    /// <param name="writes">All that it would put where it must not be; at least one.</param>
    public static Refusal Copies(string command, ImmutableArray<ValueWrite> writes, Explanation why)
    {
        if (writes.FirstOrDefault(static one => one.Kind == WriteKind.KeptRows) is { } kept)
            return KeptRows(command, kept, why);
        // One answer names all of them, so that nobody has to ask as often as there are columns.
        SourceSet all = writes.Aggregate(SourceSet.Empty, static (sum, one) => SourceSet.Either(sum, one.Sources));
        string others = writes.Length == 1 ? "" : $" ({writes.Length - 1} more such {(writes.Length == 2 ? "place" : "places")})";
        return new Refusal(
            "block", "42501", $"WireProxy did not run this statement: this {command} would copy {why.Of(all)} to {why.PlaceOf(writes[0])}{others}",
            $"Leave out {why.Short(all)}, or work on the table itself.{why.Alternatives(all, "may be copied")} The connection stays usable.", null, command, 0);
    }

    /// <summary>Code that runs outside of the session, and could reach every database of the server.</summary>
    public static Refusal InServer(string command, StatementLineage lineage) => new(
        "block", "42501", $"WireProxy did not run this statement: this {command} would let the server run what cannot be judged ({lineage.Reasons.FirstOrDefault() ?? "a program of the server"}), and it could reach protected columns",
        "Programs, libraries and files of the server are set up past the gateway, by those who run it. The connection stays usable.", null, command, 0);

    private static Refusal KeptRows(string command, ValueWrite write, Explanation why) => new(
        "block", "42501", $"WireProxy did not run this statement: the materialized view {write.Name} would keep rows of {why.Of(write.Sources)}, and nothing would show any more that they are protected",
        $"Drop the materialized view {write.Name} first, and make it again afterwards. The connection stays usable.", null, command, 0);

    /// <param name="reason">In the analysis's words.</param>
    public static Refusal Unknowable(string command, string reason) => new(
        "block", "42501", $"WireProxy did not run this statement: what this {command} does cannot be judged before ({reason}), and it could reach protected columns",
        WayOut(reason), null, command, 0);

    private static string WayOut(string reason) => reason switch
    {
        _ when Has(reason, "sent before it", "sent with it", "of the same text", "under the name may mean") =>
            "Send this statement again by itself when what was sent before it has been answered, not in one text or pipeline with statements that change the catalog. The connection stays usable.",
        _ when Has(reason, "name may hide", "the new one or the other") =>
            "Give the new table a name that no other table has, or send this statement in a message of its own after the table is made. The connection stays usable.",
        _ when Has(reason, "the catalog while it runs", "is changed while the statement runs", "makes functions while it runs") =>
            "Send the statements that change the catalog by themselves, each in a message of its own, and the rest after them. The connection stays usable.",
        _ when Has(reason, "in the language", "whose body is not known") =>
            "Only functions and blocks in SQL and PL/pgSQL can be judged. Write the query out in plain SQL. The connection stays usable.",
        _ when Has(reason, "schemas of the search path") => "Write the schema before the name. The connection stays usable.",
        _ => "Write the query out as plain SQL, without code that is put together while it runs; the connection stays usable.",
    };

    private static bool Has(string reason, params ReadOnlySpan<string> parts)
    {
        foreach (string part in parts)
        {
            if (reason.Contains(part, StringComparison.Ordinal))
                return true;
        }
        return false;
    }

    public static Refusal Predicate(string command, SourceSet deciding, Explanation why) => new(
        "block", "42501", $"WireProxy did not run this statement: {why.Of(deciding)} decides which rows this {command} returns or changes, and the policy says predicates: block",
        $"Filter, join, group and order by columns that are not protected, such as a key, not by {why.Short(deciding)}.{why.Alternatives(deciding, "may be used for that")} The connection stays usable.",
        null, command, 0);

    /// <summary>With the server's own code and words for it: nearly always a slip of the pen.</summary>
    public static Refusal Missing(string command, MissingName missing) => missing.Kind switch
    {
        MissingKind.Relation => new("block", "42P01", $"relation \"{missing.Name}\" does not exist",
            "No relation of that name is in the catalog as WireProxy has just read it, under the search path. Look for it in information_schema.tables, and write its schema. "
            + "WireProxy does not run what copies from where it does not know; the connection stays usable.", null, command, 0),
        MissingKind.Column => new("block", "42703", missing.Name.Contains('.') ? $"column {missing.Name} does not exist" : $"column \"{missing.Name}\" does not exist",
            "No column of that name is in the catalog as WireProxy has just read it. Look for it in information_schema.columns. "
            + "WireProxy does not run what copies from where it does not know; the connection stays usable.", null, command, 0),
        _ => new("block", "42883", $"function {missing.Name} does not exist in the catalog as WireProxy has read it",
            "No function of that name takes so many arguments. WireProxy does not run what it does not know; the connection stays usable.", null, command, 0),
    };

    public static Refusal Derived(string command, SourceSet sources, string setting, Explanation why) => new(
        "block", "42501", $"WireProxy did not run this statement: this {command} computes a value from {why.Of(sources)}, and the policy says {setting}",
        $"Select {why.Short(sources)} as it is, which comes masked, or leave it out.{why.Alternatives(sources, "may be computed with")} The connection stays usable.", null, command, 0);

    /// <param name="reason">In words that follow "because".</param>
    public static Refusal Label(string command, string reason) => new(
        "block", "42501", $"WireProxy did not run this {command}, because {reason}",
        "Labels, and comments with a wireproxy tag, protect columns and are changed past the gateway by those who run the database. A comment's words may change where its tag stays as it is.",
        null, command, 0);

    public static Refusal Renaming(string command, Renaming renaming, string reason) => new(
        "block", "42501", $"WireProxy did not run this {command}, because {reason}",
        renaming.Place == RenamedPlace.Database ? "Databases are renamed and copied past the gateway, by those who run them."
            : "Let those who run the gateway name the new name in the policy first, beside the old one.", null, command, 0);

    /// <summary>As the server words it, and with a hint about who said it where the server might have said something else: one that is newer may
    /// understand what the gateway does not, and an older one understands things that were taken out of the grammar.</summary>
    /// <param name="serverMajor">0 where it is not known.</param>
    public static Refusal Unparsed(ParseProblem problem, int serverMajor) => new(
        "unparsed", "42601", problem.Message, problem.SaidBy != 0 && problem.SaidBy == serverMajor ? null
            : "WireProxy stopped this statement: it cannot be analysed, and the policy says unparsed: block. Write it in plain PostgreSQL syntax.",
        null, null, problem.Position);

    public static Refusal TooLarge(string what, long bytes, int limit) => new(
        "block", "54000", $"{what} of {bytes} bytes is too large to be inspected: limits.inspected_message is {limit} bytes",
        "Send it in smaller pieces, or pass large values as parameters; the gateway's operator can raise the limit.", null, null, 0);

    public static Refusal NotRecordable { get; } = new(
        "block", "58030", "WireProxy cannot record this statement: the journal cannot be written",
        "Nothing is run that is not on record. Free space for the journal, or ask its operator; then try again.", null, null, 0);

    public static Refusal UnsafeBackslash { get; } = new(
        "block", "42501", "a backslash cannot be judged while standard_conforming_strings is off",
        "Run SET standard_conforming_strings = on and write E'...' where escapes are meant.", null, null, 0);

    public static Refusal UnsafeEncoding(string encoding) => new(
        "block", "42501", $"text beyond ASCII cannot be judged in client_encoding {encoding}",
        "Run SET client_encoding = 'UTF8' and send the statement in UTF-8.", null, null, 0);

    public static Refusal UnreportedSettings { get; } = new(
        "block", "42501", "a statement in this pipeline may change how text is read, and the server says so only after a Sync",
        "Send a Sync and read the answers before a statement with backslashes or text beyond ASCII.", null, null, 0);

    public static Refusal WaitedForChange(TimeSpan limit) => new(
        "block", "55P03", $"WireProxy did not run this statement: for {limit.TotalSeconds:0.###} s it could not have to itself what it changes, or another session was changing what it uses",
        "Try again when the other session's transaction or statement has ended; lock_timeout and the gateway's limits.change_wait say how long it may take.", null, null, 0);

    public static Refusal NewsUnread { get; } = new(
        "block", "55P03", "WireProxy did not run this statement: another session has changed what it uses, and what it means now cannot be read at this place",
        "Send it again, in a pipeline behind a Sync of its own; the connection stays usable.", null, null, 0);

    /// <summary>As the server words it.</summary>
    public static Refusal WaitCancelled { get; } = new("block", "57014", "canceling statement due to user request", null, null, null, 0);

    /// <inheritdoc cref="WaitCancelled"/>
    public static Refusal WaitOverdue { get; } = new("block", "57014", "canceling statement due to statement timeout", null, null, null, 0);

    public static Refusal ChangesWhatIsToRun { get; } = new(
        "block", "55006", "WireProxy did not run this statement: it changes what a cursor or a deferred trigger of this transaction is still to run, or what names in it stand for",
        "Do it before, or end the transaction first; the connection stays usable.", null, null, 0);

    public static Refusal CatalogUnreadable { get; } = new(
        "block", "57P03", "WireProxy cannot read the database's catalog, which it needs to mask protected columns",
        "Try again in a moment; if it stays, tell the gateway's operator.", null, null, 0);
}
