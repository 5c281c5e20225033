namespace WireProxy.Sql.Catalog;

/// <summary>The part of <see cref="PostgresCatalogQuery"/> that reads definitions: what views, functions, defaults and their like are made of.</summary>
/// <remarks>
/// The same six columns; text beyond ASCII stands in b and c only. Rows by <c>kind</c> (id, a, b, c, d):
/// s: place in the search path of the session that reads, NULL, schema: definitions leave out the schemas that it shows;
/// C: system relation, attnum, name, type;
/// w: view, NULL, definition; u: relation, ev_type, the rule's definition;
/// e: relation, attnum, expression, NULL, g (generated) or d (default);
/// j: relation, NULL, condition of a row security policy;
/// F: relation that a foreign key refers to, "referring confdeltype confupdtype", columns that refer, columns that they refer to;
/// D: domain, NULL, default; O: user's function that an operator class or a range type runs, unless it is in C;
/// t: type (built-in ones too), "typtype relation base-type", schema, name; k: composite type, attnum, name, type; x: domain, NULL, check;
/// b: user's function (or a built-in one in SQL), argument types, body or (in C) symbol, extension; R: built-in function that has another's
/// symbol, symbol; y: function, NULL, defaults;
/// m: function, modes, names, NULL, types of all arguments; g: function, NULL, settings;
/// o: operator, "function left right", schema, name; K: cast, "function source target context";
/// a: aggregate, the functions that it runs; T: relation, "function type enabled deferrable", name, definition where it has WHEN or REFERENCING;
/// E: event trigger's function, enabled, event; i: relation, columns, expressions, predicate, unique (t or f), of an index or a partition key;
/// X: relation, NULL, CREATE STATISTICS where it has expressions;
/// h: relation, NULL, check; q: sequence, "relation attnum" of its owner;
/// l: relation, attnum, label, provider; n: relation, attnum, comment; L: schema (0: the database), provider (NULL: a comment), label, schema's name;
/// P: publication, all tables (t or f), name; Q: publication, relation; z: extension, NULL, name, schema.
/// Objects from 16384 on only (FirstNormalObjectId, src/include/access/transam.h), except C, R, b, f, m and t.
/// </remarks>
internal static class PostgresDefinitionQuery
{
    internal const string Text = Relations + Routines + Others;

