using System.Collections.Frozen;
using static WireProxy.Sql.StatementClass;

namespace WireProxy.Sql.TransactSql;

/// <summary>Where a procedure takes something.</summary>
/// <param name="Position">From 0.</param>
/// <param name="Name">As a call names it, with @.</param>
public sealed record ProcedureParameterPlace(int Position, string Name);

/// <summary>What is known of one of the server's own procedures.</summary>
/// <param name="Class">The class that a call has besides Function.</param>
/// <param name="Text">The parameter whose text is run, or described.</param>
/// <param name="RunsUnknownText">It runs text that is not in the call, or in no dialect that is read here.</param>
/// <param name="IsReader">It changes nothing.</param>
/// <param name="Object">The parameter that names the object which it is about.</param>
internal sealed record SystemProcedure(
    string Name, StatementClass? Class = null, ProcedureParameterPlace? Text = null, bool RunsUnknownText = false, bool IsReader = false,
    ProcedureParameterPlace? Object = null);

/// <summary>The server's own procedures that do more, or less, than a procedure that is not known (System stored procedures
/// (Transact-SQL)).</summary>
internal static class SystemProcedures
{
    static readonly string[] s_unknown =
    [
        "xp_cmdshell", "sp_OACreate", "sp_OAMethod", "sp_OAGetProperty", "sp_OASetProperty", "sp_execute_external_script", "sp_MSforeachtable",
        "sp_MSforeachdb", "sp_MSforeach_worker", "sp_send_dbmail", "sp_add_jobstep", "sp_update_jobstep", "sp_start_job", "xp_sendmail",
        "sp_execresultset", "xp_execresultset", "sp_replcmds", "sp_makewebtask", "sp_runwebtask", "xp_sqlagent_notify", "sp_executesql_internal",
        "sp_invoke_external_rest_endpoint", "sp_execute_remote", "sp_trace_create", "sp_create_plan_guide", "xp_loginconfig", "sp_msdbuseraccess",
    ];

    static readonly string[] s_readers =
    [
        "sp_tables", "sp_columns_100", "sp_columns_90", "sp_columns_ex", "sp_pkeys", "sp_fkeys", "sp_statistics", "sp_statistics_100",
        "sp_special_columns", "sp_special_columns_100", "sp_sproc_columns", "sp_sproc_columns_100", "sp_stored_procedures", "sp_server_info",
        "sp_databases", "sp_datatype_info", "sp_datatype_info_100", "sp_helpdb", "sp_helpindex", "sp_helpconstraint", "sp_helpuser", "sp_helprole",
        "sp_helprolemember", "sp_helprotect", "sp_helpsort", "sp_helpserver", "sp_helpfile", "sp_helpfilegroup", "sp_helplogins", "sp_helpsrvrole",
        "sp_who", "sp_who2", "sp_lock", "sp_monitor", "sp_depends", "sp_getapplock", "sp_releaseapplock", "sp_table_privileges",
        "sp_column_privileges", "sp_reset_connection", "sp_set_session_context", "sp_tablecollations_100", "sp_table_type_columns_100",
        "sp_catalogs", "sp_linkedservers", "sp_primarykeys", "sp_foreignkeys", "sp_indexes", "sp_bindsession", "sp_xml_preparedocument",
        "sp_xml_removedocument", "sp_oledb_ro_usrname", "sp_provider_types_100_rowset", "sp_tables_info_90_rowset", "sp_getbindtoken",
    ];

    static readonly string[] s_roles =
    [
        "sp_addlogin", "sp_droplogin", "sp_password", "sp_defaultdb", "sp_defaultlanguage", "sp_grantlogin", "sp_revokelogin", "sp_denylogin",
        "sp_adduser", "sp_dropuser", "sp_grantdbaccess", "sp_revokedbaccess", "sp_addrole", "sp_droprole", "sp_addrolemember", "sp_droprolemember",
        "sp_addsrvrolemember", "sp_dropsrvrolemember", "sp_addapprole", "sp_dropapprole", "sp_approlepassword", "sp_setapprole", "sp_unsetapprole",
        "sp_change_users_login", "sp_changedbowner", "sp_addalias", "sp_dropalias", "sp_addlinkedsrvlogin", "sp_droplinkedsrvlogin",
    ];

    static readonly string[] s_ddl =
    [
        "sp_configure", "sp_dboption", "sp_renamedb", "sp_detach_db", "sp_attach_db", "sp_attach_single_file_db", "sp_addtype", "sp_droptype",
        "sp_bindrule", "sp_unbindrule", "sp_bindefault", "sp_unbindefault", "sp_tableoption", "sp_indexoption", "sp_settriggerorder", "sp_recompile",
        "sp_refreshview", "sp_refreshsqlmodule", "sp_procoption", "sp_addextendedproc", "sp_dropextendedproc", "sp_addlinkedserver", "sp_dropserver",
        "sp_serveroption", "sp_cdc_enable_db", "sp_cdc_enable_table", "sp_cdc_disable_db", "sp_cdc_disable_table", "sp_addextendedproperty",
        "sp_updateextendedproperty", "sp_dropextendedproperty", "sp_addmessage", "sp_dropmessage", "sp_fulltext_table", "sp_fulltext_column",
        "sp_rename_internal", "sp_autostats", "sp_createstats", "sp_updatestats", "sp_db_vardecimal_storage_format", "sp_estimate_data_compression_savings",
    ];

    static readonly FrozenDictionary<string, SystemProcedure> s_rows = Rows().ToFrozenDictionary(row => row.Name, StringComparer.OrdinalIgnoreCase);

    public static SystemProcedure? Find(string name) => s_rows.GetValueOrDefault(name);

    static IEnumerable<SystemProcedure> Rows()
    {
        foreach (var procedure in RpcFacts.Procedures)
            if (procedure.Text is { } text)
                yield return new(procedure.Name, Text: new(text.Position, text.Name), IsReader: true);
            else if (procedure.NeedsHandle)
                yield return new(procedure.Name, RunsUnknownText: procedure.Handle is HandleUse.Runs or HandleUse.Fetches, IsReader: true);
        foreach (var name in s_unknown)
            yield return new(name, RunsUnknownText: true);
        foreach (var name in s_readers)
            yield return new(name, IsReader: true);
        foreach (var name in s_roles)
            yield return new(name, Role);
        foreach (var name in s_ddl)
            yield return new(name, Ddl);
        yield return new("sp_rename", Ddl, Object: new(0, "@objname"));
        yield return new("sp_changeobjectowner", Ddl, Object: new(0, "@objname"));
        yield return new("sp_help", IsReader: true, Object: new(0, "@objname"));
        yield return new("sp_helptext", IsReader: true, Object: new(0, "@objname"));
        yield return new("sp_columns", IsReader: true, Object: new(0, "@table_name"));
        yield return new("sp_spaceused", IsReader: true, Object: new(0, "@objname"));
    }
}
