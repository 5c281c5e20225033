using System.Globalization;
using System.Text;
using WireProxy.Sql.Catalog;

namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>What functions give and do, from their bodies. Each body is read once for a catalog and search path.</summary>
internal sealed class Bodies(SnapshotLineage shared)
{
    const int MaxDepth = 32;
    const ulong TriggerBit = 1UL << 35, DefaultsBit = 1UL << 36, ConversionsBit = 1UL << 38;

    public Summary Of(CatalogRoutine routine, Analysis a) => Kept(routine.Id, a.Path.Key, a, (inside, mark) =>
    {
        if (mark.IsRecursion)
            return new(AllParameters.Union(SourceSet.Recursion));
        return inside.Depth > MaxDepth ? Unknown(routine, inside) : Body(routine, inside, mark);
    });

    /// <summary>Of a function that is not in the catalog as it is here.</summary>
    public Effects OfNew(CatalogRoutine routine, Analysis a)
    {
        var mark = a.Running.Enter(routine.Id);
        var inside = a.Inside(a.Path, null);
        Body(routine, inside, mark);
        a.Running.Leave(mark);
        return inside.Effects;
    }

    /// <param name="transitions">What it calls the rows that the statement has changed.</param>
    public Effects OfTrigger(CatalogRoutine routine, CatalogRelation relation, IReadOnlyList<string> transitions, Analysis a) =>
        Kept(routine.Id | TriggerBit, string.Join('\0', [a.Path.Key, "", relation.Id.ToString(CultureInfo.InvariantCulture), .. transitions]), a, (inside, mark) =>
        {
            if (mark.IsRecursion)
                return Value.Nothing;
            if (routine.IsBuiltIn && routine.Language == 'i')
                return BuiltInTrigger(routine, relation, inside);
            if (routine.Language != 'p' || PathOf(routine, inside.Path) is not { } path)
                return Unknown(routine, inside);
            var names = RowNames(relation, inside, hasVariables: true);
            names.Transitions.UnionWith(transitions);
            var body = inside.Inside(path, names);
            new PlPgSqlBody(body, routine) { Trigger = relation }.Into(Encoding.UTF8.GetBytes(routine.Body), inside);
            return Value.Nothing;
        }).Effects;

    /// <summary>PostgreSQL's own look at nothing but the row. Those for text search put its words into one of its columns (12.4.3).</summary>
    static Value BuiltInTrigger(CatalogRoutine routine, CatalogRelation relation, Analysis inside)
    {
        if (!routine.Name.StartsWith("tsvector_update_trigger", StringComparison.Ordinal))
            return routine.Name == "suppress_redundant_updates_trigger" ? Value.Nothing : Unknown(routine, inside);
        var row = new Value(inside.Shared.Relations.Columns(relation, inherits: false, inside));
        foreach (var column in relation.Columns)
            if (column.TypeId == RangeFunctions.TextSearchVector)
                inside.Effects.Write(WriteKind.Column, new(relation.Id, column.Number), column.Name, row.Sources);
        return Value.Nothing;
    }

    /// <summary>The sources of all defaults of a function's arguments.</summary>
    public SourceSet Defaults(CatalogRoutine routine, Analysis a)
    {
        var summary = Kept(routine.Id | DefaultsBit, "", a, (inside, mark) =>
        {
            if (mark.IsRecursion)
                return Value.Anything;
            var scope = new Scope(null, null);
            var under = inside.Inside(shared.ReadPath, null);
            using var parsed = ParsedText.Of(Encoding.UTF8.GetBytes("SELECT " + routine.Defaults));
            var sum = parsed.IsBroken ? SourceSet.Everything : SourceSet.Empty;
            foreach (var raw in parsed.Statements)
                foreach (var target in raw.Child(Tree.RawStmt).Items(Tree.SelectTargets))
                    sum = sum.Union(under.Expressions.Of(target.Child(Tree.TargetValue), scope).Sources);
            inside.Effects.Merge(under.Effects, []);
            return new(sum);
        });
        a.Effects.Merge(summary.Effects, []);
        return summary.Result.Sources;
    }

