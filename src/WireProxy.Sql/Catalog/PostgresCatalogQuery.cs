using System.Text;

namespace WireProxy.Sql.Catalog;

/// <summary>The query that reads the catalog of the database that a session is connected to.</summary>
/// <remarks>
/// One SELECT for the simple protocol, allowed to every role, for PostgreSQL 12 to 18. Every relation, function, type and
/// operator is qualified, so that neither search_path nor a user's own operators or casts can change its meaning; for that reason
/// there is no IN, no LIKE, no CASE with an operand, no ORDER BY. All columns are text or NULL, in the encoding of the session, which must be UTF-8.
/// Rows by <c>kind</c> (id, a, b, c, d):
/// d: NULL, server_version_num, database;
/// r: relation, relkind, schema, name;
/// c: relation, attnum, name, type, generated (t or f) and, after a space, the domain where the type is one;
/// p: relation, parent; v: view, relation that it reads (0: a user's function or operator, which may read anything);
/// f: function, traits, schema (NULL for pg_catalog), name, n for one in C that is not in pg_catalog.
/// S: NULL, signature of what PostgreSQL itself brought: another one where any of it has been changed.
/// The rows of <see cref="PostgresDefinitionQuery"/> follow.
/// Of the three texts <see cref="Text"/> reads everything, <see cref="SystemText"/> what PostgreSQL itself brought (two rows in three of a small
/// database, and the same for years), <see cref="UserText"/> all the rest. In a block of the query <c>{both:id}</c> stands for the condition that
/// tells them apart, and <c>{system:id}</c> for one that makes it a block of the former alone.
/// </remarks>
public static class PostgresCatalogQuery
{
    /// <summary>kind, id, a, b, c, d.</summary>
    public const int ColumnCount = 6;

    static readonly string[] s_blocks = (Relations + PostgresDefinitionQuery.Text).Split("UNION ALL\n");

    public static string Text { get; } = Join(s_blocks, "true");

    /// <summary>For <see cref="CatalogBuilder.BuildSystem()"/>.</summary>
    public static string SystemText { get; } = Join(s_blocks.Where(b => b.Contains("{system:", StringComparison.Ordinal)
        || b.Contains("{both:", StringComparison.Ordinal) || b.StartsWith("SELECT 'S'", StringComparison.Ordinal)), "<");

    /// <summary>For a <see cref="CatalogBuilder"/> that is given a <see cref="SystemCatalog"/>.</summary>
    public static string UserText { get; } = Join(s_blocks.Where(b => !b.Contains("{system:", StringComparison.Ordinal)), ">=");

    static string Join(IEnumerable<string> blocks, string both)
    {
        var text = new StringBuilder();
        foreach (var block in blocks)
        {
            var rest = block.AsSpan();
            text.Append(text.Length == 0 ? "" : "UNION ALL\n");
            for (var at = rest.IndexOf('{'); at >= 0; at = rest.IndexOf('{'))
            {
                var end = rest.IndexOf('}');
                var isSystem = rest[at..].StartsWith("{system:", StringComparison.Ordinal);
                var id = rest[(at + (isSystem ? "{system:" : "{both:").Length)..end];
                text.Append(rest[..at]);
                if (!isSystem && both == "true")
                    text.Append(both);
                else
                    text.Append(id).Append(" OPERATOR(pg_catalog.").Append(isSystem ? "<" : both).Append(") 16384::pg_catalog.oid");
                rest = rest[(end + 1)..];
            }
            text.Append(rest);
        }
        return text.ToString();
    }

