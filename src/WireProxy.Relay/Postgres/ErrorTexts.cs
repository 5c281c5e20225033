using WireProxy.Protocols.Postgres;

namespace WireProxy.Relay.Postgres;

/// <summary>Which error texts can hold nothing but what the client itself wrote.</summary>
internal static class ErrorTexts
{
    /// <summary>
    /// SQLSTATE classes of transactions, prepared statements, resources and interventions, whose texts hold no value that a function
    /// was given. Not among them: unknown databases, schemas, cursors and files (3D, 3F, 34, 58: <c>pg_database_size(ssn)</c> says
    /// which one there is not), features (0A), warnings (01), connections (08, which dblink uses).
    /// </summary>
    private static readonly HashSet<string> SafeClasses = ["25", "26", "40", "53", "57"];

    /// <summary>Single conditions of other classes, worded without values: division by zero, lock not available, statement too complex, schema named
    /// twice.</summary>
    private static readonly HashSet<string> SafeCodes = ["22012", "55P03", "54001", "42P15"];

    /// <summary>Where DROP says what there is not, and what goes with it, and ALTER ... IF EXISTS what it skips; and FETCH, MOVE and CLOSE which cursor there is
    /// not: names that the statement itself writes. What else has the code of success (00000) may be the plan or the tree of a query, with its constants.</summary>
    private static readonly HashSet<(string Code, string Routine)> NamingRoutines =
    [
        ("00000", "DropErrorMsgNonExistent"), ("00000", "does_not_exist_skipping"), ("00000", "reportDependentObjects"), ("00000", "ProcessUtilitySlow"),
        ("00000", "RenameRelation"), ("00000", "renameatt"), ("00000", "RenameConstraint"), ("00000", "AlterTableNamespace"),
        ("34000", "PerformPortalFetch"), ("34000", "PerformPortalClose"),
    ];

    /// <summary>Says which objects cannot be defined so, and only its detail says more: bounds of partitions, which are values.</summary>
    private const string InvalidDefinition = "42P17";

    /// <summary>How contexts begin that stand for no code: what COPY reads is the client's own, and the others name places.</summary>
    private static readonly string[] PlainContexts = ["COPY ", "JSON data", "while ", "portal ", "unnamed portal"];

    /// <summary>
    /// With a position the parser says it of the statement's text. Otherwise the class must be one of the above. In either case there
    /// is no context: a function, a DO block or a trigger that raised it could have put anything into it (under any SQLSTATE).
    /// </summary>
    public static bool AreSafe(ErrorFields fields)
    {
        if (fields[ErrorFieldCode.Where] is not null || fields[ErrorFieldCode.InternalQuery] is not null)
            return false;
        return fields[ErrorFieldCode.Position] is not null ||
            (fields[ErrorFieldCode.Code]?.Text is { Length: 5 } code && (SafeClasses.Contains(code[..2]) || SafeCodes.Contains(code)
                || (code == InvalidDefinition && fields[ErrorFieldCode.Detail] is null)
                || (fields[ErrorFieldCode.Routine]?.Text is { } routine && NamingRoutines.Contains((code, routine)))));
    }

    /// <summary>True where a function or a trigger has raised it, or something in it has. The innermost context comes first. A context of one
    /// line in a DO block is the statement's own text, which has been analysed.</summary>
    public static bool ComeFromRunningCode(ErrorFields fields) =>
        fields[ErrorFieldCode.InternalQuery] is not null ||
        (fields[ErrorFieldCode.Where]?.Text is { } where && !IsOwnBlock(where) &&
            !PlainContexts.Any(plain => where.StartsWith(plain, StringComparison.Ordinal)));

    private static bool IsOwnBlock(string where) =>
        where.StartsWith("PL/pgSQL function inline_code_block line ", StringComparison.Ordinal) && !where.Contains('\n');
}
