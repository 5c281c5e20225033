using System.Collections.Immutable;
using WireProxy.Sql.Catalog;

namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>What calls of functions, operators and casts give and do.</summary>
internal sealed class Calls(Analysis a)
{
    public Value Of(TreeNode call, Scope scope)
    {
        var arguments = Read(call, scope);
        string? schema = null, name = null;
        foreach (var part in call.Items(Tree.FuncName))
            (schema, name) = (name, part.Text(Tree.StringValue));
        return Named(schema, name ?? "", arguments);
    }

    public Arguments Read(TreeNode call, Scope scope)
    {
        var arguments = new Arguments { IsVariadicArray = call.Flag(Nodes.CallVariadic) };
        foreach (var node in call.Items(Tree.FuncArgs))
            arguments.Add(a.Expressions.Of(node, scope), node.Is(Nodes.NamedArg) ? node.Text(Nodes.NamedArgName) : null, Literal(node));
        if (call.Flag(Nodes.CallWithinGroup)) // An ordered-set aggregate gives back what it orders.
            foreach (var sort in call.Items(Nodes.CallOrder))
                arguments.Add(a.Expressions.Of(sort.Child(Nodes.SortNode), scope));
        else
            a.Expressions.Conditions(call.Items(Nodes.CallOrder), scope, null);
        a.Expressions.Condition(call.Child(Nodes.CallFilter), scope);
        a.Expressions.Window(call.Child(Nodes.CallOver), scope);
        return arguments;
    }

    /// <summary>A cast to another type than text may cut it short.</summary>
    byte[]? Literal(TreeNode node)
    {
        if (node.Is(Nodes.NamedArg))
            node = node.Child(Nodes.NamedArgArg);
        while (node.Is(Tree.TypeCast) && a.Type(node.Child(Nodes.TypeCastType)) == DynamicText.TextType)
            node = node.Child(Tree.TypeCastArg);
        // A number or NULL runs nothing.
        return !node.Is(Tree.Const) ? null : node.Has(Tree.ConstString) ? node.Child(Tree.ConstString).Utf8(Tree.StringValue).ToArray() : [];
    }

    /// <summary>The functions that a call may be of. Types are not resolved, so that all that fit count.</summary>
    public List<CatalogRoutine> Candidates(string? schema, string name, int count)
    {
        var found = new List<CatalogRoutine>();
        foreach (var routine in a.Shared.RoutinesNamed(name))
            if ((schema is null ? a.Path.FindsFunctionsIn(routine.Schema) : routine.Schema == schema || schema == "pg_temp") && Fits(routine, count))
                found.Add(routine);
        return found;
    }

    // A procedure is called without its OUT arguments before PostgreSQL 14 and with them since; an aggregate with its direct ones.
    static bool Fits(CatalogRoutine r, int count) =>
        r.Kind == 'p' || (r.Kind == 'a' && !r.IsBuiltIn ? count >= 0
        : count >= r.ArgumentCount - r.DefaultCount - (r.IsVariadic ? 1 : 0) && (r.IsVariadic || count <= r.ArgumentCount));

    public Value Named(string? schema, string name, Arguments arguments)
    {
        a.Step();
        var candidates = Candidates(schema, name, arguments.Count);
        Value? result = null;
        var hasBuiltIn = false;
        foreach (var routine in candidates)
        {
            if (routine.IsBuiltIn && hasBuiltIn && routine.Volatility != 'v')
                continue; // One overload is like the other.
            hasBuiltIn |= routine.IsBuiltIn;
            var value = Run(routine, arguments);
            result = result is null ? value : Value.Either(result, value);
        }
        // A domain's name with brackets may be a cast to it, which checks.
        if (result is not null && arguments.Count == 1 && a.Type(schema, name) is >= CatalogRoutine.FirstUserId and var type)
            result = Value.Either(result, Cast(arguments.Values[0], type));
        return result ?? Unresolved(schema, name, arguments);
    }