    /// <summary>What runs where a value is put into a variable, an argument or a field: the checks of domains, and casts that may apply there. The
    /// value is the first parameter.</summary>
    public Effects Conversions(Analysis a) => Kept(ConversionsBit, "", a, (inside, mark) =>
    {
        if (mark.IsRecursion)
            return Value.Nothing;
        var any = SourceSet.OfParameter(0);
        foreach (var type in shared.Definitions.Types.Values)
            if (type.Kind == 'd' && !type.Checks.IsEmpty)
                shared.CheckDomain(type.Id, any, inside);
        foreach (var cast in shared.Definitions.Casts)
            if (cast.Context != 'e' && shared.Routine(cast.Function) is { Language: not 'c' } routine)
                inside.Calls.Run(routine, Arguments.Of(new Value(any)));
            else
                inside.Effects.RunsUnseen |= cast.Context != 'e';
        return Value.Nothing;
    }).Effects;

    Summary Kept(ulong id, string path, Analysis a, Func<Analysis, Running.Mark, Value> make)
    {
        if (shared.Summaries.TryGetValue((id, path), out var known))
            return known;
        a.Step(10);
        var mark = a.Running.Enter(id);
        var inside = a.Inside(a.Path, null);
        var value = make(inside, mark);
        if (!a.Running.Leave(mark))
            return new(value, inside.Effects);
        inside.Effects.ReplaceRecursion();
        var summary = new Summary(SummaryValue.Replace(value, SourceSet.RecursionBit, inside.Effects.AllUsed()), inside.Effects);
        shared.Keep((id, path), summary);
        return summary;
    }

    static Value Unknown(CatalogRoutine routine, Analysis inside)
    {
        inside.Effects.UnknownCode($"the function {routine.Name}, whose body is not known");
        return Value.Anything;
    }

    static SourceSet AllParameters
    {
        get
        {
            var all = SourceSet.Empty;
            for (var i = 0; i <= SourceSet.LastParameter; i++)
                all = all.Union(SourceSet.OfParameter(i));
            return all;
        }
    }

    Value Body(CatalogRoutine routine, Analysis inside, Running.Mark mark)
    {
        if (routine.Kind == 'a')
            return Aggregate(routine, inside);
        if (PathOf(routine, inside.Path) is not { } path)
            return Unknown(routine, inside);
        if (routine.Language == 's')
            return Sql(routine, inside, path);
        if (routine.Language != 'p')
            return Unknown(routine, inside);
        var body = inside.Inside(path, Names(routine, hasVariables: true));
        var plpgsql = new PlPgSqlBody(body, routine);
        plpgsql.Into(Encoding.UTF8.GetBytes(routine.Body), inside);
        (inside.Effects.Dynamics, inside.Effects.RunsSeveral) = (plpgsql.Dynamics, plpgsql.Several);
        // With what it calls itself nobody has seen.
        if (plpgsql.Dynamics.Count > 0 && inside.Running.WasMet(mark))
            return Unknown(routine, inside);
        return Declared(routine, plpgsql.Result);
    }

    /// <summary>What an aggregate gives is made by its functions from all that it is given.</summary>
    Value Aggregate(CatalogRoutine routine, Analysis inside)
    {
        var all = AllParameters;
        foreach (var id in routine.Runs)
        {
            if (shared.Routine(id) is not { } function)
                return Unknown(routine, inside);
            var arguments = new Arguments();
            for (var i = 0; i < function.ArgumentCount; i++)
                arguments.Add(new Value(all));
            all = all.Union(inside.Calls.Run(function, arguments).Sources);
        }
        return new(all);
    }

