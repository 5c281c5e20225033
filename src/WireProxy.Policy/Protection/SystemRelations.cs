using System.Collections.Frozen;

namespace WireProxy.Policy;

/// <summary>System relations hold names, not values, and stay clear. These hold values, taken from the rows of tables or from
/// other sessions' statements, and their columns are redacted where anything is protected (PostgreSQL 15 to 18, chapters 53
/// and 54, section 28.2):
/// <list type="bullet">
/// <item><c>pg_statistic</c>, <c>pg_stats</c>: common values and histogram bounds of every analysed column, and how often and in
/// what order they come;</item>
/// <item><c>pg_statistic_ext_data</c>, <c>pg_stats_ext</c>, <c>pg_stats_ext_exprs</c>: the same of extended statistics;</item>
/// <item><c>pg_attribute.attmissingval</c>: the value that old rows have of a column added later;</item>
/// <item><c>pg_largeobject.data</c> and every TOAST table's <c>chunk_data</c>: the bytes themselves;</item>
/// <item><c>pg_stat_activity.query</c> and, of the extension, <c>pg_stat_statements.query</c>: literals of statements.</item>
/// </list></summary>
internal static class SystemRelations
{
    private static readonly FrozenDictionary<string, string[]> _valueColumns = new Dictionary<string, string[]>
    {
        ["pg_statistic"] = ["stavalues1", "stavalues2", "stavalues3", "stavalues4", "stavalues5",
            "stanumbers1", "stanumbers2", "stanumbers3", "stanumbers4", "stanumbers5"],
        ["pg_stats"] = ["most_common_vals", "most_common_freqs", "histogram_bounds", "correlation", "most_common_elems", "most_common_elem_freqs",
            "elem_count_histogram", "range_length_histogram", "range_empty_frac", "range_bounds_histogram"],
        ["pg_statistic_ext_data"] = ["stxdmcv", "stxdexpr"],
        ["pg_stats_ext"] = ["most_common_vals", "most_common_val_nulls", "most_common_freqs", "most_common_base_freqs"],
        ["pg_stats_ext_exprs"] = ["most_common_vals", "most_common_freqs", "histogram_bounds", "correlation", "most_common_elems",
            "most_common_elem_freqs", "elem_count_histogram"],
        ["pg_attribute"] = ["attmissingval"],
        ["pg_largeobject"] = ["data"],
        ["pg_stat_activity"] = ["query"],
        ["pg_stat_statements"] = ["query"],
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>True for a relation of the list.</summary>
    public static bool MayCarryValues(string schema, string relation) =>
        IsToast(schema) || (_valueColumns.ContainsKey(relation) && IsItsPlace(schema, relation));

    /// <summary>True where the column carries values.</summary>
    public static bool CarriesValues(string schema, string relation, string column) =>
        IsToast(schema)
            ? column == "chunk_data"
            : IsItsPlace(schema, relation) && _valueColumns.TryGetValue(relation, out string[]? columns) && columns.Contains(column);

    private static bool IsToast(string schema) => schema is "pg_toast" || schema.StartsWith("pg_toast_temp_", StringComparison.Ordinal);

    /// <summary>An extension's view stands in whatever schema it was installed in.</summary>
    private static bool IsItsPlace(string schema, string relation) => schema == "pg_catalog" || relation == "pg_stat_statements";
}
