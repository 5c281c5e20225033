namespace WireProxy.Sql.Tests.Lineage;

/// <summary>Makes queries over the <see cref="Hospital"/> that the server accepts more often than not: names are taken from what is in scope,
/// and everything is text, or a small number, or a row.</summary>
internal sealed class QueryGenerator(Random random)
{
    /// <summary>A relation in scope: its alias and what its columns are: t text, i number, j jsonb, c composite contact, a array of text, r a row.</summary>
    sealed record Range(string Alias, List<(string Name, char Type)> Columns);

    static readonly Dictionary<string, string> s_relations = new()
    {
        ["patients"] = "id:i full_name:t ssn:t city:t notes:j doctor:i contact:c tags:a shout:t junk:i",
        ["vips"] = "id:i full_name:t ssn:t city:t notes:j doctor:i contact:c tags:a shout:t junk:i perk:t",
        ["doctors"] = "id:i full_name:t unit:t",
        ["visits"] = "id:i patient:i day:i reason:t result:t",
        ["visits_a"] = "id:i patient:i day:i reason:t result:t",
        ["visits_b"] = "result:t day:i reason:t patient:i id:i",
        ["log"] = "id:i what:t who:t",
        ["pad"] = "id:i a:t b:t c:t",
        ["v_names"] = "id:i label:t city:t",
        ["v_cards"] = "k:i card:t",
        ["v_nested"] = "id:i who:t unit:t",
        ["v_union"] = "id:i x:t",
        ["v_using"] = "id:i full_name:t unit:t reason:t",
        ["m_summary"] = "id:i tag:t n:i",
        ["v_row"] = "id:i whole:r",
        ["all_patients()"] = "id:i full_name:t ssn:t city:t notes:j doctor:i contact:c tags:a shout:t junk:i",
        ["pairs()"] = "a:t b:t",
        ["tab(2)"] = "k:i t:t",
        ["pl_query()"] = "k:i t:t u:t",
    };

    readonly List<(string Name, List<(string Name, char Type)> Columns)> _ctes = [];
    int _names;
    int _depth;

    int Next(int below) => random.Next(below);

    T Pick<T>(IReadOnlyList<T> from) => from[Next(from.Count)];

    string Fresh(string prefix) => prefix + ++_names;

    /// <summary>A whole query.</summary>
    public string Query()
    {
        (_names, _depth) = (0, 0);
        _ctes.Clear();
        return Select(out _, Next(4) == 0 ? -1 : 1 + Next(4), []);
    }

    /// <summary>A statement that writes.</summary>
    public string Write()
    {
        (_names, _depth) = (0, 1);
        _ctes.Clear();
        var scope = new List<Range>();
        switch (Next(6))
        {
            case 0: return $"INSERT INTO h.log (what) {Typed("t")}";
            case 1: return $"INSERT INTO h.pad AS z (id, a, b) {Typed("itt")} ON CONFLICT (id) DO UPDATE SET b = excluded.a, c = z.b RETURNING *";
            case 2:
                scope.Add(new("z", Columns("pad")));
                var from = Next(2) == 0 ? "" : " FROM " + From(scope, []);
                return $"UPDATE h.pad z SET a = {Text(scope)}, (b, c) = ({Text(scope)}, {Text(scope)}){from} WHERE z.id = {Next(4)} RETURNING z.a, {Text(scope)}";
            case 3:
                scope.Add(new("d", Columns("doctors")));
                return $"UPDATE h.doctors d SET unit = {Text(scope)}, full_name = full_name || {Text(scope)} WHERE id < {Next(4)}";
            case 4:
                scope.Add(new("z", Columns("pad")));
                scope.Add(new("p", Columns("patients")));
                return $"MERGE INTO h.pad z USING h.patients p ON z.id = p.id WHEN MATCHED AND p.id < 3 THEN UPDATE SET b = {Text(scope)} "
                    + $"WHEN NOT MATCHED AND p.id = 5 THEN INSERT (id, c) VALUES (p.id, {Text([scope[1]])})";
            default:
                return $"WITH w AS (INSERT INTO h.log (what, who) {Typed("tt")} RETURNING what AS x, id) SELECT x FROM w";
        }
    }

    string Typed(string types)
    {
        var scope = new List<Range>();
        var from = From(scope, []);
        return $"SELECT {string.Join(", ", types.Select(t => t == 't' ? Text(scope) : "1"))} FROM {from} LIMIT 1";
    }

    static List<(string Name, char Type)> Columns(string relation) =>
        [.. s_relations[relation].Split(' ').Select(c => (c.Split(':')[0], c.Split(':')[1][0]))];

