namespace WireProxy.Sql.Catalog;

/// <summary>The query that reads the catalog of the database that a session is connected to.</summary>
/// <remarks>
/// For SQL Server 2016 and later. Definitions are shown to whoever has VIEW DEFINITION: without it they are NULL, and what
/// they define may then do anything. All columns are nvarchar or NULL. Rows by <c>kind</c> (id, a, b, c, d); ids are object_ids:
/// d: NULL, major version, database, collation, default schema;
/// r: table or view, kind (r or v), schema, name; t: table type, NULL, schema, name;
/// c: relation, column_id, name, system_type_id, flags (x computed, i identity, r rowversion, h hidden, s column set, g generated always; NULL for none);
/// x: relation, column_id, NULL, NULL, definition of the computed column;
/// m: module, type, schema, name, definition; q: module, parent (of a trigger), 1 where double quotes mean names;
/// s: synonym, NULL, schema, name, what it stands for; h: history table, table; v: view or module, relation that it reads;
/// k: relation, column_id, sensitivity label, information type, rank; n: relation, column_id (0 for the relation), extended property's name,
/// NULL, its value.
/// It has been read by ScriptDom and against the documentation of those views; no server was at hand to run it.
/// </remarks>
public static class SqlServerCatalogQuery
{
    /// <summary>kind, id, a, b, c, d.</summary>
    public const int ColumnCount = 6;

    /// <summary>What a server must have.</summary>
    public const string CoreText = """
        SELECT CAST(N'd' AS nvarchar(1)) AS kind, CAST(NULL AS nvarchar(20)) AS id,
               CAST(PARSENAME(CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)), 4) AS nvarchar(4000)) COLLATE DATABASE_DEFAULT AS a,
               CAST(DB_NAME() AS nvarchar(4000)) COLLATE DATABASE_DEFAULT AS b,
               CAST(DATABASEPROPERTYEX(DB_NAME(), 'Collation') AS nvarchar(4000)) COLLATE DATABASE_DEFAULT AS c,
               CAST(SCHEMA_NAME() AS nvarchar(max)) COLLATE DATABASE_DEFAULT AS d
        UNION ALL
        SELECT N'r', CAST(o.object_id AS nvarchar(20)), CASE WHEN o.type = 'V' THEN N'v' ELSE N'r' END,
               CAST(s.name AS nvarchar(4000)) COLLATE DATABASE_DEFAULT, CAST(o.name AS nvarchar(4000)) COLLATE DATABASE_DEFAULT, NULL
          FROM sys.objects AS o
          JOIN sys.schemas AS s ON s.schema_id = o.schema_id
         WHERE o.type IN ('U', 'V') AND o.is_ms_shipped = 0
        UNION ALL
        SELECT N't', CAST(t.type_table_object_id AS nvarchar(20)), NULL,
               CAST(s.name AS nvarchar(4000)) COLLATE DATABASE_DEFAULT, CAST(t.name AS nvarchar(4000)) COLLATE DATABASE_DEFAULT, NULL
          FROM sys.table_types AS t
          JOIN sys.schemas AS s ON s.schema_id = t.schema_id
        UNION ALL
        SELECT N'c', CAST(c.object_id AS nvarchar(20)), CAST(c.column_id AS nvarchar(20)),
               CAST(c.name AS nvarchar(4000)) COLLATE DATABASE_DEFAULT, CAST(c.system_type_id AS nvarchar(20)),
               CASE WHEN c.is_computed = 1 THEN N'x' WHEN c.is_identity = 1 THEN N'i' WHEN c.system_type_id = 189 THEN N'r'
                    WHEN c.is_hidden = 1 THEN N'h' WHEN c.is_column_set = 1 THEN N's' WHEN c.generated_always_type <> 0 THEN N'g' END
          FROM sys.columns AS c
          JOIN sys.objects AS o ON o.object_id = c.object_id
         WHERE o.type = 'TT' OR (o.type IN ('U', 'V') AND o.is_ms_shipped = 0)
        UNION ALL
        SELECT N'x', CAST(c.object_id AS nvarchar(20)), CAST(c.column_id AS nvarchar(20)), NULL, NULL,
               CAST(c.definition AS nvarchar(max)) COLLATE DATABASE_DEFAULT
          FROM sys.computed_columns AS c
          JOIN sys.objects AS o ON o.object_id = c.object_id
         WHERE o.is_ms_shipped = 0
        UNION ALL
        SELECT N'm', CAST(o.object_id AS nvarchar(20)), CAST(RTRIM(o.type) AS nvarchar(4000)) COLLATE DATABASE_DEFAULT,
               CAST(s.name AS nvarchar(4000)) COLLATE DATABASE_DEFAULT, CAST(o.name AS nvarchar(4000)) COLLATE DATABASE_DEFAULT,
               CAST(m.definition AS nvarchar(max)) COLLATE DATABASE_DEFAULT
          FROM sys.objects AS o
          JOIN sys.schemas AS s ON s.schema_id = o.schema_id
          LEFT JOIN sys.sql_modules AS m ON m.object_id = o.object_id
         WHERE o.type IN ('V', 'P', 'FN', 'IF', 'TF', 'TR', 'FS', 'FT', 'PC', 'TA', 'AF', 'X') AND o.is_ms_shipped = 0
        UNION ALL
        SELECT N'q', CAST(o.object_id AS nvarchar(20)), CAST(o.parent_object_id AS nvarchar(20)),
               CASE WHEN m.uses_quoted_identifier = 0 THEN N'0' ELSE N'1' END, NULL, NULL
          FROM sys.objects AS o
          LEFT JOIN sys.sql_modules AS m ON m.object_id = o.object_id
         WHERE o.type IN ('V', 'P', 'FN', 'IF', 'TF', 'TR', 'TA') AND o.is_ms_shipped = 0
        UNION ALL
        SELECT N's', CAST(y.object_id AS nvarchar(20)), NULL, CAST(s.name AS nvarchar(4000)) COLLATE DATABASE_DEFAULT,
               CAST(y.name AS nvarchar(4000)) COLLATE DATABASE_DEFAULT, CAST(y.base_object_name AS nvarchar(max)) COLLATE DATABASE_DEFAULT
          FROM sys.synonyms AS y
          JOIN sys.schemas AS s ON s.schema_id = y.schema_id

        """;