    const string Relations = """
        UNION ALL
        SELECT 's', p.place::pg_catalog.text, NULL, p.name::pg_catalog.text, NULL, NULL
          FROM pg_catalog.unnest(pg_catalog.current_schemas(true)) WITH ORDINALITY AS p (name, place)
        UNION ALL
        SELECT 'C', a.attrelid::pg_catalog.text, a.attnum::pg_catalog.text, a.attname::pg_catalog.text, a.atttypid::pg_catalog.text, NULL
          FROM pg_catalog.pg_attribute a
          JOIN pg_catalog.pg_class r ON r.oid OPERATOR(pg_catalog.=) a.attrelid
         WHERE {system:r.oid} AND a.attnum OPERATOR(pg_catalog.>) 0::pg_catalog.int2
           AND r.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['r', 'v']::pg_catalog."char"[]) AND NOT a.attisdropped
        UNION ALL
        SELECT 'w', r.oid::pg_catalog.text, NULL, pg_catalog.pg_get_viewdef(r.oid), NULL, NULL
          FROM pg_catalog.pg_class r
         WHERE r.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['v', 'm']::pg_catalog."char"[])
           AND r.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid AND {relation:r.oid}
        UNION ALL
        SELECT 'u', w.ev_class::pg_catalog.text, w.ev_type::pg_catalog.text, pg_catalog.pg_get_ruledef(w.oid), NULL, NULL
          FROM pg_catalog.pg_rewrite w
         WHERE w.rulename OPERATOR(pg_catalog.<>) '_RETURN'::pg_catalog.name AND w.ev_class OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
           AND {relation:w.ev_class}
        UNION ALL
        SELECT 'e', d.adrelid::pg_catalog.text, d.adnum::pg_catalog.text, pg_catalog.pg_get_expr(d.adbin, d.adrelid), NULL,
               CASE WHEN a.attgenerated OPERATOR(pg_catalog.=) ''::pg_catalog."char" THEN 'd' ELSE 'g' END
          FROM pg_catalog.pg_attrdef d
          JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) d.adrelid AND a.attnum OPERATOR(pg_catalog.=) d.adnum
         WHERE {relation:d.adrelid}
        UNION ALL
        SELECT 'i', x.indrelid::pg_catalog.text, x.indkey::pg_catalog.text, pg_catalog.pg_get_expr(x.indexprs, x.indrelid),
               pg_catalog.pg_get_expr(x.indpred, x.indrelid), CASE WHEN x.indisunique THEN 't' ELSE 'f' END
          FROM pg_catalog.pg_index x
         WHERE x.indrelid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
           AND (x.indisunique OR x.indexprs IS NOT NULL OR x.indpred IS NOT NULL) AND {relation:x.indrelid}
        UNION ALL
        SELECT 'i', p.partrelid::pg_catalog.text, NULL, pg_catalog.pg_get_expr(p.partexprs, p.partrelid), NULL, 'f'
          FROM pg_catalog.pg_partitioned_table p
         WHERE p.partexprs IS NOT NULL AND {relation:p.partrelid}
        UNION ALL
        SELECT 'X', s.stxrelid::pg_catalog.text, NULL, pg_catalog.pg_get_statisticsobjdef(s.oid), NULL, NULL
          FROM pg_catalog.pg_statistic_ext s
         WHERE 'e'::pg_catalog."char" OPERATOR(pg_catalog.=) ANY (s.stxkind) AND {relation:s.stxrelid}
        UNION ALL
        SELECT 'h', k.conrelid::pg_catalog.text, NULL, pg_catalog.pg_get_expr(k.conbin, k.conrelid), NULL, NULL
          FROM pg_catalog.pg_constraint k
         WHERE k.contype OPERATOR(pg_catalog.=) 'c'::pg_catalog."char" AND k.conrelid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
           AND {relation:k.conrelid}
        UNION ALL
        SELECT 'j', p.polrelid::pg_catalog.text, NULL, x.expression, NULL, NULL
          FROM pg_catalog.pg_policy p
          CROSS JOIN LATERAL (VALUES (pg_catalog.pg_get_expr(p.polqual, p.polrelid)), (pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)))
               AS x (expression)
         WHERE x.expression IS NOT NULL AND {relation:p.polrelid}
        UNION ALL
        SELECT 'F', k.confrelid::pg_catalog.text, pg_catalog.concat_ws(' ', k.conrelid, k.confdeltype, k.confupdtype),
               pg_catalog.array_to_string(k.conkey, ' '), pg_catalog.array_to_string(k.confkey, ' '), NULL
          FROM pg_catalog.pg_constraint k
         WHERE k.contype OPERATOR(pg_catalog.=) 'f'::pg_catalog."char" AND {relation:k.conrelid}
        UNION ALL
        SELECT 'T', t.tgrelid::pg_catalog.text, pg_catalog.concat_ws(' ', t.tgfoid, t.tgtype, t.tgenabled, t.tgdeferrable), t.tgname::pg_catalog.text,
               CASE WHEN t.tgqual IS NOT NULL OR t.tgoldtable IS NOT NULL OR t.tgnewtable IS NOT NULL
                    THEN pg_catalog.pg_get_triggerdef(t.oid) END, NULL
          FROM pg_catalog.pg_trigger t
         WHERE NOT t.tgisinternal AND {relation:t.tgrelid}
        UNION ALL
        SELECT 'q', d.objid::pg_catalog.text, pg_catalog.concat_ws(' ', d.refobjid, d.refobjsubid), NULL, NULL, NULL
          FROM pg_catalog.pg_depend d
          JOIN pg_catalog.pg_class r ON r.oid OPERATOR(pg_catalog.=) d.objid AND r.relkind OPERATOR(pg_catalog.=) 'S'::pg_catalog."char"
         WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid
           AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid
           AND d.deptype OPERATOR(pg_catalog.=) ANY (ARRAY['a', 'i']::pg_catalog."char"[]) AND d.refobjsubid OPERATOR(pg_catalog.>) 0
           AND {relation:d.objid}

        """;