    /// <summary>Runs the texts of a function that a call completes; what they give. The caller's own words in them are not the function's.</summary>
    /// <param name="literals">By position; null for an argument that is none.</param>
    public static SourceSet Dynamics(CatalogRoutine routine, Effects function, IReadOnlyList<byte[]?> literals, Analysis a)
    {
        var sources = SourceSet.Empty;
        foreach (var dynamic in function.Dynamics)
        {
            var inside = PathOf(routine, a.Path) is { } path && a.Depth < MaxDepth ? a.Inside(path, new()) : null;
            if (inside is null || dynamic.With(literals) is not { } text)
            {
                a.Effects.UnknownCode($"SQL that the function {routine.Name} puts together");
                return SourceSet.Everything;
            }
            sources = sources.Union(Text(text, inside));
            if (inside.Effects.ChangesMeaning && function.RunsSeveral)
                inside.Effects.UnknownCode("a body that changes the catalog while it runs");
            a.Effects.Merge(inside.Effects, []);
        }
        return sources;
    }

    /// <summary>The path in force inside: the function's own SET, or the caller's; null where it depends on who runs it.</summary>
    static SearchPath? PathOf(CatalogRoutine routine, SearchPath caller)
    {
        foreach (var setting in routine.Settings)
        {
            if (!setting.StartsWith("search_path=", StringComparison.Ordinal))
                continue;
            var value = setting["search_path=".Length..];
            return value.Contains("$user", StringComparison.Ordinal) ? null
                : SearchPath.OfSetting(value, "", caller.Schemas.FirstOrDefault(SearchPath.IsTemporary));
        }
        return caller;
    }

    BodyNames Names(CatalogRoutine routine, bool hasVariables)
    {
        var names = new BodyNames { HasVariables = hasVariables, Name = routine.Name };
        var inputs = SummaryValue.InputNames(routine);
        for (var i = 0; i < inputs.Count; i++)
        {
            var type = i < routine.ArgumentTypes.Length && shared.FieldsOf(routine.ArgumentTypes[i]) is not null ? routine.ArgumentTypes[i] : 0;
            var value = new Value(SourceSet.OfParameter(i)) { Type = type };
            names.Parameters.Add(value);
            if (inputs[i].Length > 0)
                names.Arguments[inputs[i]] = value;
        }
        return names;
    }

    /// <summary>NEW and OLD as rows of a relation.</summary>
    public static BodyNames RowNames(CatalogRelation relation, Analysis a, bool hasVariables)
    {
        var names = new BodyNames { HasVariables = hasVariables, TransitionsOf = relation };
        var columns = a.Shared.Relations.Columns(relation, inherits: false, a);
        foreach (var name in new[] { "new", "old" })
            names.Rows[name] = new() { Name = name, Columns = columns, Relation = relation.Id };
        return names;
    }

    /// <summary>Read by another setting, the body may say something else.</summary>
    Value Sql(CatalogRoutine routine, Analysis inside, SearchPath path)
    {
        var text = Encoding.UTF8.GetBytes(routine.Body);
        var value = Sql(routine, text, inside, path);
        return EscapedStrings.Of(text) is { } escaped ? Value.Either(value, Sql(routine, escaped, inside, path)) : value;
    }

    Value Sql(CatalogRoutine routine, byte[] text, Analysis inside, SearchPath path)
    {
        // A body of BEGIN ATOMIC or RETURN was resolved when it was made, and is written out under the reader's path.
        var isWhole = routine.Body.StartsWith("CREATE ", StringComparison.Ordinal) && routine.Body.Contains("FUNCTION", StringComparison.Ordinal)
            | routine.Body.StartsWith("CREATE OR REPLACE PROCEDURE", StringComparison.Ordinal);
        using var parsed = ParsedText.Of(text);
        if (parsed.IsBroken)
            return Unknown(routine, inside);
        var body = inside.Inside(isWhole ? shared.ReadPath : path, Names(routine, hasVariables: false));
        body.Effects.RunsBodies = true;
        var statements = new Statements(body);
        var last = Outcome.None;
        var count = 0;
        foreach (var raw in parsed.Statements)
        {
            var node = raw.Child(Tree.RawStmt);
            var whole = isWhole && !node.IsAbsent && node.Type.Name == "CreateFunctionStmt" ? node.Child(Nodes.FunctionSqlBody) : default;
            if (whole.IsAbsent)
                (last, count) = (statements.Run(node), count + 1);
            else
                Whole(whole, statements, ref last, ref count);
        }
        if (count > 1 && body.Effects.ChangesMeaning)
            body.Effects.UnknownCode($"the function {routine.Name} changes the catalog while it runs");
        var arguments = Enumerable.Range(0, Math.Max(1, body.Body!.Parameters.Count)).Select(SourceSet.OfParameter).ToList();
        inside.Effects.Merge(body.Effects, arguments);
        return Result(routine, last, body);
    }

