using WireProxy.Sql;

namespace WireProxy.Policy;

/// <summary>What PostgreSQL's FunctionCall message does, as facts (protocol section 55.2.5; pgaudit counts it as FUNCTION).</summary>
internal static class FunctionCallFacts
{
    public static StatementFacts Of(string? schema, string? name) => new()
    {
        Command = "FUNCTION CALL",
        // The same call as a statement would be a SELECT, and a rule about SELECT means it.
        InnerCommands = ["SELECT"],
        Classes = name is not null && Writes(name)
            ? [StatementClass.Read, StatementClass.Function, StatementClass.Write]
            : [StatementClass.Read, StatementClass.Function],
        Functions = name is null ? [] : [new FunctionReference(schema, name)],
        HasUnknownSql = name is null,
    };

    /// <summary>The large-object functions that change something (PostgreSQL 35.3, 35.4).</summary>
    private static bool Writes(string name) => name is
        "lo_creat" or "lo_create" or "lo_import" or "lo_from_bytea" or "lo_put" or "lowrite" or "lo_truncate" or "lo_truncate64"
        or "lo_unlink";
}