    const string Routines = """
        UNION ALL
        SELECT 'b', p.oid::pg_catalog.text, p.proargtypes::pg_catalog.text,
               CASE WHEN p.prosrc OPERATOR(pg_catalog.=) ''::pg_catalog.text AND p.prolang OPERATOR(pg_catalog.=) 14::pg_catalog.oid
                    THEN pg_catalog.pg_get_functiondef(p.oid) ELSE p.prosrc END, e.extname::pg_catalog.text, NULL
          FROM pg_catalog.pg_proc p
          LEFT JOIN pg_catalog.pg_depend d ON d.objid OPERATOR(pg_catalog.=) p.oid AND d.deptype OPERATOR(pg_catalog.=) 'e'::pg_catalog."char"
           AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass::pg_catalog.oid
          LEFT JOIN pg_catalog.pg_extension e ON e.oid OPERATOR(pg_catalog.=) d.refobjid
         WHERE (p.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid OR p.prolang OPERATOR(pg_catalog.>) 13::pg_catalog.oid) AND {both:p.oid} AND {routine:p.oid}
        UNION ALL
        SELECT 'R', p.oid::pg_catalog.text, p.prosrc, NULL, NULL, NULL
          FROM pg_catalog.pg_proc p
         WHERE {system:p.oid} AND p.prolang OPERATOR(pg_catalog.=) 12::pg_catalog.oid
           AND p.prosrc OPERATOR(pg_catalog.<>) p.proname::pg_catalog.text
           AND pg_catalog.strpos(p.prosrc, '_to_xml') OPERATOR(pg_catalog.+) pg_catalog.strpos(p.prosrc, 'pg_read_')
               OPERATOR(pg_catalog.+) pg_catalog.strpos(p.prosrc, 'ts_stat') OPERATOR(pg_catalog.+) pg_catalog.strpos(p.prosrc, 'be_lo')
               OPERATOR(pg_catalog.+) pg_catalog.strpos(p.prosrc, 'tsquery_rewrite_query') OPERATOR(pg_catalog.+) pg_catalog.strpos(p.prosrc, '_slot_')
               OPERATOR(pg_catalog.+) pg_catalog.strpos(p.prosrc, 'pg_stat_get_') OPERATOR(pg_catalog.>) 0
        UNION ALL
        SELECT 'y', p.oid::pg_catalog.text, NULL, pg_catalog.pg_get_expr(p.proargdefaults, 0::pg_catalog.oid), NULL, NULL
          FROM pg_catalog.pg_proc p
         WHERE p.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid AND p.proargdefaults IS NOT NULL AND {routine:p.oid}
        UNION ALL
        SELECT 'm', p.oid::pg_catalog.text, p.proargmodes::pg_catalog.text, p.proargnames::pg_catalog.text, NULL,
               p.proallargtypes::pg_catalog.text
          FROM pg_catalog.pg_proc p
         WHERE p.proargnames IS NOT NULL AND (p.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid OR p.proargmodes IS NOT NULL) AND {both:p.oid} AND {routine:p.oid}
        UNION ALL
        SELECT 'g', p.oid::pg_catalog.text, NULL, p.proconfig::pg_catalog.text, NULL, NULL
          FROM pg_catalog.pg_proc p
         WHERE p.proconfig IS NOT NULL AND {both:p.oid} AND {routine:p.oid}
        UNION ALL
        SELECT 'a', g.aggfnoid::pg_catalog.oid::pg_catalog.text, pg_catalog.concat_ws(' ', g.aggtransfn::pg_catalog.oid,
               g.aggfinalfn::pg_catalog.oid, g.aggcombinefn::pg_catalog.oid, g.aggserialfn::pg_catalog.oid, g.aggdeserialfn::pg_catalog.oid,
               g.aggmtransfn::pg_catalog.oid, g.aggminvtransfn::pg_catalog.oid, g.aggmfinalfn::pg_catalog.oid), NULL, NULL, NULL
          FROM pg_catalog.pg_aggregate g
         WHERE g.aggfnoid::pg_catalog.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid AND {routine:g.aggfnoid::pg_catalog.oid}
        UNION ALL
        SELECT 'o', o.oid::pg_catalog.text, pg_catalog.concat_ws(' ', o.oprcode::pg_catalog.oid, o.oprleft, o.oprright),
               n.nspname::pg_catalog.text, o.oprname::pg_catalog.text, NULL
          FROM pg_catalog.pg_operator o
          JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) o.oprnamespace
         WHERE o.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
        UNION ALL
        SELECT 'K', k.oid::pg_catalog.text, pg_catalog.concat_ws(' ', k.castfunc, k.castsource, k.casttarget, k.castcontext),
               NULL, NULL, NULL
          FROM pg_catalog.pg_cast k
         WHERE k.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid AND k.castfunc OPERATOR(pg_catalog.<>) 0::pg_catalog.oid
        UNION ALL
        SELECT 'E', e.evtfoid::pg_catalog.text, e.evtenabled::pg_catalog.text, e.evtevent::pg_catalog.text, NULL, NULL
          FROM pg_catalog.pg_event_trigger e

        """;

