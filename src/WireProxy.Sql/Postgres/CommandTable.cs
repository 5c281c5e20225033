using System.Collections.Frozen;
using static WireProxy.Sql.StatementClass;

namespace WireProxy.Sql.Postgres;

/// <summary>The tag and the class of every statement of PostgreSQL 15's grammar. Tags are those of CreateCommandTag
/// (src/backend/tcop/utility.c, cmdtaglist.h), except that TRUNCATE TABLE is called TRUNCATE; classes are pgaudit's.</summary>
internal static class CommandTable
{
    static readonly Command[] s_rows =
    [
        // Queries.
        new("SelectStmt", ["SELECT", "SELECT INTO"],
            n => n.Has(Tree.SelectInto) ? "SELECT INTO" : "SELECT", n => n.Has(Tree.SelectInto) ? Ddl : Read),
        Row("InsertStmt", "INSERT", Write), Row("UpdateStmt", "UPDATE", Write), Row("DeleteStmt", "DELETE", Write),
        Row("MergeStmt", "MERGE", Write), Row("TruncateStmt", "TRUNCATE", Write), Row("PLAssignStmt", "SELECT", Read),
        Row("ReturnStmt", "SELECT", Read), Row("SetOperationStmt", "SELECT", Read),
        new("CopyStmt", ["COPY"], _ => "COPY", n => n.Flag(Tree.CopyIsFrom) ? Write : Read),
        Row("CallStmt", "CALL", Function), Row("DoStmt", "DO", Function),
        // Cursors and prepared statements.
        Row("DeclareCursorStmt", "DECLARE CURSOR", Read),
        new("ClosePortalStmt", ["CLOSE CURSOR", "CLOSE CURSOR ALL"],
            n => n.Has(Tree.ClosePortalName) ? "CLOSE CURSOR" : "CLOSE CURSOR ALL", _ => Misc),
        new("FetchStmt", ["FETCH", "MOVE"], n => n.Flag(Tree.FetchIsMove) ? "MOVE" : "FETCH", _ => Misc),
        Row("PrepareStmt", "PREPARE", Misc), Row("ExecuteStmt", "EXECUTE", Misc),
        new("DeallocateStmt", ["DEALLOCATE", "DEALLOCATE ALL"],
            n => n.Has(Tree.DeallocateName) ? "DEALLOCATE" : "DEALLOCATE ALL", _ => Misc),
        Row("ExplainStmt", "EXPLAIN", Misc),
        // Sessions and maintenance.
        new("TransactionStmt", CommandTags.Transactions, CommandTags.OfTransaction, _ => Misc),
        new("VariableSetStmt", ["SET", "RESET"],
            n => n.Number(Tree.VariableSetKind) >= Tree.VariableReset ? "RESET" : "SET", _ => Misc),
        Row("VariableShowStmt", "SHOW", Misc),
        new("DiscardStmt", CommandTags.Discards, CommandTags.OfDiscard, _ => Misc),
        Row("NotifyStmt", "NOTIFY", Misc), Row("ListenStmt", "LISTEN", Misc), Row("UnlistenStmt", "UNLISTEN", Misc),
        Row("LoadStmt", "LOAD", Misc), Row("LockStmt", "LOCK TABLE", Misc), Row("ConstraintsSetStmt", "SET CONSTRAINTS", Misc),
        Row("CheckPointStmt", "CHECKPOINT", Misc),
        new("VacuumStmt", ["VACUUM", "ANALYZE"], n => n.Flag(Tree.VacuumIsVacuum) ? "VACUUM" : "ANALYZE", _ => Misc),
        Row("ClusterStmt", "CLUSTER", Ddl), Row("ReindexStmt", "REINDEX", Ddl), Row("AlterSystemStmt", "ALTER SYSTEM", Ddl),
        Row("RefreshMatViewStmt", "REFRESH MATERIALIZED VIEW", Ddl), Row("CommentStmt", "COMMENT", Ddl),
        Row("SecLabelStmt", "SECURITY LABEL", Ddl),
        // Roles and privileges.
        new("GrantStmt", ["GRANT", "REVOKE"], n => n.Flag(Tree.GrantIsGrant) ? "GRANT" : "REVOKE", _ => Role),
        new("GrantRoleStmt", ["GRANT ROLE", "REVOKE ROLE"],
            n => n.Flag(Tree.GrantRoleIsGrant) ? "GRANT ROLE" : "REVOKE ROLE", _ => Role),
        Row("AlterDefaultPrivilegesStmt", "ALTER DEFAULT PRIVILEGES", Role), Row("CreateRoleStmt", "CREATE ROLE", Role),
        Row("AlterRoleStmt", "ALTER ROLE", Role), Row("AlterRoleSetStmt", "ALTER ROLE", Role),
        Row("DropRoleStmt", "DROP ROLE", Role), Row("DropOwnedStmt", "DROP OWNED", Ddl),
        Row("ReassignOwnedStmt", "REASSIGN OWNED", Ddl),
        // Databases, schemas, tables and what hangs on them.
        Row("CreatedbStmt", "CREATE DATABASE", Ddl), Row("DropdbStmt", "DROP DATABASE", Ddl),
        Row("AlterDatabaseStmt", "ALTER DATABASE", Ddl), Row("AlterDatabaseSetStmt", "ALTER DATABASE", Ddl),
        Row("AlterDatabaseRefreshCollStmt", "ALTER DATABASE", Ddl), Row("CreateTableSpaceStmt", "CREATE TABLESPACE", Ddl),
        Row("DropTableSpaceStmt", "DROP TABLESPACE", Ddl), Row("AlterTableSpaceOptionsStmt", "ALTER TABLESPACE", Ddl),
        Row("CreateSchemaStmt", "CREATE SCHEMA", Ddl), Row("CreateStmt", "CREATE TABLE", Ddl),
        new("CreateTableAsStmt", ["CREATE TABLE AS", "CREATE MATERIALIZED VIEW", "SELECT INTO"], CommandTags.OfCreateTableAs, _ => Ddl),
        Row("CreateForeignTableStmt", "CREATE FOREIGN TABLE", Ddl), Row("CompositeTypeStmt", "CREATE TYPE", Ddl),
        Altering("AlterTableStmt", Tree.AlterTableObject), Altering("AlterTableMoveAllStmt", Tree.MoveAllObject),
        new("RenameStmt", CommandTags.Alters, CommandTags.OfRename,
            n => n.Number(Tree.RenameType) == CommandTags.ObjectRole ? Role : Ddl),
        Altering("AlterObjectDependsStmt", Tree.DependsObject), Altering("AlterObjectSchemaStmt", Tree.ObjectSchemaObject),
        Altering("AlterOwnerStmt", Tree.OwnerObject), Altering("AlterFunctionStmt", Tree.AlterFunctionObject),
        new("DropStmt", CommandTags.Drops, n => CommandTags.Of("DROP", n.Number(Tree.DropType)), _ => Ddl),
        new("DefineStmt", CommandTags.Creates, n => CommandTags.Of("CREATE", n.Number(Tree.DefineKind)), _ => Ddl),
        Row("IndexStmt", "CREATE INDEX", Ddl), Row("ViewStmt", "CREATE VIEW", Ddl), Row("RuleStmt", "CREATE RULE", Ddl),
        Row("CreateTrigStmt", "CREATE TRIGGER", Ddl), Row("CreateEventTrigStmt", "CREATE EVENT TRIGGER", Ddl),
        Row("AlterEventTrigStmt", "ALTER EVENT TRIGGER", Ddl), Row("CreateSeqStmt", "CREATE SEQUENCE", Ddl),
        Row("AlterSeqStmt", "ALTER SEQUENCE", Ddl), Row("CreateStatsStmt", "CREATE STATISTICS", Ddl),
        Row("AlterStatsStmt", "ALTER STATISTICS", Ddl), Row("CreatePolicyStmt", "CREATE POLICY", Ddl),
        Row("AlterPolicyStmt", "ALTER POLICY", Ddl),
        Row("ReplicaIdentityStmt", "ALTER TABLE", Ddl), // A part of ALTER TABLE ... REPLICA IDENTITY.
        // Types, functions, operators.
        Row("CreateDomainStmt", "CREATE DOMAIN", Ddl), Row("AlterDomainStmt", "ALTER DOMAIN", Ddl),
        Row("CreateEnumStmt", "CREATE TYPE", Ddl), Row("AlterEnumStmt", "ALTER TYPE", Ddl),
        Row("CreateRangeStmt", "CREATE TYPE", Ddl), Row("AlterTypeStmt", "ALTER TYPE", Ddl),
        new("CreateFunctionStmt", ["CREATE FUNCTION", "CREATE PROCEDURE"],
            n => n.Flag(Tree.CreateFunctionIsProcedure) ? "CREATE PROCEDURE" : "CREATE FUNCTION", _ => Ddl),
        Row("CreatePLangStmt", "CREATE LANGUAGE", Ddl), Row("CreateConversionStmt", "CREATE CONVERSION", Ddl),
        Row("CreateCastStmt", "CREATE CAST", Ddl), Row("CreateTransformStmt", "CREATE TRANSFORM", Ddl),
        Row("CreateOpClassStmt", "CREATE OPERATOR CLASS", Ddl), Row("CreateOpFamilyStmt", "CREATE OPERATOR FAMILY", Ddl),
        Row("AlterOpFamilyStmt", "ALTER OPERATOR FAMILY", Ddl), Row("AlterOperatorStmt", "ALTER OPERATOR", Ddl),
        Row("AlterCollationStmt", "ALTER COLLATION", Ddl), Row("CreateAmStmt", "CREATE ACCESS METHOD", Ddl),
        Row("AlterTSDictionaryStmt", "ALTER TEXT SEARCH DICTIONARY", Ddl),
        Row("AlterTSConfigurationStmt", "ALTER TEXT SEARCH CONFIGURATION", Ddl),
        // Extensions, foreign data, replication.
        Row("CreateExtensionStmt", "CREATE EXTENSION", Ddl), Row("AlterExtensionStmt", "ALTER EXTENSION", Ddl),
        Row("AlterExtensionContentsStmt", "ALTER EXTENSION", Ddl), Row("CreateFdwStmt", "CREATE FOREIGN DATA WRAPPER", Ddl),
        Row("AlterFdwStmt", "ALTER FOREIGN DATA WRAPPER", Ddl), Row("CreateForeignServerStmt", "CREATE SERVER", Ddl),
        Row("AlterForeignServerStmt", "ALTER SERVER", Ddl), Row("CreateUserMappingStmt", "CREATE USER MAPPING", Ddl),
        Row("AlterUserMappingStmt", "ALTER USER MAPPING", Ddl), Row("DropUserMappingStmt", "DROP USER MAPPING", Ddl),
        Row("ImportForeignSchemaStmt", "IMPORT FOREIGN SCHEMA", Ddl), Row("CreatePublicationStmt", "CREATE PUBLICATION", Ddl),
        Row("AlterPublicationStmt", "ALTER PUBLICATION", Ddl), Row("CreateSubscriptionStmt", "CREATE SUBSCRIPTION", Ddl),
        Row("AlterSubscriptionStmt", "ALTER SUBSCRIPTION", Ddl), Row("DropSubscriptionStmt", "DROP SUBSCRIPTION", Ddl),
    ];

    static CommandTable()
    {
        foreach (var row in s_rows)
            ProtoSchema.Type(row.Node).Command = row;
        KnownTags = s_rows.SelectMany(r => r.Tags).Append(CopyProgram).Append(CopyFile).ToFrozenSet(StringComparer.Ordinal);
    }

    /// <summary>The inner command of a COPY that runs a program on the server.</summary>
    public const string CopyProgram = "COPY PROGRAM";
    /// <summary>The inner command of a COPY that reads or writes a file of the server.</summary>
    public const string CopyFile = "COPY FILE";

    public static IReadOnlyList<Command> Rows => s_rows;

    /// <summary>Every tag that facts may name.</summary>
    public static FrozenSet<string> KnownTags { get; }

    static Command Row(string node, string tag, StatementClass kind) => new(node, [tag], _ => tag, _ => kind);

    static Command Altering(string node, int objectField) =>
        new(node, CommandTags.Alters, n => CommandTags.Of("ALTER", n.Number(objectField)), _ => Ddl);
}
