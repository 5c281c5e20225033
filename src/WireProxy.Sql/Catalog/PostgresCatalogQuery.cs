using System.Text;

namespace WireProxy.Sql.Catalog;

/// <summary>The query that reads the catalog of the database that a session is connected to.</summary>
/// <remarks>
/// One SELECT for the simple protocol, allowed to every role, for PostgreSQL 12 to 18. Every relation, function, type and
/// operator is qualified, so that neither search_path nor a user's own operators or casts can change its meaning; for that reason
/// there is no IN, no LIKE, no CASE with an operand, no ORDER BY. All columns are text or NULL, in the encoding of the session, which must be UTF-8.
/// Rows by <c>kind</c> (id, a, b, c, d):
/// d: NULL, server_version_num, database, NULL, "oldest transaction that is under way, when the server was started, whether it follows another one, the database";
/// r: relation, relkind, schema, name;
/// c: relation, attnum, name, type, generated (t or f) and, after a space, the domain where the type is one;
/// p: relation, parent; v: view, relation that it reads (0: a user's function or operator, which may read anything);
/// f: function, traits, schema (NULL for pg_catalog), name, n for one in C that is not in pg_catalog.
/// S: NULL, signature of what PostgreSQL itself brought: another one where any of it has been changed.
/// The rows of <see cref="PostgresDefinitionQuery"/> follow.
/// Of the three texts <see cref="Text"/> reads everything, <see cref="SystemText"/> what PostgreSQL itself brought (two rows in three of a small
/// database, and the same for years), <see cref="UserText"/> all the rest. In a block of the query <c>{both:id}</c> stands for the condition that
/// tells them apart, and <c>{system:id}</c> for one that makes it a block of the former alone. <c>{relation:id}</c>, <c>{routine:id}</c> and <c>{type:id}</c>
/// say what a row belongs to: <see cref="PostgresChangeQuery"/>.
/// </remarks>
public static class PostgresCatalogQuery
{
    /// <summary>kind, id, a, b, c, d.</summary>
    public const int ColumnCount = 6;

    static readonly string[] s_blocks = (Relations + PostgresDefinitionQuery.Text + "\n").Split(Union);

    public static string Text { get; } = Join(s_blocks, "true", null);

    /// <summary>For <see cref="CatalogBuilder.BuildSystem()"/>.</summary>
    public static string SystemText { get; } = Join(s_blocks.Where(b => b.Contains("{system:", StringComparison.Ordinal)
        || b.Contains("{both:", StringComparison.Ordinal) || IsKind(b, 'S')), "<", null);

    /// <summary>For a <see cref="CatalogBuilder"/> that is given a <see cref="SystemCatalog"/>.</summary>
    public static string UserText { get; } = Join(s_blocks.Where(b => !b.Contains("{system:", StringComparison.Ordinal)), ">=", null);

    internal const string Union = "UNION ALL\n";

    /// <summary>The blocks whose rows belong to no relation, function or type: few rows, which are read every time.</summary>
    internal static IEnumerable<string> Unowned => s_blocks.Where(b => !IsOwned(b) && !b.Contains("{system:", StringComparison.Ordinal) && !IsKind(b, 'S'));

    /// <summary>All that is said of single relations, functions and types.</summary>
    /// <param name="lists">What stands for the lists of their numbers, by <c>relation</c>, <c>routine</c> and <c>type</c>; where one is null, blocks that
    /// belong to it are left out.</param>
    internal static string Details(Func<string, string?> lists) =>
        Join(s_blocks.Where(b => IsOwned(b) && lists(OwnerOf(b)) is not null), ">=", lists);

    static readonly string[] s_owners = ["relation", "routine", "type"];

    static bool IsOwned(string block) => s_owners.Any(o => block.Contains($"{{{o}:", StringComparison.Ordinal));

    static string OwnerOf(string block) => s_owners.First(o => block.Contains($"{{{o}:", StringComparison.Ordinal));

    static bool IsKind(string block, char kind) => block.StartsWith($"SELECT '{kind}'", StringComparison.Ordinal);