    const string Others = """
        UNION ALL
        SELECT 't', t.oid::pg_catalog.text, pg_catalog.concat_ws(' ', t.typtype, t.typrelid, t.typbasetype), n.nspname::pg_catalog.text,
               t.typname::pg_catalog.text, NULL
          FROM pg_catalog.pg_type t
          JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) t.typnamespace
          LEFT JOIN pg_catalog.pg_class r ON r.oid OPERATOR(pg_catalog.=) t.typrelid
         WHERE (t.typcategory OPERATOR(pg_catalog.<>) 'A'::pg_catalog."char" OR t.typtype OPERATOR(pg_catalog.=) 'd'::pg_catalog."char") AND {both:t.oid}
           AND (t.typrelid OPERATOR(pg_catalog.=) 0::pg_catalog.oid OR (r.relkind OPERATOR(pg_catalog.=) 'c'::pg_catalog."char" AND r.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid))
           AND {type:t.oid}
        UNION ALL
        SELECT 'k', t.oid::pg_catalog.text, a.attnum::pg_catalog.text, a.attname::pg_catalog.text, a.atttypid::pg_catalog.text, NULL
          FROM pg_catalog.pg_type t
          JOIN pg_catalog.pg_class r ON r.oid OPERATOR(pg_catalog.=) t.typrelid
          JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) r.oid
         WHERE r.relkind OPERATOR(pg_catalog.=) 'c'::pg_catalog."char" AND r.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
           AND a.attnum OPERATOR(pg_catalog.>) 0::pg_catalog.int2 AND NOT a.attisdropped AND {type:t.oid}
        UNION ALL
        SELECT 'x', k.contypid::pg_catalog.text, NULL, pg_catalog.pg_get_expr(k.conbin, 0::pg_catalog.oid), NULL, NULL
          FROM pg_catalog.pg_constraint k
         WHERE k.contypid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid AND k.conbin IS NOT NULL AND {type:k.contypid}
        UNION ALL
        SELECT 'D', t.oid::pg_catalog.text, NULL, pg_catalog.pg_get_expr(t.typdefaultbin, 0::pg_catalog.oid), NULL, NULL
          FROM pg_catalog.pg_type t
         WHERE t.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid AND t.typdefaultbin IS NOT NULL AND {type:t.oid}
        UNION ALL
        SELECT 'O', p.amproc::pg_catalog.oid::pg_catalog.text, NULL, NULL, NULL, NULL
          FROM pg_catalog.pg_amproc p
          JOIN pg_catalog.pg_proc f ON f.oid OPERATOR(pg_catalog.=) p.amproc::pg_catalog.oid
         WHERE f.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid AND f.prolang OPERATOR(pg_catalog.>) 13::pg_catalog.oid
        UNION ALL
        SELECT 'O', f.oid::pg_catalog.text, NULL, NULL, NULL, NULL
          FROM pg_catalog.pg_amop p
          JOIN pg_catalog.pg_operator o ON o.oid OPERATOR(pg_catalog.=) p.amopopr
          JOIN pg_catalog.pg_proc f ON f.oid OPERATOR(pg_catalog.=) o.oprcode::pg_catalog.oid
         WHERE f.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid AND f.prolang OPERATOR(pg_catalog.>) 13::pg_catalog.oid
        UNION ALL
        SELECT 'O', f.oid::pg_catalog.text, NULL, NULL, NULL, NULL
          FROM pg_catalog.pg_range g
          JOIN pg_catalog.pg_proc f ON f.oid OPERATOR(pg_catalog.=) ANY (ARRAY[g.rngcanonical, g.rngsubdiff]::pg_catalog.oid[])
         WHERE f.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid AND f.prolang OPERATOR(pg_catalog.>) 13::pg_catalog.oid
        UNION ALL
        SELECT 'l', s.objoid::pg_catalog.text, s.objsubid::pg_catalog.text, s.label, s.provider, NULL
          FROM pg_catalog.pg_seclabel s
         WHERE s.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid
           AND s.provider OPERATOR(pg_catalog.=) ANY (ARRAY['anon', 'wireproxy']::pg_catalog.text[]) AND {relation:s.objoid}
        UNION ALL
        SELECT 'n', s.objoid::pg_catalog.text, s.objsubid::pg_catalog.text, s.description, NULL, NULL
          FROM pg_catalog.pg_description s
         WHERE s.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid
           AND s.objoid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid AND {relation:s.objoid}
           AND pg_catalog.strpos(pg_catalog.lower(s.description), 'wireproxy') OPERATOR(pg_catalog.>) 0
        UNION ALL
        SELECT 'L', n.oid::pg_catalog.text, s.provider, s.label, n.nspname::pg_catalog.text, NULL
          FROM pg_catalog.pg_seclabel s
          JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) s.objoid
         WHERE s.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_namespace'::pg_catalog.regclass::pg_catalog.oid
           AND s.provider OPERATOR(pg_catalog.=) ANY (ARRAY['anon', 'wireproxy']::pg_catalog.text[])
        UNION ALL
        SELECT 'L', n.oid::pg_catalog.text, NULL, s.description, n.nspname::pg_catalog.text, NULL
          FROM pg_catalog.pg_description s
          JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) s.objoid
         WHERE s.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_namespace'::pg_catalog.regclass::pg_catalog.oid
           AND pg_catalog.strpos(pg_catalog.lower(s.description), 'wireproxy') OPERATOR(pg_catalog.>) 0
        UNION ALL
        SELECT 'L', '0', s.provider, s.label, NULL, NULL
          FROM pg_catalog.pg_shseclabel s
          JOIN pg_catalog.pg_database b ON b.oid OPERATOR(pg_catalog.=) s.objoid
         WHERE s.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_database'::pg_catalog.regclass::pg_catalog.oid
           AND b.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
           AND s.provider OPERATOR(pg_catalog.=) ANY (ARRAY['anon', 'wireproxy']::pg_catalog.text[])
        UNION ALL
        SELECT 'L', '0', NULL, s.description, NULL, NULL
          FROM pg_catalog.pg_shdescription s
          JOIN pg_catalog.pg_database b ON b.oid OPERATOR(pg_catalog.=) s.objoid
         WHERE s.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_database'::pg_catalog.regclass::pg_catalog.oid
           AND b.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
           AND pg_catalog.strpos(pg_catalog.lower(s.description), 'wireproxy') OPERATOR(pg_catalog.>) 0
        UNION ALL
        SELECT 'P', p.oid::pg_catalog.text, CASE WHEN p.puballtables THEN 't' ELSE 'f' END, p.pubname::pg_catalog.text, NULL, NULL
          FROM pg_catalog.pg_publication p
        UNION ALL
        SELECT 'Q', p.prpubid::pg_catalog.text, p.prrelid::pg_catalog.text, NULL, NULL, NULL
          FROM pg_catalog.pg_publication_rel p
        UNION ALL
        SELECT 'z', e.oid::pg_catalog.text, NULL, e.extname::pg_catalog.text, n.nspname::pg_catalog.text, NULL
          FROM pg_catalog.pg_extension e
          JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) e.extnamespace
        """;
}