    const string Relations = """
        SELECT 'd'::pg_catalog.text AS kind, NULL::pg_catalog.text AS id,
               pg_catalog.current_setting('server_version_num') AS a,
               pg_catalog.current_database()::pg_catalog.text AS b,
               NULL::pg_catalog.text AS c, NULL::pg_catalog.text AS d
        UNION ALL
        SELECT 'S', NULL, pg_catalog.concat_ws(' ', pg_catalog.current_setting('server_version_num'),
            (SELECT pg_catalog.sum(pg_catalog.hashint8extended(x.oid::pg_catalog.int8, x.xmin::pg_catalog.text::pg_catalog.int8))
               FROM pg_catalog.pg_proc x WHERE x.oid OPERATOR(pg_catalog.<) 16384::pg_catalog.oid),
            (SELECT pg_catalog.sum(pg_catalog.hashint8extended(x.oid::pg_catalog.int8, x.xmin::pg_catalog.text::pg_catalog.int8))
               FROM pg_catalog.pg_class x WHERE x.oid OPERATOR(pg_catalog.<) 16384::pg_catalog.oid),
            (SELECT pg_catalog.sum(pg_catalog.hashint8extended(x.attrelid::pg_catalog.int8, x.xmin::pg_catalog.text::pg_catalog.int8))
               FROM pg_catalog.pg_attribute x WHERE x.attrelid OPERATOR(pg_catalog.<) 16384::pg_catalog.oid),
            (SELECT pg_catalog.sum(pg_catalog.hashint8extended(x.ev_class::pg_catalog.int8, x.xmin::pg_catalog.text::pg_catalog.int8))
               FROM pg_catalog.pg_rewrite x WHERE x.ev_class OPERATOR(pg_catalog.<) 16384::pg_catalog.oid),
            (SELECT pg_catalog.sum(pg_catalog.hashint8extended(x.oid::pg_catalog.int8, x.xmin::pg_catalog.text::pg_catalog.int8))
               FROM pg_catalog.pg_type x WHERE x.oid OPERATOR(pg_catalog.<) 16384::pg_catalog.oid),
            (SELECT pg_catalog.sum(pg_catalog.hashint8extended(x.oid::pg_catalog.int8, x.xmin::pg_catalog.text::pg_catalog.int8))
               FROM pg_catalog.pg_namespace x WHERE x.oid OPERATOR(pg_catalog.<) 16384::pg_catalog.oid)), NULL, NULL, NULL
        UNION ALL
        SELECT 'r', r.oid::pg_catalog.text, r.relkind::pg_catalog.text, n.nspname::pg_catalog.text, r.relname::pg_catalog.text,
               r.reltype::pg_catalog.text
          FROM pg_catalog.pg_class r
          JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) r.relnamespace
         WHERE r.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['r', 'v', 'm', 'f', 'p', 'S']::pg_catalog."char"[])
           AND n.nspname OPERATOR(pg_catalog.<>) 'pg_toast'::pg_catalog.name AND {both:r.oid}
        UNION ALL
        SELECT 'c', a.attrelid::pg_catalog.text, a.attnum::pg_catalog.text, a.attname::pg_catalog.text,
               CASE WHEN t.typbasetype OPERATOR(pg_catalog.=) 0::pg_catalog.oid THEN a.atttypid ELSE t.typbasetype END::pg_catalog.text,
               pg_catalog.concat(CASE WHEN a.attgenerated OPERATOR(pg_catalog.=) ''::pg_catalog."char" THEN 'f' ELSE 't' END,
                   CASE WHEN t.typbasetype OPERATOR(pg_catalog.<>) 0::pg_catalog.oid THEN pg_catalog.concat(' ', a.atttypid::pg_catalog.text) END)
          FROM pg_catalog.pg_attribute a
          JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) a.atttypid
          JOIN pg_catalog.pg_class r ON r.oid OPERATOR(pg_catalog.=) a.attrelid
          JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) r.relnamespace
         WHERE r.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['r', 'v', 'm', 'f', 'p']::pg_catalog."char"[])
           AND a.attnum OPERATOR(pg_catalog.>) 0::pg_catalog.int2 AND NOT a.attisdropped AND {both:r.oid}
           AND (n.nspname OPERATOR(pg_catalog.<>) ALL (ARRAY['pg_catalog', 'information_schema', 'pg_toast']::pg_catalog.name[])
                OR (n.nspname OPERATOR(pg_catalog.=) 'pg_catalog'::pg_catalog.name AND r.relname OPERATOR(pg_catalog.=) ANY (ARRAY[
                    'pg_statistic', 'pg_stats', 'pg_statistic_ext_data', 'pg_stats_ext', 'pg_stats_ext_exprs', 'pg_attribute',
                    'pg_largeobject', 'pg_stat_activity']::pg_catalog.name[])))
        UNION ALL
        SELECT 'p', i.inhrelid::pg_catalog.text, i.inhparent::pg_catalog.text, NULL, NULL, NULL
          FROM pg_catalog.pg_inherits i
        UNION ALL
        SELECT DISTINCT 'v', w.ev_class::pg_catalog.text, d.refobjid::pg_catalog.text, NULL, NULL, NULL
          FROM pg_catalog.pg_rewrite w
          JOIN pg_catalog.pg_depend d ON d.objid OPERATOR(pg_catalog.=) w.oid
           AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_rewrite'::pg_catalog.regclass::pg_catalog.oid
           AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid
           AND d.refobjid OPERATOR(pg_catalog.<>) w.ev_class
         WHERE {both:w.ev_class}
        UNION ALL
        SELECT DISTINCT 'v', w.ev_class::pg_catalog.text, '0', NULL, NULL, NULL
          FROM pg_catalog.pg_rewrite w
          JOIN pg_catalog.pg_depend d ON d.objid OPERATOR(pg_catalog.=) w.oid
           AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_rewrite'::pg_catalog.regclass::pg_catalog.oid
           AND d.refclassid OPERATOR(pg_catalog.=) ANY (ARRAY['pg_catalog.pg_proc'::pg_catalog.regclass::pg_catalog.oid,
                                                              'pg_catalog.pg_operator'::pg_catalog.regclass::pg_catalog.oid])
           AND d.refobjid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
         WHERE {both:w.ev_class}
        UNION ALL
        SELECT 'f', p.oid::pg_catalog.text,
               pg_catalog.concat_ws(' ',
                   CASE WHEN p.prolang OPERATOR(pg_catalog.=) 12::pg_catalog.oid THEN 'i'
                        WHEN p.prolang OPERATOR(pg_catalog.=) 13::pg_catalog.oid THEN 'c'
                        WHEN p.prolang OPERATOR(pg_catalog.=) 14::pg_catalog.oid THEN 's'
                        WHEN g.lanname OPERATOR(pg_catalog.=) 'plpgsql'::pg_catalog.name THEN 'p' ELSE 'x' END,
                   p.prokind, p.provolatile, p.proretset, p.prosecdef, p.pronargs, p.pronargdefaults, p.provariadic, p.prorettype),
               CASE WHEN n.nspname OPERATOR(pg_catalog.<>) 'pg_catalog'::pg_catalog.name THEN n.nspname::pg_catalog.text END,
               p.proname::pg_catalog.text,
               CASE WHEN n.nspname OPERATOR(pg_catalog.<>) 'pg_catalog'::pg_catalog.name AND p.prolang OPERATOR(pg_catalog.=) 13::pg_catalog.oid
                    THEN 'n' END
          FROM pg_catalog.pg_proc p
          JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) p.pronamespace
          JOIN pg_catalog.pg_language g ON g.oid OPERATOR(pg_catalog.=) p.prolang
         WHERE {both:p.oid}

        """;
}