    /// <summary>A type's name called like a function is a cast (parse_func.c, func_get_detail); and a row's column may be called so.</summary>
    Value Unresolved(string? schema, string name, Arguments arguments)
    {
        if (arguments.Count == 1)
        {
            var type = a.Type(schema, name);
            if (type != 0)
                return Cast(arguments.Values[0], type);
            if (schema is null && a.Fields(arguments.Values[0]) is { } fields)
                foreach (var field in fields)
                    if (field.Name == name)
                        return field.Value;
        }
        var reason = "the function " + name + ", which the catalog does not know";
        a.Effects.IsMissing(MissingKind.Function, name, reason);
        a.Effects.UnknownCode(reason);
        return Value.Anything;
    }

    /// <summary>A function behind a row and a dot. None of that name: the server says so.</summary>
    public Value OfRow(string name, Value row)
    {
        if (Candidates(null, name, 1).Count > 0)
            return Named(null, name, Arguments.Of(row));
        a.Effects.IsMissing(MissingKind.Column, name, $"the column {name}, which the catalog does not know");
        return Value.Anything;
    }

    public Value Run(CatalogRoutine routine, Arguments arguments)
    {
        a.Effects.Call(new(routine.Id, routine.Schema, routine.Name));
        var isOwn = routine.IsBuiltIn ? routine.Language is 'i' || routine.Kind != 'f' : routine.Language is 'c' or 'i' && routine.Extension is not null;
        // The constructors of range types are made with them (src/backend/commands/typecmds.c, makeRangeConstructors).
        isOwn |= routine.Language == 'i' && (routine.Body.StartsWith("range_constructor", StringComparison.Ordinal)
            || routine.Body.StartsWith("multirange_constructor", StringComparison.Ordinal));
        if (isOwn && (routine.IsBuiltIn || routine.Kind != 'a'))
            return Native(routine, routine, arguments);
        return a.Shared.BehindInternal(routine) is { } behind ? Native(routine, behind, arguments) : OfUser(routine, arguments);
    }

    /// <param name="routine">What is called, and declares what comes back.</param>
    /// <param name="code">What it runs: itself, or one of PostgreSQL's own.</param>
    Value Native(CatalogRoutine routine, CatalogRoutine code, Arguments arguments)
    {
        var all = arguments.All;
        var reach = code.IsBuiltIn ? KnownFunctions.OfBuiltIn(code.Name, code.Body)
            : code.Extension is null ? NativeReach.Arguments
            : KnownFunctions.OfExtension(code.Extension, code.Name, code.Body, code.Volatility == 'i');
        // One of an extension may compute what indexes hold (amcheck).
        a.Effects.RunsUnseen |= code is { IsBuiltIn: false, Volatility: not 'i' };
        if (code.IsBuiltIn && KnownFunctions.Summarizes(code.Name))
            new Definitions(a).Maintain();
        if (KnownFunctions.TextArguments(code.Name) is not 0 and var mask)
            all = all.Union(RunTexts(code, arguments, mask));
        else if (reach == NativeReach.Runs)
        {
            a.Effects.UnknownCode($"the function {routine.Name} runs what is not known here");
            all = SourceSet.Everything;
        }
        else if (reach == NativeReach.Reads)
        {
            a.Effects.Unknown($"the function {routine.Name} reads by itself");
            all = SourceSet.Everything;
        }
        // How many values there are a condition on them tells, too: count(*) FILTER (WHERE x IS NOT NULL).
        if (code is { IsBuiltIn: true, Kind: 'a', Name: "count" } && routine.IsBuiltIn)
            return a.Expressions.Told(new(all));
        // What a volatile function is given it may keep, or send: a setting, a large object, a notification, a sequence, a lock.
        if (code.Volatility == 'v' && code.Kind == 'f' && !arguments.All.IsEmpty)
            a.Effects.Write(WriteKind.State, default, routine.Name, arguments.All);
        if (code.Name == "set_config" && SetsMeaning(arguments))
            a.Effects.ChangesMeaning = a.Effects.MovesPath = true;
        if (code.Name == "set_config" && arguments.Literals.Count > 0 && arguments.Literals[0] is { } setting && ServerCode.IsChosenBy(Analysis.Utf8(setting)))
            a.Effects.RunsInServer("a setting that says which code the server runs");
        if (code.Language is 'i' or 'c' && KnownFunctions.WritesFiles(code))
            a.Effects.RunsInServer("a file of the server is written");
        return Shaped(routine, arguments, all);
    }