    /// <param name="columns">How many; -1 for a star.</param>
    /// <param name="outer">What a correlated subquery sees.</param>
    string Select(out List<(string, char)> made, int columns, List<Range> outer)
    {
        _depth++;
        var with = _depth == 1 && Next(4) == 0 ? With() : "";
        var own = new List<Range>();
        var from = From(own, outer);
        var scope = own.Concat(outer).ToList();
        made = [];
        string sql;
        var isStar = columns < 0 && own.SelectMany(r => r.Columns).GroupBy(c => c.Name).All(g => g.Count() == 1);
        if (isStar)
        {
            made = [.. own.SelectMany(r => r.Columns)];
            sql = $"SELECT {(own.Count == 1 && Next(2) == 0 ? own[0].Alias + ".*" : "*")} FROM {from}{Where(scope)}";
        }
        else if (Next(6) == 0)
        {
            columns = Math.Abs(columns);
            var group = Text(own, simple: true);
            made = [.. Enumerable.Range(0, columns).Select(_ => (Fresh("g"), 't'))];
            sql = "SELECT " + string.Join(", ", made.Select((m, i) => (i == 0 ? group : Aggregate(own)) + " AS " + m.Item1))
                + $" FROM {from}{Where(scope)} GROUP BY {group}{(Next(3) == 0 ? $" HAVING {Aggregate(own)} IS NOT NULL" : "")}";
        }
        else
        {
            columns = Math.Abs(columns);
            made = [.. Enumerable.Range(0, columns).Select(_ => (Fresh("c"), 't'))];
            sql = $"SELECT {(Next(8) == 0 ? "DISTINCT " : "")}" + string.Join(", ", made.Select(m => Text(scope) + " AS " + m.Item1)) + $" FROM {from}{Where(scope)}";
            if (_depth < 4 && Next(6) == 0)
                sql += $" {Pick(["UNION", "UNION ALL", "EXCEPT", "INTERSECT"])} " + Select(out _, columns, outer).Replace("WITH ", "WITH ", StringComparison.Ordinal);
        }
        _depth--;
        if (Next(5) == 0 && !sql.Contains(" LIMIT ", StringComparison.Ordinal))
            sql += $" ORDER BY 1 LIMIT {1 + Next(5)}";
        return with + sql;
    }

    string With()
    {
        var name = Fresh("w");
        if (Next(3) == 0)
        {
            var scope = new List<Range> { new("p", Columns("patients")) };
            var r = new List<Range> { new(name, [("n", 'i'), ("acc", 't')]), new("d", Columns("doctors")) };
            var sql = $"WITH RECURSIVE {name} (n, acc) AS (SELECT 1, {Text(scope)} FROM h.patients p WHERE id = 1 UNION ALL "
                + $"SELECT n + 1, acc || {Text(r)} FROM {name}, h.doctors d WHERE d.id = n AND n < 3) ";
            _ctes.Add((name, [("n", 'i'), ("acc", 't')]));
            return sql;
        }
        var query = Select(out var made, 2, []);
        var names = Next(2) == 0 ? "" : " (y1, y2)";
        _ctes.Add((name, names.Length == 0 ? made : [("y1", made[0].Item2), ("y2", made[1].Item2)]));
        return made.Count == 2 ? $"WITH {name}{names} AS ({query}) " : "";
    }

    string Where(List<Range> scope) => Next(3) switch
    {
        0 => $" WHERE {Text(scope)} IS NOT NULL",
        1 => $" WHERE {Text(scope)} <> {Text(scope, simple: true)} OR true",
        _ => "",
    };

    string From(List<Range> own, List<Range> outer)
    {
        var first = Item(own, outer);
        return Next(5) switch
        {
            0 => $"{first}, {Item(own, outer)}",
            1 => $"{first} {Pick(["", "LEFT ", "RIGHT ", "FULL "])}JOIN {Item(own, [])} ON true",
            2 => Using(own),
            3 => $"{first}, LATERAL ({Lateral(own, outer)}",
            _ => first,
        };
    }

    string Using(List<Range> own)
    {
        own.Clear();
        var (x, y) = (Pick(["doctors", "v_names", "v_union", "pad", "log"]), Pick(["patients", "visits", "m_summary", "pad", "v_nested"]));
        var (a, b) = (Fresh("t"), Fresh("t"));
        own.Add(new(a, Columns(x)));
        own.Add(new(b, [.. Columns(y).Where(c => c.Name != "id")]));
        return $"h.{x} {a} {Pick(["", "LEFT ", "RIGHT ", "FULL "])}JOIN h.{y} {b} USING (id)";
    }

    string Lateral(List<Range> own, List<Range> outer)
    {
        var alias = Fresh("l");
        var sql = $"SELECT {Text([.. own, .. outer])} AS z) {alias}";
        own.Add(new(alias, [("z", 't')]));
        return sql;
    }

