using System.Collections.Frozen;
using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace WireProxy.Sql.TransactSql;

/// <summary>The tag and the class of every statement of ScriptDom's grammar.</summary>
/// <remarks>A tag is the statement's words as its type names them (DropTableStatement is DROP TABLE), cut where the words after are
/// details (ALTER TABLE), except where <see cref="s_tags"/> says otherwise. Tests hold the whole table against a written one.</remarks>
internal static class CommandTable
{
    /// <summary>Tags that the type's name does not give.</summary>
    static readonly Dictionary<string, string> s_tags = new(StringComparer.Ordinal)
    {
        ["TRUNCATE TABLE"] = "TRUNCATE",
        ["BEGIN TRANSACTION"] = "BEGIN",
        ["COMMIT TRANSACTION"] = "COMMIT",
        ["ROLLBACK TRANSACTION"] = "ROLLBACK",
        ["BACKUP TRANSACTION LOG"] = "BACKUP LOG",
        ["TRY CATCH"] = "TRY",
        ["GO TO"] = "GOTO",
        ["LINE NO"] = "LINENO",
        ["WAIT FOR"] = "WAITFOR",
        ["RAISE ERROR"] = "RAISERROR",
        ["RAISE ERROR LEGACY"] = "RAISERROR",
        ["READ TEXT"] = "READTEXT",
        ["UPDATE TEXT"] = "UPDATETEXT",
        ["WRITE TEXT"] = "WRITETEXT",
        ["SET USER"] = "SETUSER",
        ["PREDICATE SET"] = "SET",
        ["OPEN CURSOR"] = "OPEN",
        ["FETCH CURSOR"] = "FETCH",
        ["DEALLOCATE CURSOR"] = "DEALLOCATE",
        ["USE FEDERATION"] = "USE",
        ["RENAME ENTITY"] = "RENAME",
        ["CREATE COLUMN STORE INDEX"] = "CREATE INDEX",
        ["CREATE XML INDEX"] = "CREATE INDEX",
        ["CREATE SPATIAL INDEX"] = "CREATE INDEX",
        ["CREATE SELECTIVE XML INDEX"] = "CREATE INDEX",
        ["BEGIN END BLOCK"] = "BLOCK",
        ["BEGIN END ATOMIC BLOCK"] = "BLOCK",
    };

    /// <summary>Where a tag is cut.</summary>
    static readonly string[] s_stems =
    [
        "ALTER TABLE", "ALTER LOGIN", "ALTER SERVER CONFIGURATION", "ALTER DATABASE SCOPED CONFIGURATION", "ALTER DATABASE AUDIT SPECIFICATION",
        "ALTER DATABASE ENCRYPTION KEY", "ALTER DATABASE", "CREATE TYPE", "DECLARE CURSOR", "DECLARE", "KILL", "SET",
    ];

    static readonly string[] s_roleEndings = [" LOGIN", " USER", " ROLE", " CREDENTIAL"];
    static readonly string[] s_ddlVerbs = ["CREATE ", "ALTER ", "DROP ", "ADD ", "RESTORE"];

    static readonly FrozenDictionary<Type, (string Tag, StatementClass Class)> s_rows = typeof(TSqlStatement).Assembly.GetExportedTypes()
        .Where(type => !type.IsAbstract && typeof(TSqlStatement).IsAssignableFrom(type) && !type.Name.EndsWith("Snippet", StringComparison.Ordinal))
        .ToDictionary(type => type, type => TagOf(type.Name) is var tag ? (tag, ClassOf(tag)) : default).ToFrozenDictionary();

    /// <summary>Tags that depend on more than the statement's type, and the inner commands of reading and writing outside the tables.</summary>
    static readonly string[] s_others =
    [
        "SELECT INTO", "CREATE TABLE AS", "DISABLE TRIGGER", "RESTORE DATABASE", "RESTORE LOG", "RESTORE FILELISTONLY", "RESTORE HEADERONLY",
        "RESTORE LABELONLY", "RESTORE VERIFYONLY", "RESTORE REWINDONLY", "ALTER VIEW", "ALTER PROCEDURE", "ALTER FUNCTION", "ALTER TRIGGER",
    ];