    /// <summary>Any other setting means nothing to names.</summary>
    static bool SetsMeaning(Arguments arguments) => arguments.Literals.Count == 0 || arguments.Literals[0] is not { } name
        || Analysis.Utf8(name).ToLowerInvariant() is "search_path" or "role" or "session_authorization" or "";

    /// <summary>Literals that are run are analysed; anything else may be any SQL.</summary>
    SourceSet RunTexts(CatalogRoutine routine, Arguments arguments, int mask)
    {
        var sources = SourceSet.Empty;
        for (var i = 0; i < arguments.Count; i++)
        {
            if ((mask & (1 << i)) == 0)
                continue;
            if (arguments.Literals[i] is { } literal)
                sources = sources.Union(Bodies.Text(literal, a));
            else
            {
                a.Effects.UnknownCode($"the function {routine.Name} runs SQL that is not written out");
                a.Effects.Write(WriteKind.Statement, default, routine.Name, arguments.Values[i].Sources);
                sources = SourceSet.Everything;
            }
        }
        return sources;
    }

    Value OfUser(CatalogRoutine routine, Arguments arguments)
    {
        var summary = a.Shared.Bodies.Of(routine, a);
        var bound = Bind(routine, arguments);
        var movesPath = a.Effects.MovesPath;
        if (summary.Effects.Dynamics.Count > 0)
        {
            while (bound.Count <= DynamicText.Parameter)
                bound.Add(SourceSet.Empty);
            bound[DynamicText.Parameter] = Bodies.Dynamics(routine, summary.Effects, Placed(routine, arguments), a);
        }
        a.Effects.Merge(summary.Effects, bound);
        a.Effects.MovedInside(movesPath);
        a.Effects.ChangesInside |= summary.Effects.ChangesCatalog;
        var result = SummaryValue.Substitute(summary.Result, bound);
        if (routine.Kind == 'f' && !result.Sources.IsEmpty)
            a.Effects.Fold(result.Sources);
        if (!PolymorphicTypes.Contains(routine.ReturnType))
            return result;
        // Which of a row's fields goes where is the function's own affair: each has all.
        var like = arguments.Values.Find(v => a.Fields(v) is not null);
        return like is null ? result : new(result.Sources) { Row = [.. a.Fields(like)!.Select(f => new Field(f.Name, new Value(result.Sources)))], Type = like.Type };
    }

    /// <summary>Literals by parameter.</summary>
    static byte[]?[] Placed(CatalogRoutine routine, Arguments arguments)
    {
        var literals = new byte[]?[routine.ArgumentCount];
        for (var i = 0; i < arguments.Count; i++)
        {
            var at = arguments.Names[i] is { } name ? SummaryValue.InputNames(routine).IndexOf(name) : i;
            if (at >= 0 && at < literals.Length)
                literals[at] = arguments.Literals[i];
        }
        return literals;
    }

    /// <summary>Sources by parameter.</summary>
    List<SourceSet> Bind(CatalogRoutine routine, Arguments arguments)
    {
        var bound = new List<SourceSet>();
        var inputs = Math.Max(routine.ArgumentCount, routine.Kind == 'p' ? arguments.Count : 0);
        for (var i = 0; i < inputs; i++)
            bound.Add(SourceSet.Empty);
        var given = new bool[Math.Max(inputs, 1)];
        for (var i = 0; i < arguments.Count; i++)
        {
            var at = arguments.Names[i] is { } name ? SummaryValue.InputNames(routine).IndexOf(name) : i;
            if (bound.Count == 0)
                break;
            at = at < 0 || at >= bound.Count ? bound.Count - 1 : at;
            bound[at] = bound[at].Union(arguments.Values[i].Sources);
            given[at] = true;
        }
        if (routine.DefaultCount > 0)
        {
            var defaults = a.Shared.Bodies.Defaults(routine, a);
            for (var i = 0; i < bound.Count; i++)
                if (!given[i])
                    bound[i] = bound[i].Union(defaults);
        }
        return bound;
    }