    static void Whole(TreeNode node, Statements statements, ref Outcome last, ref int count)
    {
        if (!node.Is(Tree.List))
        {
            (last, count) = (statements.Run(node), count + 1);
            return;
        }
        foreach (var item in node.Items(Tree.ListItems))
            Whole(item, statements, ref last, ref count);
    }

    /// <summary>A function in SQL gives what its last statement gives.</summary>
    Value Result(CatalogRoutine routine, Outcome last, Analysis body)
    {
        if (last.Shape is ResultShape.Unknown or ResultShape.OfName)
            return Value.Anything;
        var columns = last.Columns ?? [];
        if (columns.Count == 1)
        {
            var single = columns[0].Value;
            var isRow = Fields(routine, SourceSet.Empty) is { Count: > 1 } || SummaryValue.OutputNames(routine) is { Count: > 1 };
            if (!isRow)
                return new(single.Sources) { Row = single.Row, Type = single.Type };
            return Declared(routine, body.Fields(single) is { } row ? new(row) : new(single.Sources));
        }
        return Declared(routine, new(columns));
    }

    IReadOnlyList<Field>? Fields(CatalogRoutine routine, SourceSet sources) =>
        shared.FieldsOf(routine.ReturnType) is { } fields ? [.. fields.Select(f => new Field(f.Name, new Value(sources) { Type = shared.UserType(f) }))] : null;

    /// <summary>A result under the names that the function declares.</summary>
    Value Declared(CatalogRoutine routine, Value value)
    {
        var names = SummaryValue.OutputNames(routine) is { Count: > 1 } outputs ? outputs : Fields(routine, SourceSet.Empty)?.Select(f => f.Name).ToList();
        var types = SummaryValue.OutputTypes(routine);
        if (names is null)
            return value.Row is { Count: > 1 } ? new(value.Row.Select(f => f with { Value = new(f.Value.Sources) { Row = f.Value.Row, Type = f.Value.Type } }).ToArray()) : new(value.Sources);
        var row = value.Row is { } fields && fields.Count == names.Count ? fields : null;
        return new([.. names.Select((n, i) => new Field(n, new Value(row is null ? value.Sources : row[i].Value.Sources)
        {
            Row = row?[i].Value.Row,
            Type = i < types.Count && shared.FieldsOf(types[i]) is not null ? types[i] : row?[i].Value.Type ?? 0,
        }))])
        { Type = shared.FieldsOf(routine.ReturnType) is null ? 0 : routine.ReturnType };
    }

    /// <summary>Runs a text inside an analysis; what it gives back.</summary>
    public static SourceSet Text(byte[] text, Analysis a)
    {
        using var parsed = ParsedText.Of(text);
        if (parsed.IsBroken)
        {
            a.Effects.UnknownCode("SQL that does not parse");
            return SourceSet.Everything;
        }
        var sum = Run(parsed, a);
        if (EscapedStrings.Of(text) is not { } escaped)
            return sum;
        using var other = ParsedText.Of(escaped);
        return sum.Union(Run(other, a));
    }

    static SourceSet Run(ParsedText parsed, Analysis a)
    {
        var sum = SourceSet.Empty;
        foreach (var raw in parsed.Statements)
        {
            var outcome = new Statements(a).Run(raw.Child(Tree.RawStmt));
            sum = sum.Union(outcome.Shape is ResultShape.Unknown or ResultShape.OfName ? SourceSet.Everything : new Value(outcome.Columns ?? []).Sources);
        }
        return sum;
    }
}