    /// <summary>Every tag that facts may name.</summary>
    public static FrozenSet<string> KnownTags { get; } = s_rows.Values.Select(row => row.Tag).Concat(s_others).Where(tag => tag != "BLOCK")
        .ToFrozenSet(StringComparer.Ordinal);

    public static IEnumerable<(Type Type, string Tag, StatementClass Class)> Rows => s_rows.Select(row => (row.Key, row.Value.Tag, row.Value.Class));

    public static (string Tag, StatementClass Class) Of(TSqlStatement statement)
    {
        var (tag, kind) = s_rows[statement.GetType()];
        return statement switch
        {
            SelectStatement { Into: not null } => ("SELECT INTO", StatementClass.Ddl),
            CreateTableStatement { SelectStatement: not null } => ("CREATE TABLE AS", kind),
            EnableDisableTriggerStatement { TriggerEnforcement: TriggerEnforcement.Disable } => ("DISABLE TRIGGER", kind),
            RestoreStatement restore => (OfRestore(restore.Kind), kind),
            _ => (tag, kind),
        };
    }

    public static string Of(DataModificationSpecification change) => change switch
    {
        InsertSpecification => "INSERT",
        UpdateSpecification => "UPDATE",
        DeleteSpecification => "DELETE",
        _ => "MERGE",
    };

    static string OfRestore(RestoreStatementKind kind) => kind switch
    {
        RestoreStatementKind.TransactionLog => "RESTORE LOG",
        RestoreStatementKind.Database or RestoreStatementKind.None => "RESTORE DATABASE",
        _ => "RESTORE " + kind.ToString().ToUpperInvariant(),
    };

    static string TagOf(string typeName)
    {
        if (typeName == nameof(EnableDisableTriggerStatement))
            return "ENABLE TRIGGER";
        var name = typeName.Replace("Statement80", "", StringComparison.Ordinal).Replace("Statement", "", StringComparison.Ordinal);
        var words = string.Concat(name.Select((c, i) => i > 0 && char.IsUpper(c) ? " " + c : c.ToString())).ToUpperInvariant()
            .Replace("FULL TEXT", "FULLTEXT", StringComparison.Ordinal).Replace("STOP LIST", "STOPLIST", StringComparison.Ordinal)
            .Replace("CREATE OR ALTER ", "CREATE ", StringComparison.Ordinal);
        if (s_tags.TryGetValue(words, out var tag))
            return tag;
        return Array.Find(s_stems, stem => words == stem || words.StartsWith(stem + " ", StringComparison.Ordinal)) ?? words;
    }

    static StatementClass ClassOf(string tag) => tag switch
    {
        "SELECT" or "READTEXT" or "DECLARE CURSOR" => StatementClass.Read,
        "INSERT" or "UPDATE" or "DELETE" or "MERGE" or "TRUNCATE" or "BULK INSERT" or "INSERT BULK" or "UPDATETEXT" or "WRITETEXT" or "RECEIVE"
            or "SEND" or "COPY" => StatementClass.Write,
        "EXECUTE" => StatementClass.Function,
        "GRANT" or "REVOKE" or "DENY" or "EXECUTE AS" or "REVERT" or "SETUSER" or "ALTER AUTHORIZATION" => StatementClass.Role,
        "UPDATE STATISTICS" or "RENAME" or "DISK" or "ENABLE TRIGGER" => StatementClass.Ddl,
        _ when Array.Exists(s_roleEndings, ending => tag.EndsWith(ending, StringComparison.Ordinal)) => StatementClass.Role,
        _ when Array.Exists(s_ddlVerbs, verb => tag.StartsWith(verb, StringComparison.Ordinal)) => StatementClass.Ddl,
        _ => StatementClass.Misc,
    };
}
