namespace WireProxy.Sql.Catalog;

/// <summary>Rows of a system catalog from which rows of <see cref="PostgresCatalogQuery"/> come.</summary>
/// <param name="Letter">Of <see cref="CatalogTally"/>.</param>
/// <param name="Rows">How many come from one.</param>
internal sealed record CatalogCount(char Letter, string Owner, string Where, string Rows = "1");

/// <summary>A system catalog, and what its rows belong to, in SQL.</summary>
/// <param name="Letter">A digit where there is no telling what hangs on its rows, so that all is read again.</param>
/// <param name="From">The catalog, named x, and what it must be joined with.</param>
/// <param name="Owner">The relation, function or type that a row belongs to.</param>
/// <param name="Other">Another owner; of a composite type's class, its type.</param>
/// <param name="Where">Of the rows that matter; <paramref name="Counts"/> are among them.</param>
internal sealed record CatalogSource(char Letter, string From, string Owner, string Other, string Where, params IReadOnlyList<CatalogCount> Counts)
{
    const string User = "OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid";
    const string Kinds = "OPERATOR(pg_catalog.=) ANY (ARRAY['r', 'v', 'm', 'f', 'p', 'S']::pg_catalog.\"char\"[])";

    public static IReadOnlyList<CatalogSource> All { get; } = [.. OfRelations(), .. OfRoutinesAndTypes(), .. Wholes()];

    static CatalogSource Relation(char letter, string catalog, string owner, string counted) =>
        new(letter, $"pg_catalog.{catalog} x", owner, "NULL", "true", new CatalogCount(letter, owner, counted));

    static IEnumerable<CatalogSource> OfRelations() =>
    [
        new('r', "pg_catalog.pg_class x", "x.oid", $"CASE WHEN {Is("x.relkind", 'c')} THEN x.reltype END", $"(x.relkind {Kinds} OR {Is("x.relkind", 'c')})",
            new('r', "x.oid", $"x.relkind {Kinds} AND x.oid {User}"), new('c', "x.reltype", $"{Is("x.relkind", 'c')} AND x.oid {User}")),
        // Columns are never deleted by themselves; a dropped one has a new row.
        new('a', "pg_catalog.pg_attribute x", "x.attrelid",
            $"(SELECT y.reltype FROM pg_catalog.pg_class y WHERE y.oid OPERATOR(pg_catalog.=) x.attrelid AND {Is("y.relkind", 'c')})", "true"),
        new('p', $"pg_catalog.pg_inherits x JOIN pg_catalog.pg_class y ON y.oid OPERATOR(pg_catalog.=) x.inhrelid AND y.relkind {Kinds}",
            "x.inhrelid", "NULL", "true", new CatalogCount('p', "x.inhrelid", "true")),
        Relation('u', "pg_rewrite", "x.ev_class", $"x.rulename OPERATOR(pg_catalog.<>) '_RETURN'::pg_catalog.name AND x.ev_class {User}"),
        Relation('e', "pg_attrdef", "x.adrelid", "true"),
        Relation('i', "pg_index", "x.indrelid", $"x.indrelid {User} AND (x.indisunique OR x.indexprs IS NOT NULL OR x.indpred IS NOT NULL)"),
        Relation('I', "pg_partitioned_table", "x.partrelid", "x.partexprs IS NOT NULL"),
        Relation('X', "pg_statistic_ext", "x.stxrelid", "'e'::pg_catalog.\"char\" OPERATOR(pg_catalog.=) ANY (x.stxkind)"),
        new('h', "pg_catalog.pg_constraint x", "x.conrelid", "x.contypid", "true",
            new('h', "x.conrelid", $"{Is("x.contype", 'c')} AND x.conrelid {User}"), new('F', "x.conrelid", Is("x.contype", 'f')),
            new('x', "x.contypid", $"x.contypid {User} AND x.conbin IS NOT NULL")),
        new('j', "pg_catalog.pg_policy x", "x.polrelid", "NULL", "true", new CatalogCount('j', "x.polrelid", "true",
            "(CASE WHEN x.polqual IS NULL THEN 0 ELSE 1 END OPERATOR(pg_catalog.+) CASE WHEN x.polwithcheck IS NULL THEN 0 ELSE 1 END)")),
        new('T', "pg_catalog.pg_trigger x", "x.tgrelid", "NULL", "NOT x.tgisinternal", new CatalogCount('T', "x.tgrelid", "true")),
        new('q', $"pg_catalog.pg_class y JOIN pg_catalog.pg_depend x ON x.objid OPERATOR(pg_catalog.=) y.oid AND {In("x.classid", "pg_class")}"
            + $" AND {In("x.refclassid", "pg_class")} AND {Is("y.relkind", 'S')} AND x.refobjsubid OPERATOR(pg_catalog.>) 0"
            + " AND x.deptype OPERATOR(pg_catalog.=) ANY (ARRAY['a', 'i']::pg_catalog.\"char\"[])",
            "x.objid", "NULL", "true", new CatalogCount('q', "x.objid", "true")),
        new('l', "pg_catalog.pg_seclabel x", "x.objoid", "NULL", In("x.classoid", "pg_class"), new CatalogCount('l', "x.objoid",
            "x.provider OPERATOR(pg_catalog.=) ANY (ARRAY['anon', 'wireproxy']::pg_catalog.text[])")),
        new('n', "pg_catalog.pg_description x", "x.objoid", "NULL", In("x.classoid", "pg_class"), new CatalogCount('n', "x.objoid",
            $"x.objoid {User} AND pg_catalog.strpos(pg_catalog.lower(x.description), 'wireproxy') OPERATOR(pg_catalog.>) 0")),
    ];

    static IEnumerable<CatalogSource> OfRoutinesAndTypes()
    {
        var extensions = $"{In("x.classid", "pg_proc")} AND {Is("x.deptype", 'e')} AND x.objid {User}";
        return
        [
            new('f', "pg_catalog.pg_proc x", "x.oid", "NULL", "true", new CatalogCount('f', "x.oid", $"x.oid {User}")),
            new('g', "pg_catalog.pg_aggregate x", "x.aggfnoid::pg_catalog.oid", "NULL", "true"),
            new('b', "pg_catalog.pg_depend x", "x.objid", "NULL", extensions, new CatalogCount('b', "x.objid", "true")),
            new('t', "pg_catalog.pg_type x", "x.oid", "NULL", "true", new CatalogCount('t', "x.oid", $"x.oid {User} AND x.typrelid OPERATOR(pg_catalog.=) 0::pg_catalog.oid"
                + $" AND (x.typcategory OPERATOR(pg_catalog.<>) 'A'::pg_catalog.\"char\" OR {Is("x.typtype", 'd')})")),
            new('y', "pg_catalog.pg_enum x", "x.enumtypid", "NULL", "true"),
        ];
    }

    static IEnumerable<CatalogSource> Wholes()
    {
        string[] catalogs = ["pg_namespace", "pg_language", "pg_collation", "pg_ts_config", "pg_ts_dict", "pg_operator", "pg_extension"];
        return catalogs.Select((catalog, i) => new CatalogSource((char)('0' + i), $"pg_catalog.{catalog} x", "x.oid", "NULL", "true"));
    }

    static string Is(string column, char value) => $"{column} OPERATOR(pg_catalog.=) '{value}'::pg_catalog.\"char\"";

    static string In(string column, string catalog) => $"{column} OPERATOR(pg_catalog.=) 'pg_catalog.{catalog}'::pg_catalog.regclass::pg_catalog.oid";
}