    /// <summary>A result with the fields that the function's declaration gives it.</summary>
    Value Shaped(CatalogRoutine routine, Arguments arguments, SourceSet sources)
    {
        if (SummaryValue.OutputNames(routine) is { Count: > 1 } names)
            return new([.. names.Select(n => new Field(n, new Value(sources)))]);
        if (!PolymorphicTypes.Contains(routine.ReturnType))
            return new(sources) { Type = routine.ReturnType < CatalogRoutine.FirstUserId || a.Shared.FieldsOf(routine.ReturnType) is not null ? routine.ReturnType : 0 };
        var like = arguments.Values.Find(v => v.Row is not null || v.Type >= CatalogRoutine.FirstUserId);
        return like is null ? new(sources) { Type = routine.ReturnType == AnyArray ? AnyArray : 0 } : like.Derived(like.Sources).With(sources.IsEverything ? sources : Others(arguments, like));
    }

    static SourceSet Others(Arguments arguments, Value except)
    {
        var others = SourceSet.Empty;
        foreach (var value in arguments.Values)
            if (!ReferenceEquals(value, except))
                others = others.Union(value.Sources);
        return others;
    }

    /// <summary>A built-in operator's value is made of its operands; a user's of the same name, where it can be found, may run.</summary>
    public Value Operator(string? schema, string name, Value left, Value right)
    {
        var sources = left.Sources.Union(right.Sources);
        foreach (var candidate in a.Shared.OperatorsNamed(name))
        {
            if (schema is null ? !a.Path.FindsFunctionsIn(candidate.Schema) : candidate.Schema != schema)
                continue;
            var arguments = candidate.Left == 0 ? Arguments.Of(right) : Arguments.Of(left, right);
            sources = sources.Union(a.Shared.Routine(candidate.Function) is { } routine ? Run(routine, arguments).Sources : SourceSet.Everything);
        }
        return sources.IsEmpty ? Value.Nothing : new(sources);
    }

    public Value Cast(Value value, TreeNode typeName)
    {
        var type = a.Type(typeName);
        if (type >= CatalogRoutine.FirstUserId || a.Shared.HasCasts)
            return Cast(value, type) is var cast && typeName.Has(Nodes.TypeArrayBounds) && type < CatalogRoutine.FirstUserId
                ? new(cast.Sources) { Type = AnyArray } : cast;
        return new(value.Sources) { Type = typeName.Has(Nodes.TypeArrayBounds) ? AnyArray : type };
    }

    public Value Cast(Value value, uint type)
    {
        var sources = value.Sources;
        foreach (var cast in a.Shared.CastsTo(type))
            sources = sources.Union(a.Shared.Routine(cast.Function) is { } routine
                ? Run(routine, Arguments.Of(value)).Sources : SourceSet.Everything);
        a.Shared.CheckDomain(type, value.Sources, a);
        var fields = a.Shared.FieldsOf(type);
        if (fields is { } named && value.Row is { } row && sources.Equals(value.Sources) && Converted(value.Type, row, named) is { } converted)
            return new(converted) { Type = type };
        return new(sources) { Type = fields is null && type >= CatalogRoutine.FirstUserId ? 0 : type };
    }

    /// <summary>ROW(...) takes a type's names in their order. A row of a table that becomes one of its parent's keeps its own
    /// (src/backend/access/common/tupconvert.c, convert_tuples_by_name).</summary>
    static Field[]? Converted(uint from, IReadOnlyList<Field> row, ImmutableArray<CatalogColumn> to)
    {
        if (from < CatalogRoutine.FirstUserId)
            return row.Count == to.Length ? [.. row.Select((f, i) => new Field(to[i].Name, f.Value))] : null;
        var converted = new Field[to.Length];
        for (var i = 0; i < to.Length; i++)
        {
            if (row.FirstOrDefault(f => f.Name == to[i].Name) is not { } field)
                return null;
            converted[i] = field;
        }
        return converted;
    }

    /// <summary>pg_type's anyarray: an array of built-in elements.</summary>
    public const uint AnyArray = 2277;

    static readonly HashSet<uint> PolymorphicTypes = [2283, 2277, 2776, 3500, 3831, 4537, 5077, 5078, 5079, 5080, 4538];
}
