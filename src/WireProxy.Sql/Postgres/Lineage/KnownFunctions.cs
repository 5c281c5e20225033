using System.Collections.Frozen;
using WireProxy.Sql.Catalog;

namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>What functions in C do that neither their arguments nor the catalog show.</summary>
internal enum NativeReach
{
    /// <summary>Its result is made of its arguments.</summary>
    Arguments,
    /// <summary>It reads something of the database or the server by itself.</summary>
    Reads,
    /// <summary>It runs what arguments say, or code that is not known.</summary>
    Runs,
}

/// <summary>The maintained list. PostgreSQL's own were gathered from pg_proc of PostgreSQL 15 to 18, the others from the extensions of
/// its distribution (contrib). A function in C that is in neither is judged by what the catalog says of it.</summary>
internal static class KnownFunctions
{
    /// <summary>Run arguments as SQL: a bit for each, from the first. A literal is analysed.</summary>
    static readonly FrozenDictionary<string, int> s_runText = new Dictionary<string, int>
    {
        ["query_to_xml"] = 1,
        ["query_to_xmlschema"] = 1,
        ["query_to_xml_and_xmlschema"] = 1,
        ["ts_stat"] = 1,
        ["crosstab"] = 3,
        ["crosstab2"] = 1,
        ["crosstab3"] = 1,
        ["crosstab4"] = 1,
        ["crosstabn"] = 1,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    static readonly FrozenSet<string> s_run = Set(
        // Other servers, and this one by another road (dblink).
        "dblink", "dblink_exec", "dblink_open", "dblink_send_query", "dblink_connect", "dblink_connect_u",
        // A stylesheet may name files and addresses (xml2).
        "xslt_process");

    static readonly FrozenSet<string> s_read = Set(
        // Relations, schemas, the database, a cursor by name (9.15.3); a query inside a query of words (9.13).
        "table_to_xml", "table_to_xmlschema", "table_to_xml_and_xmlschema", "schema_to_xml", "schema_to_xmlschema", "schema_to_xml_and_xmlschema",
        "database_to_xml", "database_to_xmlschema", "database_to_xml_and_xmlschema", "cursor_to_xml", "cursor_to_xmlschema", "ts_rewrite",
        // Files of the server, the data directory among them (9.27.9, adminpack), and large objects (35.4).
        "pg_read_file", "pg_read_file_old", "pg_read_binary_file", "pg_file_read", "lo_get", "loread", "lo_import", "lo_export",
        // Changed rows out of the write-ahead log (9.27.6, pg_walinspect).
        "pg_logical_slot_get_changes", "pg_logical_slot_peek_changes", "pg_logical_slot_get_binary_changes",
        "pg_logical_slot_peek_binary_changes", "pg_get_wal_record_info", "pg_get_wal_records_info", "pg_get_wal_records_info_till_end_of_wal",
        "pg_get_wal_block_info", "pg_get_wal_fpi_info",
        // Statements of this and other sessions, with what stands in them (28.2, pg_stat_statements).
        "pg_stat_get_activity", "pg_stat_get_backend_activity", "pg_stat_statements", "pg_stat_statements_info", "pg_cursor",
        "pg_prepared_statement", "pg_logdir_ls", "pg_hba_file_rules", "pg_show_all_file_settings",
        // Values out of statistics (75.2).
        "pg_mcv_list_items", "pg_stats_ext_mcvlist_items",
        // Pages of relations (pageinspect), and queries that arguments name (dblink, tablefunc, xml2).
        "get_raw_page", "bt_page_items", "gist_page_items", "gist_page_items_bytea", "hash_page_items", "brin_page_items", "heap_page_items",
        "heap_page_item_attrs", "tuple_data_split", "gin_leafpage_items", "fsm_page_contents", "bt_multi_page_stats", "dblink_fetch",
        "dblink_get_result", "dblink_get_notify", "dblink_current_query", "dblink_build_sql_insert", "dblink_build_sql_update",
        "dblink_build_sql_delete", "dblink_error_message", "dblink_get_connections", "dblink_get_pkey", "connectby", "xpath_table",
        "hypopg", "pg_buffercache_pages");

    static readonly FrozenSet<string> s_writeFiles = Set("lo_export", "pg_file_write", "pg_file_rename", "pg_file_unlink", "pg_file_sync");

    /// <summary>It puts a file of the client's making where the server may take it for code or configuration (35.4, adminpack).</summary>
    public static bool WritesFiles(CatalogRoutine routine) => s_writeFiles.Contains(routine.Name) || routine.Body.Contains("lo_export", StringComparison.Ordinal)
        || routine.Body.StartsWith("pg_file_", StringComparison.Ordinal);

    /// <summary>What is in the symbols of built-in functions that read.</summary>
    static readonly string[] s_readSymbols = ["_to_xml", "pg_read_", "ts_stat", "be_lo", "tsquery_rewrite_query", "pg_logical_slot_", "pg_stat_get_activity", "pg_stat_get_backend_activity"];

    /// <summary>Symbols of built-in functions with other names that only look so.</summary>
    static readonly FrozenSet<string> s_harmless = Set("be_lo_open", "be_lo_creat", "be_lo_create", "be_lo_unlink", "be_lo_close", "be_lo_lseek", "be_lo_lseek64",
        "be_lo_tell", "be_lo_tell64", "be_lo_truncate", "be_lo_truncate64", "be_lowrite", "be_lo_put", "be_lo_from_bytea");

    /// <summary>Extensions of the distribution, and of PostGIS, whose functions in C look at their arguments alone, except those above.</summary>
    static readonly FrozenSet<string> s_pure = Set(
        "citext", "hstore", "pg_trgm", "fuzzystrmatch", "pgcrypto", "unaccent", "intarray", "ltree", "cube", "seg", "isn", "btree_gin",
        "btree_gist", "bloom", "uuid-ossp", "earthdistance", "tsm_system_rows", "tsm_system_time", "dict_int", "dict_xsyn", "tablefunc", "xml2",
        "postgis", "postgis_raster", "postgis_topology", "vector", "lo", "pgrowlocks", "pgstattuple", "pg_freespacemap", "pg_visibility",
        "pg_prewarm", "sslinfo", "address_standardizer", "jsonb_plpython3u", "hstore_plpython3u", "plpgsql", "pageinspect", "pg_walinspect",
        "pg_stat_statements", "dblink", "adminpack", "postgres_fdw", "file_fdw", "pg_buffercache", "old_snapshot", "pg_surgery", "amcheck");

    /// <summary>One of PostgreSQL's own that computes what indexes hold (9.27.8).</summary>
    public static bool Summarizes(string name) => name is "brin_summarize_new_values" or "brin_summarize_range";

    public static int TextArguments(string name) => s_runText.GetValueOrDefault(name);

    /// <summary>Of one of PostgreSQL's own.</summary>
    /// <param name="symbol">Where it is not the name: somebody may have put another function's behind it.</param>
    public static NativeReach OfBuiltIn(string name, string symbol) =>
        s_read.Contains(name) ? NativeReach.Reads
        : s_readSymbols.Any(s => symbol.Contains(s, StringComparison.Ordinal)) && !s_harmless.Contains(symbol) ? NativeReach.Reads : NativeReach.Arguments;

    /// <summary>Of one that an extension brought; by its name and, since names are given freely, by its symbol in the library.</summary>
    public static NativeReach OfExtension(string extension, string name, string symbol, bool isImmutable)
    {
        if (s_run.Contains(name) || s_run.Contains(symbol))
            return NativeReach.Runs;
        if (s_read.Contains(name) || s_read.Any(n => symbol.Contains(n, StringComparison.Ordinal)) || s_runText.ContainsKey(symbol))
            return NativeReach.Reads;
        return isImmutable || s_pure.Contains(extension) ? NativeReach.Arguments : NativeReach.Runs;
    }

    static FrozenSet<string> Set(params string[] names) => names.ToFrozenSet(StringComparer.Ordinal);
}