    /// <summary>The same with what relatives of SQL Server may lack: history tables, what views read (0 where that is in another
    /// database, or not there), and, in statements of their own, for whoever has such views: sensitivity classifications (SQL Server 2019) and extended
    /// properties that speak of the gateway.</summary>
    public const string Text = CoreText + """
        UNION ALL
        SELECT N'h', CAST(t.history_table_id AS nvarchar(20)), CAST(t.object_id AS nvarchar(20)), NULL, NULL, NULL
          FROM sys.tables AS t
         WHERE t.history_table_id IS NOT NULL
        UNION ALL
        SELECT DISTINCT N'v', CAST(e.referencing_id AS nvarchar(20)), CAST(ISNULL(e.referenced_id, 0) AS nvarchar(20)), NULL, NULL, NULL
          FROM sys.sql_expression_dependencies AS e
          JOIN sys.objects AS o ON o.object_id = e.referencing_id
         WHERE o.type = 'V' AND e.referenced_class = 1 AND e.referencing_id <> ISNULL(e.referenced_id, 0)

        IF OBJECT_ID(N'sys.sensitivity_classifications') IS NOT NULL
        SELECT N'k' AS kind, CAST(k.major_id AS nvarchar(20)) AS id, CAST(CAST(k.minor_id AS nvarchar(20)) AS nvarchar(4000)) COLLATE DATABASE_DEFAULT AS a,
               CAST(k.label AS nvarchar(4000)) COLLATE DATABASE_DEFAULT AS b, CAST(k.information_type AS nvarchar(4000)) COLLATE DATABASE_DEFAULT AS c,
               CAST(CAST(k.rank AS nvarchar(20)) AS nvarchar(max)) COLLATE DATABASE_DEFAULT AS d
          FROM sys.sensitivity_classifications AS k
         WHERE k.class = 1

        IF OBJECT_ID(N'sys.extended_properties') IS NOT NULL
        SELECT N'n' AS kind, CAST(p.major_id AS nvarchar(20)) AS id, CAST(CAST(p.minor_id AS nvarchar(20)) AS nvarchar(4000)) COLLATE DATABASE_DEFAULT AS a,
               CAST(p.name AS nvarchar(4000)) COLLATE DATABASE_DEFAULT AS b, CAST(NULL AS nvarchar(4000)) COLLATE DATABASE_DEFAULT AS c,
               CAST(CAST(p.value AS nvarchar(3750)) AS nvarchar(max)) COLLATE DATABASE_DEFAULT AS d
          FROM sys.extended_properties AS p
         WHERE p.class = 1 AND (p.name = N'wireproxy' OR (p.name = N'MS_Description' AND CAST(p.value AS nvarchar(3750)) LIKE N'%wireproxy%'))
        """;

    /// <summary>The same for a session of somebody else's, whatever that has set: SET ROWCOUNT would cut rows off, and SET TEXTSIZE the
    /// definitions. What sp_executesql sets holds until its end, so that the session finds its own settings again.</summary>
    public static string InSession { get; } =
        $"EXEC sp_executesql N'SET ROWCOUNT 0 SET TEXTSIZE {int.MaxValue} SET IMPLICIT_TRANSACTIONS OFF {Text.Replace("'", "''", StringComparison.Ordinal)}'";
}
