using System.Collections.Frozen;

namespace WireProxy.Sql.TransactSql.Lineage;

/// <summary>The server's own views and functions: which tell of objects only, and which may show values of rows or texts of
/// statements. What stands in neither list may hold anything.</summary>
internal static class SystemNames
{
    /// <summary>Catalog views that show names, types and settings (System catalog views (Transact-SQL)), and the compatibility views.
    /// Not among them: sys.sql_modules and its like show definitions, which are no rows, and are; sys.stats histograms,
    /// partition boundaries, query texts, queues and traces hold values, and are not.</summary>
    static readonly FrozenSet<string> s_metadata = ("""
        all_columns all_objects all_parameters all_sql_modules all_views allocation_units assemblies assembly_modules assembly_references
        assembly_types asymmetric_keys certificates check_constraints column_type_usages columns computed_columns configurations
        credentials crypt_properties data_spaces database_audit_specifications database_credentials database_files
        database_permissions database_principals database_role_members database_scoped_configurations databases default_constraints
        destination_data_spaces dm_db_partition_stats dm_exec_sessions dm_exec_connections dm_os_host_info dm_os_sys_info
        dm_tran_active_transactions dm_tran_locks dm_tran_session_transactions dm_os_performance_counters dm_os_wait_stats endpoints
        dm_exec_describe_first_result_set dm_db_index_usage_stats dm_db_index_physical_stats dm_os_waiting_tasks
        event_notifications events extended_procedures extended_properties fn_listextendedproperty fn_helpcollations fn_my_permissions dm_exec_requests
        dm_sql_referenced_entities dm_sql_referencing_entities external_data_sources external_file_formats external_tables filegroups
        foreign_key_columns foreign_keys fulltext_catalogs fulltext_index_columns fulltext_indexes fulltext_languages
        fulltext_stoplists function_order_columns hash_indexes identity_columns index_columns indexes internal_tables
        key_constraints key_encryptions linked_logins login_token master_files masked_columns memory_optimized_tables_internal_attributes
        messages module_assembly_usages numbered_procedures objects parameter_type_usages parameters partition_functions
        partition_parameters partition_schemes partitions periods plan_guides_names procedures schemas security_policies
        security_predicates sensitivity_classifications sequences server_permissions server_principals server_role_members servers
        service_queues services spatial_indexes sql_dependencies sql_expression_dependencies sql_modules
        stats stats_columns symmetric_keys synonyms syslanguages syscharsets system_columns system_objects system_parameters
        system_sql_modules system_views table_types tables time_zone_info trigger_event_types trigger_events triggers types
        user_token views xml_indexes xml_schema_collections change_tracking_databases change_tracking_tables column_encryption_keys
        column_master_keys database_query_store_options edge_constraints
        sysobjects syscolumns sysindexes sysindexkeys sysusers systypes sysdatabases sysfiles sysforeignkeys sysreferences sysconstraints
        sysdepends syspermissions sysprotects sysmembers sysconfigures syscurconfigs sysmessages sysservers spt_values
        """).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Functions of the language whose value is not made of their arguments alone.</summary>
    static readonly FrozenSet<string> s_telling = new[] { "CONTEXT_INFO", "SESSION_CONTEXT", "EVENTDATA" }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>What a relation of the server's own holds; null where the name is none of the server's.</summary>
    public static SourceSet? Relation(string? schema, string name)
    {
        if (NameText.Same(schema, "INFORMATION_SCHEMA"))
            return SourceSet.Empty;
        if (NameText.Same(schema, "sys"))
            return s_metadata.Contains(name) ? SourceSet.Empty : SourceSet.Everything;
        if (schema is null && name.StartsWith("fn_", StringComparison.OrdinalIgnoreCase))
            return s_metadata.Contains(name) ? SourceSet.Empty : null;
        // Without sys. only the compatibility views are found.
        return (schema is null || NameText.Same(schema, "dbo")) && (name.StartsWith("sys", StringComparison.OrdinalIgnoreCase)
            || NameText.Same(name, "spt_values")) && s_metadata.Contains(name) ? SourceSet.Empty : null;
    }

    /// <summary>Columns of views that else tell of objects only, and that hold what sessions put there.</summary>
    public static IReadOnlyList<RowColumn> Columns(string name) =>
        NameText.Same(name, "dm_exec_sessions") || NameText.Same(name, "dm_exec_requests")
            ? [new("context_info", SourceSet.Everything, null)] : [];

    public static bool TellsMore(string function) => s_telling.Contains(function);
}