    string Item(List<Range> own, List<Range> outer)
    {
        var alias = Fresh("t");
        if (_ctes.Count > 0 && Next(2) == 0)
        {
            var (name, columns) = Pick(_ctes);
            own.Add(new(alias, columns));
            return $"{name} {alias}";
        }
        if (_depth < 4 && Next(4) == 0)
        {
            var query = Select(out var made, Next(3) == 0 ? -1 : 1 + Next(3), []);
            if (made.Count > 0 && Next(2) == 0)
                made[0] = ("q1", made[0].Item2);
            own.Add(new(alias, made));
            return $"({query}) {alias}{(made.Count > 0 && made[0].Item1 == "q1" ? " (q1)" : "")}";
        }
        if (Next(10) == 0)
        {
            own.Add(new(alias, [("e", 't')]));
            return Pick([$"unnest(ARRAY[{Scalar()}, 'x']) {alias} (e)", $"regexp_split_to_table({Scalar()}, '/') {alias} (e)",
                $"jsonb_each_text(jsonb_build_object('k', {Scalar()})) {alias} (kk, e)", $"h.echo({Scalar()}::text) {alias} (e)", $"(VALUES ('v'), ({Scalar()})) {alias} (e)"]);
        }
        _ = outer;
        var relation = Pick([.. s_relations.Keys]);
        own.Add(new(alias, Columns(relation)));
        return $"{(relation is "patients" or "visits" && Next(3) == 0 ? "ONLY " : "")}h.{relation} {alias}";
    }

    string Scalar() => Pick(["(SELECT full_name FROM h.patients WHERE id = 1 LIMIT 1)", "(SELECT max(unit) FROM h.doctors)", "h.ssn_of(3)",
        "(SELECT (contact).name FROM ONLY h.patients WHERE id = 2)", "(SELECT reason FROM h.visits WHERE id = 4)"]);

    string Aggregate(List<Range> scope) => Pick(["max({0})", "string_agg({0}, ',')", "array_agg({0})::text", "json_agg({0})::text", "count(*)::text", "h.keep({0})",
        "min({0}) FILTER (WHERE {0} IS NOT NULL)", "mode() WITHIN GROUP (ORDER BY {0})", "string_agg({0}, ',' ORDER BY {0} DESC)"])
        .Replace("{0}", Text(scope, simple: true), StringComparison.Ordinal);

    string Text(List<Range> scope, bool simple = false)
    {
        var range = Pick(scope);
        if (range.Columns.Count == 0)
            return "'none'";
        var (name, type) = Pick(range.Columns);
        var isUnique = scope.SelectMany(r => r.Columns).Count(c => c.Name == name) == 1;
        var column = isUnique && Next(3) == 0 ? name : range.Alias + "." + name;
        var text = type switch
        {
            't' => column,
            'j' => Pick([$"({column} ->> 'k')", $"{column}::text", $"({column} #>> '{{k}}')"]),
            'c' => Pick([$"({column}).name", $"{column}::text", $"({column}).phone"]),
            'a' => Pick([$"{column}[1]", $"array_to_string({column}, '-')", $"{column}::text"]),
            'r' => Pick([$"({column}).ssn", $"({column}).city", $"{column}::text", $"h.label({column})"]),
            _ => column + "::text",
        };
        if (simple || _depth > 5 || Next(3) == 0)
            return text;
        _depth++;
        var other = Next(2) == 0 ? "'lit'" : Text(scope);
        var made = Shapes(scope, range, text, other);
        _depth--;
        return made;
    }

    string Shapes(List<Range> scope, Range range, string text, string other) => Next(22) switch
    {
        0 => $"upper({text})",
        1 => $"({text} || {other})",
        2 => $"coalesce({text}, {other})",
        3 => $"CASE WHEN {other} = 'x' THEN {other} ELSE {text} END",
        4 => $"concat({text}, {other})",
        5 => $"(ARRAY[{text}, {other}])[{1 + Next(2)}]",
        6 => $"(ROW({text}, {other})).f{1 + Next(2)}",
        7 => $"reverse({text})",
        8 => $"{range.Alias}::text",
        9 => $"row_to_json({range.Alias})::text",
        10 => $"(SELECT {text})",
        11 => $"greatest({text}, {other})",
        12 => $"({text} OPERATOR(h.@|@) {other})",
        13 => $"(({text})::text::h.box).v",
        14 => $"h.twice({text})",
        15 => $"h.twice(y => {other}, x => {text})",
        16 => $"h.{Pick(["pl_loop()", "pl_into(2)", "pl_literal()", "atomic(2)", "ssn_of(2)", "pl_notice(1)::text"])} || {text}",
        17 => $"(SELECT string_agg(e, ',') FROM unnest(ARRAY[{text}, {other}]) e)",
        18 => $"max({text}) OVER (ORDER BY {other})",
        19 => _depth < 4 ? $"({Select(out _, 1, scope)} LIMIT 1)".Replace(" LIMIT 1 LIMIT 1", " LIMIT 1", StringComparison.Ordinal) : text,
        20 => $"jsonb_build_object('a', {text}, 'b', {other}) ->> 'a'",
        _ => $"format('%s-%s', {text}, {other})",
    };
}