    /// <param name="both">What stands where a condition tells the system's objects from the others: true, or a comparison with the first of the latter.</param>
    /// <param name="lists">Null: of all objects.</param>
    static string Join(IEnumerable<string> blocks, string both, Func<string, string?>? lists)
    {
        var text = new StringBuilder();
        foreach (var block in blocks)
        {
            var rest = block.AsSpan();
            text.Append(text.Length == 0 ? "" : Union);
            for (var at = rest.IndexOf('{'); at >= 0; at = rest.IndexOf('{'))
            {
                var colon = at + rest[at..].IndexOf(':');
                var end = rest.IndexOf('}');
                var condition = rest[(at + 1)..colon].ToString();
                var id = rest[(colon + 1)..end];
                text.Append(rest[..at]);
                if (condition is "both" or "system")
                    Compare(text, id, condition == "system" ? "<" : both);
                else if (lists is null)
                    text.Append("true");
                else
                    text.Append(id).Append(" OPERATOR(pg_catalog.=) ANY (").Append(lists(condition)).Append(')');
                rest = rest[(end + 1)..];
            }
            text.Append(rest);
        }
        return text.ToString();
    }

    static void Compare(StringBuilder text, ReadOnlySpan<char> id, string comparison)
    {
        if (comparison == "true")
            text.Append(comparison);
        else
            text.Append(id).Append(" OPERATOR(pg_catalog.").Append(comparison).Append(") 16384::pg_catalog.oid");
    }

    const string Relations = """
        SELECT 'd'::pg_catalog.text AS kind, NULL::pg_catalog.text AS id,
               pg_catalog.current_setting('server_version_num') AS a,
               pg_catalog.current_database()::pg_catalog.text AS b, NULL::pg_catalog.text AS c,
               pg_catalog.concat_ws(' ', pg_catalog.txid_snapshot_xmin(pg_catalog.txid_current_snapshot()),
                   pg_catalog.date_part('epoch', pg_catalog.pg_postmaster_start_time()), pg_catalog.pg_is_in_recovery(),
                   (SELECT b.oid FROM pg_catalog.pg_database b WHERE b.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())) AS d
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
           AND n.nspname OPERATOR(pg_catalog.<>) 'pg_toast'::pg_catalog.name AND {both:r.oid} AND {relation:r.oid}
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
           AND a.attnum OPERATOR(pg_catalog.>) 0::pg_catalog.int2 AND NOT a.attisdropped AND {both:r.oid} AND {relation:r.oid}
           AND (n.nspname OPERATOR(pg_catalog.<>) ALL (ARRAY['pg_catalog', 'information_schema', 'pg_toast']::pg_catalog.name[])
                OR (n.nspname OPERATOR(pg_catalog.=) 'pg_catalog'::pg_catalog.name AND r.relname OPERATOR(pg_catalog.=) ANY (ARRAY[
                    'pg_statistic', 'pg_stats', 'pg_statistic_ext_data', 'pg_stats_ext', 'pg_stats_ext_exprs', 'pg_attribute',
                    'pg_largeobject', 'pg_stat_activity']::pg_catalog.name[])))
        UNION ALL
        SELECT 'p', i.inhrelid::pg_catalog.text, i.inhparent::pg_catalog.text, NULL, NULL, NULL
          FROM pg_catalog.pg_inherits i
         WHERE {relation:i.inhrelid}
        UNION ALL
        SELECT DISTINCT 'v', w.ev_class::pg_catalog.text, d.refobjid::pg_catalog.text, NULL, NULL, NULL
          FROM pg_catalog.pg_rewrite w
          JOIN pg_catalog.pg_depend d ON d.objid OPERATOR(pg_catalog.=) w.oid
           AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_rewrite'::pg_catalog.regclass::pg_catalog.oid
           AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid
           AND d.refobjid OPERATOR(pg_catalog.<>) w.ev_class
         WHERE {both:w.ev_class} AND {relation:w.ev_class}
        UNION ALL
        SELECT DISTINCT 'v', w.ev_class::pg_catalog.text, '0', NULL, NULL, NULL
          FROM pg_catalog.pg_rewrite w
          JOIN pg_catalog.pg_depend d ON d.objid OPERATOR(pg_catalog.=) w.oid
           AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_rewrite'::pg_catalog.regclass::pg_catalog.oid
           AND d.refclassid OPERATOR(pg_catalog.=) ANY (ARRAY['pg_catalog.pg_proc'::pg_catalog.regclass::pg_catalog.oid,
                                                              'pg_catalog.pg_operator'::pg_catalog.regclass::pg_catalog.oid])
           AND d.refobjid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
         WHERE {both:w.ev_class} AND {relation:w.ev_class}
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
         WHERE {both:p.oid} AND {routine:p.oid}

        """;
}
