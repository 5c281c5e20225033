using System.Text;

namespace WireProxy.Sql.Catalog;

/// <summary>The queries that tell what has changed in the catalog since it was read, so that the rest need not be read again.</summary>
/// <remarks>
/// A row of a system catalog that was written since a moment has a transaction's number (xmin) not below the oldest that was under way at that moment: such
/// rows are called young. A row that was deleted shows in the number of rows alone. So each catalog is looked through once, and hardly anything is
/// sent. Rows by <c>kind</c>, in the columns of <see cref="PostgresCatalogQuery"/> (id, a, b):
/// #: NULL, letter of the catalog, "count sum" of each of its <see cref="CatalogTally"/> letters, young rows (in c); the sum is of the numbers of what the
/// rows belong to, and a young row is owner:xmin:ctid, or owner:xmin:ctid:other where it belongs to two;
/// #: NULL, @, NULL, how many transactions ago the moment was;
/// ~: what hangs on something, the letter of relations, functions or types;
/// =: what rows belong to, their letter, how many there are.
/// </remarks>
internal static class PostgresChangeQuery
{
    /// <param name="horizon">What stands for the oldest transaction, as text.</param>
    public static string Changes(string horizon) =>
        $"WITH h (age) AS MATERIALIZED (SELECT pg_catalog.age({horizon}::pg_catalog.text::pg_catalog.xid))\n"
        + string.Join(PostgresCatalogQuery.Union, PostgresCatalogQuery.Unowned.Concat(CatalogSource.All.Select(Mark))
            .Append("SELECT '#', NULL, '@', NULL, h.age::pg_catalog.text, NULL FROM h\n"));

    /// <summary>What may be worded otherwise when one of these has another name, other columns or fields: views, expressions, SQL bodies.</summary>
    /// <param name="lists">As for <see cref="PostgresCatalogQuery.Details"/>, none of them null.</param>
    public static string Dependents(Func<string, string?> lists)
    {
        var text = new StringBuilder(Reach).Replace("{relation}", lists("relation")).Replace("{routine}", lists("routine")).Replace("{type}", lists("type"));
        text.AppendJoin("UNION\n", s_dependents.Select(d => $"""
            SELECT '~', y.{d.Owner}::pg_catalog.text, '{d.Letter}', NULL, NULL, NULL
              FROM reach x JOIN pg_catalog.{d.Catalog} y ON x.classid OPERATOR(pg_catalog.=) '{d.Class}'::pg_catalog.regclass::pg_catalog.oid
               AND y.{d.Id} OPERATOR(pg_catalog.=) x.objid AND y.{d.Owner} OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid

            """));
        return text.ToString();
    }

    /// <summary>How many rows belong to what.</summary>
    /// <param name="letters">Of <see cref="CatalogTally"/>.</param>
    public static string Owners(IEnumerable<char> letters) => string.Join(PostgresCatalogQuery.Union, letters.Select(letter =>
    {
        var source = CatalogSource.All.First(s => s.Counts.Any(c => c.Letter == letter));
        var count = source.Counts.First(c => c.Letter == letter);
        return $"""
            SELECT '=', ({count.Owner})::pg_catalog.text, '{letter}', pg_catalog.sum({count.Rows})::pg_catalog.text, NULL, NULL FROM {source.From}
             WHERE {source.Where} AND {count.Where} GROUP BY {count.Owner}

            """;
    }));

    static string Mark(CatalogSource source)
    {
        const string IsYoung = "pg_catalog.age(x.xmin) OPERATOR(pg_catalog.<=) (SELECT h.age FROM h)";
        var isCounted = source.Counts.Count > 0;
        return $"""
            SELECT '#', NULL, '{source.Letter}', {(isCounted ? $"pg_catalog.concat_ws(' ', {string.Join(", ", source.Counts.Select(Sums))})" : "NULL")},
                   pg_catalog.string_agg(pg_catalog.concat_ws(':', {source.Owner}, x.xmin, x.ctid, {source.Other}), ' '){(isCounted ? $" FILTER (WHERE {IsYoung})" : "")}, NULL
              FROM {source.From}
             WHERE {source.Where}{(isCounted ? "" : " AND " + IsYoung)}

            """;
    }

    static string Sums(CatalogCount count) => $"""
        COALESCE(pg_catalog.sum({count.Rows}) FILTER (WHERE {count.Where}), 0),
        COALESCE(pg_catalog.sum({count.Owner}::pg_catalog.int8 OPERATOR(pg_catalog.*) {count.Rows}) FILTER (WHERE {count.Where}), 0)
        """;

    /// <summary>Functions of the same name may have to be told apart by their schema.</summary>
    const string Reach = """
        WITH RECURSIVE reach (classid, objid) AS (
            (SELECT 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid, pg_catalog.unnest({relation})
             UNION ALL SELECT 'pg_catalog.pg_type'::pg_catalog.regclass::pg_catalog.oid, pg_catalog.unnest({type})
             UNION ALL SELECT 'pg_catalog.pg_proc'::pg_catalog.regclass::pg_catalog.oid, y.oid
              FROM pg_catalog.pg_proc x JOIN pg_catalog.pg_proc y ON y.proname OPERATOR(pg_catalog.=) x.proname
             WHERE x.oid OPERATOR(pg_catalog.=) ANY ({routine}) AND y.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid)
            UNION
            SELECT d.classid, d.objid
              FROM reach x JOIN pg_catalog.pg_depend d
                ON d.refclassid OPERATOR(pg_catalog.=) x.classid AND d.refobjid OPERATOR(pg_catalog.=) x.objid)

        """;

    static readonly (string Class, string Catalog, string Id, string Owner, char Letter)[] s_dependents =
    [
        ("pg_catalog.pg_rewrite", "pg_rewrite", "oid", "ev_class", 'r'),
        ("pg_catalog.pg_attrdef", "pg_attrdef", "oid", "adrelid", 'r'),
        ("pg_catalog.pg_constraint", "pg_constraint", "oid", "conrelid", 'r'),
        ("pg_catalog.pg_constraint", "pg_constraint", "oid", "contypid", 't'),
        ("pg_catalog.pg_policy", "pg_policy", "oid", "polrelid", 'r'),
        ("pg_catalog.pg_trigger", "pg_trigger", "oid", "tgrelid", 'r'),
        ("pg_catalog.pg_statistic_ext", "pg_statistic_ext", "oid", "stxrelid", 'r'),
        ("pg_catalog.pg_class", "pg_index", "indexrelid", "indrelid", 'r'),
        ("pg_catalog.pg_class", "pg_class", "oid", "oid", 'r'),
        ("pg_catalog.pg_proc", "pg_proc", "oid", "oid", 'f'),
        ("pg_catalog.pg_type", "pg_type", "oid", "oid", 't'),
    ];
}
