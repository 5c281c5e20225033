using System.Collections.Frozen;
using WireProxy.Sql.TransactSql;

namespace WireProxy.Policy;

/// <summary>The command tags that <c>statement:</c> accepts, and how one written in a rule is compared with a statement's.</summary>
internal static class CommandTags
{
    /// <summary>PostgreSQL's src/include/tcop/cmdtaglist.h (version 15), with FUNCTION CALL for the protocol message of that name.</summary>
    private static readonly string[] postgres =
    [
        "ALTER ACCESS METHOD", "ALTER AGGREGATE", "ALTER CAST", "ALTER COLLATION", "ALTER CONSTRAINT", "ALTER CONVERSION",
        "ALTER DATABASE", "ALTER DEFAULT PRIVILEGES", "ALTER DOMAIN", "ALTER EVENT TRIGGER", "ALTER EXTENSION",
        "ALTER FOREIGN DATA WRAPPER", "ALTER FOREIGN TABLE", "ALTER FUNCTION", "ALTER INDEX", "ALTER LANGUAGE",
        "ALTER LARGE OBJECT", "ALTER MATERIALIZED VIEW", "ALTER OPERATOR", "ALTER OPERATOR CLASS", "ALTER OPERATOR FAMILY",
        "ALTER POLICY", "ALTER PROCEDURE", "ALTER PUBLICATION", "ALTER ROLE", "ALTER ROUTINE", "ALTER RULE", "ALTER SCHEMA",
        "ALTER SEQUENCE", "ALTER SERVER", "ALTER STATISTICS", "ALTER SUBSCRIPTION", "ALTER SYSTEM", "ALTER TABLE",
        "ALTER TABLESPACE", "ALTER TEXT SEARCH CONFIGURATION", "ALTER TEXT SEARCH DICTIONARY", "ALTER TEXT SEARCH PARSER",
        "ALTER TEXT SEARCH TEMPLATE", "ALTER TRANSFORM", "ALTER TRIGGER", "ALTER TYPE", "ALTER USER MAPPING", "ALTER VIEW",
        "ANALYZE", "BEGIN", "CALL", "CHECKPOINT", "CLOSE", "CLOSE CURSOR", "CLOSE CURSOR ALL", "CLUSTER", "COMMENT", "COMMIT",
        "COMMIT PREPARED", "COPY", "COPY FROM", "CREATE ACCESS METHOD", "CREATE AGGREGATE", "CREATE CAST", "CREATE COLLATION",
        "CREATE CONSTRAINT", "CREATE CONVERSION", "CREATE DATABASE", "CREATE DOMAIN", "CREATE EVENT TRIGGER",
        "CREATE EXTENSION", "CREATE FOREIGN DATA WRAPPER", "CREATE FOREIGN TABLE", "CREATE FUNCTION", "CREATE INDEX",
        "CREATE LANGUAGE", "CREATE MATERIALIZED VIEW", "CREATE OPERATOR", "CREATE OPERATOR CLASS", "CREATE OPERATOR FAMILY",
        "CREATE POLICY", "CREATE PROCEDURE", "CREATE PUBLICATION", "CREATE ROLE", "CREATE ROUTINE", "CREATE RULE",
        "CREATE SCHEMA", "CREATE SEQUENCE", "CREATE SERVER", "CREATE STATISTICS", "CREATE SUBSCRIPTION", "CREATE TABLE",
        "CREATE TABLE AS", "CREATE TABLESPACE", "CREATE TEXT SEARCH CONFIGURATION", "CREATE TEXT SEARCH DICTIONARY",
        "CREATE TEXT SEARCH PARSER", "CREATE TEXT SEARCH TEMPLATE", "CREATE TRANSFORM", "CREATE TRIGGER", "CREATE TYPE",
        "CREATE USER MAPPING", "CREATE VIEW", "DEALLOCATE", "DEALLOCATE ALL", "DECLARE CURSOR", "DELETE", "DISCARD",
        "DISCARD ALL", "DISCARD PLANS", "DISCARD SEQUENCES", "DISCARD TEMP", "DO", "DROP ACCESS METHOD", "DROP AGGREGATE",
        "DROP CAST", "DROP COLLATION", "DROP CONSTRAINT", "DROP CONVERSION", "DROP DATABASE", "DROP DOMAIN",
        "DROP EVENT TRIGGER", "DROP EXTENSION", "DROP FOREIGN DATA WRAPPER", "DROP FOREIGN TABLE", "DROP FUNCTION",
        "DROP INDEX", "DROP LANGUAGE", "DROP MATERIALIZED VIEW", "DROP OPERATOR", "DROP OPERATOR CLASS", "DROP OPERATOR FAMILY",
        "DROP OWNED", "DROP POLICY", "DROP PROCEDURE", "DROP PUBLICATION", "DROP ROLE", "DROP ROUTINE", "DROP RULE",
        "DROP SCHEMA", "DROP SEQUENCE", "DROP SERVER", "DROP STATISTICS", "DROP SUBSCRIPTION", "DROP TABLE", "DROP TABLESPACE",
        "DROP TEXT SEARCH CONFIGURATION", "DROP TEXT SEARCH DICTIONARY", "DROP TEXT SEARCH PARSER", "DROP TEXT SEARCH TEMPLATE",
        "DROP TRANSFORM", "DROP TRIGGER", "DROP TYPE", "DROP USER MAPPING", "DROP VIEW", "EXECUTE", "EXPLAIN", "FETCH",
        "FUNCTION CALL", "GRANT", "GRANT ROLE", "IMPORT FOREIGN SCHEMA", "INSERT", "LISTEN", "LOAD", "LOCK TABLE", "MERGE",
        "MOVE", "NOTIFY", "PREPARE", "PREPARE TRANSACTION", "REASSIGN OWNED", "REFRESH MATERIALIZED VIEW", "REINDEX", "RELEASE",
        "RESET", "REVOKE", "REVOKE ROLE", "ROLLBACK", "ROLLBACK PREPARED", "SAVEPOINT", "SECURITY LABEL", "SELECT",
        "SELECT FOR KEY SHARE", "SELECT FOR NO KEY UPDATE", "SELECT FOR SHARE", "SELECT FOR UPDATE", "SELECT INTO", "SET",
        "SET CONSTRAINTS", "SHOW", "START TRANSACTION", "TRUNCATE", "UNLISTEN", "UPDATE", "VACUUM",
    ];

