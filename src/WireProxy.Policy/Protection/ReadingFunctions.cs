using System.Collections.Frozen;

namespace WireProxy.Policy;

/// <summary>Functions of pg_catalog whose result may hold rows of tables, although no table stands in the statement. Gathered from
/// pg_proc of PostgreSQL 15 to 18; what is not in pg_catalog (dblink, pageinspect, a user's own) counts without a list.</summary>
internal static class ReadingFunctions
{
    private static readonly FrozenSet<string> _names = FrozenSet.Create(
        StringComparer.Ordinal,
        // Run SQL text, or read a table, cursor, schema or database given by name (9.15.3).
        "query_to_xml", "query_to_xml_and_xmlschema", "table_to_xml", "table_to_xml_and_xmlschema", "schema_to_xml",
        "schema_to_xml_and_xmlschema", "database_to_xml", "database_to_xml_and_xmlschema", "cursor_to_xml",
        // Run SQL text (9.13).
        "ts_stat", "ts_rewrite",
        // A file of the server into a large object (35.4).
        "lo_import",
        // The server's files, the data directory among them (9.27.9).
        "pg_read_file", "pg_read_file_old", "pg_read_binary_file",
        // Changed rows out of the write-ahead log (9.27.6).
        "pg_logical_slot_get_changes", "pg_logical_slot_peek_changes", "pg_logical_slot_get_binary_changes",
        "pg_logical_slot_peek_binary_changes",
        // Statements of other sessions (28.2).
        "pg_stat_get_activity", "pg_stat_get_backend_activity",
        // Values out of extended statistics (75.2).
        "pg_mcv_list_items");

    private static readonly FrozenSet<string> _rowTakers = FrozenSet.Create(
        StringComparer.Ordinal,
        // Take a row, or anything, as their only argument and show what is in it (pg_proc of PostgreSQL 15 to 18).
        "any_value", "array_agg", "concat", "first_value", "hash_record", "hash_record_extended", "json_agg", "json_agg_strict",
        "json_build_array", "json_build_object", "jsonb_agg", "jsonb_agg_strict", "jsonb_build_array", "jsonb_build_object", "lag", "last_value",
        "lead", "max", "min", "mode", "quote_literal", "quote_nullable", "record_out", "record_send", "row_to_json", "to_json", "to_jsonb");

    private static readonly FrozenSet<string> _placers = FrozenSet.Create(
        StringComparer.Ordinal,
        // Put a value where a later statement, or another session, can fetch it: a large object, a notification, a setting, the log.
        "lo_from_bytea", "lo_put", "lowrite", "lo_import", "pg_notify", "set_config", "pg_logical_emit_message");

    /// <summary>True for functions that keep a value that they are given.</summary>
    public static bool Places(string name) => _placers.Contains(name);

    public static bool Contains(string name) => _names.Contains(name);

    /// <summary>True for functions that may be written behind a row and a dot, and then show what is in the row.</summary>
    public static bool TakesRows(string name) => _rowTakers.Contains(name);
}
