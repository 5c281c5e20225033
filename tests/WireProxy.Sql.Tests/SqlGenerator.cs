using FsCheck;
using FsCheck.Fluent;

namespace WireProxy.Sql.Tests;

/// <summary>Makes SQL that nests in every way that the grammar has.</summary>
internal static class SqlGenerator
{
    static readonly string[] s_atoms = ["1", "'x'", "a", "t.a", "$1", "*", "NULL", "x.case", "x.end", "now()"];

    static readonly string[] s_expressions =
    [
        "{0}+{1}", "-{0}", "+{0}", "NOT {0}", "({0})", "{0} AND {1}", "{0} OR {1}", "{0} AND {1} OR {0}", "{0}::int", "f({0}, {1})", "f({0})",
        "CASE WHEN {0} THEN {1} ELSE {0} END", "CASE {0} WHEN {1} THEN 1 WHEN 2 THEN {0} END", "{0} BETWEEN {1} AND {0}",
        "{0} BETWEEN 1 AND NOT {1}", "{0} IS NULL", "{0} IN ({1}, {0})", "ARRAY[{0}, {1}]", "ARRAY[[{0}], [{1}]]", "a[{0}:{1}]", "({0}).b",
        "ROW({0}, {1})", "({0}, {1})", "{0} COLLATE \"C\"", "{0} AT TIME ZONE {1}", "EXISTS ({2})", "({2})", "{0} = ANY ({2})",
        "{0} NOT LIKE {1}", "coalesce({0}, {1})", "count(*) FILTER (WHERE {0}) OVER (PARTITION BY {1} ORDER BY {0})", "{0} || {1}",
        "CAST({0} AS numeric(10, 2))", "{0} OPERATOR(pg_catalog.+) {1}", "1 + NOT {0}", "sum(DISTINCT {0} ORDER BY {1})",
    ];

    static readonly string[] s_queries =
    [
        "SELECT {0}", "SELECT {0} AS case, {1} AS end FROM t", "SELECT {0} FROM ({2}) q WHERE {1}", "SELECT * FROM a JOIN b ON {0} JOIN c ON {1}",
        "SELECT * FROM a, (b JOIN ({2}) d USING (x)) WHERE {0}", "{2} UNION {3}", "{2} UNION ALL {3}", "({2}) EXCEPT ({3})",
        "VALUES ({0}, {1}), ({1}, {0})", "WITH w AS ({2}) SELECT {0} FROM w", "WITH RECURSIVE w (a) AS ({2}), v AS ({3}) SELECT {0} FROM v",
        "SELECT {0} GROUP BY ROLLUP ({0}, {1}) HAVING {1} ORDER BY {0}, {1} LIMIT {0}", "SELECT * FROM a LEFT JOIN LATERAL ({2}) l ON {0} AND {1}",
        "SELECT * FROM f({0}) AS g, ROWS FROM (h({1})) WHERE {0}", "SELECT {0} FROM a TABLESAMPLE x ({1}) FETCH FIRST 3 ROWS ONLY",
    ];

    static readonly string[] s_statements =
    [
        "{2}", "{2}; {3}", "INSERT INTO t (a) {2} ON CONFLICT (a) DO UPDATE SET a = {0}, b = {1} RETURNING {0}",
        "UPDATE t SET (a, b) = ({2}), c = {0} FROM ({3}) q WHERE {1}", "DELETE FROM t USING ({2}) q WHERE {0} RETURNING {1}",
        "MERGE INTO t USING ({2}) q ON {0} WHEN MATCHED AND {1} THEN UPDATE SET a = {0} WHEN NOT MATCHED THEN INSERT VALUES ({1})",
        "CREATE TABLE c (a int DEFAULT {1} CHECK ({0}), EXCLUDE USING gist (a WITH =) WHERE ({0}))", "CREATE VIEW v AS {2}", "EXPLAIN {2}",
        "CREATE FUNCTION f(a int DEFAULT {1}) RETURNS int BEGIN ATOMIC {2}; {3}; END", "COPY ({2}) TO STDOUT", "PREPARE p AS {2}",
        "CREATE RULE r AS ON INSERT TO t WHERE {0} DO ALSO ({2}; DELETE FROM u WHERE {1})", "CREATE TABLE d AS {2}", "SET x = 1, 2",
        "CREATE SCHEMA s CREATE VIEW v AS {2} CREATE VIEW w AS {3}", "CREATE INDEX i ON t ((({0})), b) WHERE {1}", "CALL p({0}, {1})",
    ];

    public static Gen<string> Expression(int size) => size <= 0
        ? Gen.Elements(s_atoms)
        : Gen.OneOf(Gen.Elements(s_atoms), Filled(s_expressions, size), Filled(s_expressions, size), Chain(size));

    public static Gen<string> Query(int size) => size <= 0 ? Gen.Constant("SELECT 1") : Filled(s_queries, size);

    public static Gen<string> Statement(int size) => Filled(s_statements, size);

    /// <summary>Long flat lists and long left-nested chains.</summary>
    static Gen<string> Chain(int size) =>
        from operatorText in Gen.Elements(" + ", " AND ", " OR ", ", 1) + f(", " IS NULL + ")
        from count in Gen.Choose(1, 30)
        from item in Expression(size / 4)
        select operatorText.Contains('f') ? $"f({string.Join(operatorText, Enumerable.Repeat(item, count))})"
            : string.Join(operatorText, Enumerable.Repeat(item, count));

    static Gen<string> Filled(string[] templates, int size) =>
        from template in Gen.Elements(templates)
        from a in Expression(size / 2)
        from b in Expression(size / 2)
        from c in Query(size / 2)
        from d in Query(size / 2)
        select string.Format(System.Globalization.CultureInfo.InvariantCulture, template, a, b, c, d);
}