    /// <summary>Other spellings of the same command. PostgreSQL reports them all under the one on the right.</summary>
    private static readonly FrozenDictionary<string, string> _aliases = new Dictionary<string, string>
    {
        ["TRUNCATE TABLE"] = "TRUNCATE",
        ["CREATE USER"] = "CREATE ROLE",
        ["CREATE GROUP"] = "CREATE ROLE",
        ["ALTER USER"] = "ALTER ROLE",
        ["ALTER GROUP"] = "ALTER ROLE",
        ["DROP USER"] = "DROP ROLE",
        ["DROP GROUP"] = "DROP ROLE",
        ["START TRANSACTION"] = "BEGIN",
        ["BEGIN TRANSACTION"] = "BEGIN",
        ["END"] = "COMMIT",
        ["ABORT"] = "ROLLBACK",
        ["LOCK"] = "LOCK TABLE",
        ["ANALYSE"] = "ANALYZE",
        ["VALUES"] = "SELECT",
        ["TABLE"] = "SELECT",
        ["EXEC"] = "EXECUTE",
        ["CREATE PROC"] = "CREATE PROCEDURE",
        ["ALTER PROC"] = "ALTER PROCEDURE",
        ["DROP PROC"] = "DROP PROCEDURE",
        ["CREATE UNIQUE INDEX"] = "CREATE INDEX",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenSet<string> _known = postgres.Concat(TransactSqlAnalyzer.KnownCommands).Concat(_aliases.Keys).ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Upper case, single blanks, and the spelling that PostgreSQL reports.</summary>
    public static string Normalize(string tag)
    {
        string words = string.Join(' ', tag.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).ToUpperInvariant();
        return _aliases.GetValueOrDefault(words, words);
    }

    /// <summary>True for a tag, and for words that a tag begins with, as DROP.</summary>
    public static bool IsKnown(string normalized) => IsTag(normalized) || _known.Any(tag => BeginsWith(tag, normalized));

    public static bool IsTag(string normalized) => _known.Contains(normalized);

    /// <summary>True where a rule that says <paramref name="rule"/> means a statement with the tag <paramref name="statement"/>; both
    /// normalized. A tag means every command that begins with its words, CREATE TABLE also CREATE TABLE AS.</summary>
    public static bool Means(string rule, string statement) =>
        rule == statement || BeginsWith(statement, rule) || (statement == "SELECT INTO" && Means(rule, "CREATE TABLE AS"));

    /// <summary>As <see cref="Means"/>, for a rule that lets through: there a whole tag means nothing but itself.</summary>
    public static bool MeansExactly(string rule, string statement) =>
        rule == statement || (!IsTag(rule) && BeginsWith(statement, rule));

    /// <summary>The known tag that is nearest to a mistyped one, or null where none is near.</summary>
    public static string? Nearest(string normalized)
    {
        (string? best, int distance) = (null, 3);
        foreach (string tag in _known)
        {
            int next = Distance(tag, normalized);
            if (next < distance || (next == distance && best is not null && string.CompareOrdinal(tag, best) < 0))
                (best, distance) = (tag, next);
        }
        return best;
    }

    private static bool BeginsWith(string tag, string words) =>
        tag.Length > words.Length && tag[words.Length] == ' ' && tag.StartsWith(words, StringComparison.Ordinal);

    /// <summary>Levenshtein's distance.</summary>
    private static int Distance(string a, string b)
    {
        int[] row = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++)
            row[j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int substitute = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substitute, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.Length];
    }
}
