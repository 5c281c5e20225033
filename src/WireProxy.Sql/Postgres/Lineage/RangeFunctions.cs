using WireProxy.Sql.Catalog;

namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>Functions and XMLTABLE in FROM.</summary>
internal sealed class RangeFunctions(Analysis a)
{
    const uint Record = 2249;
    /// <summary>pg_type's tsvector: unnest takes it too, and then has three columns.</summary>
    public const uint TextSearchVector = 3614;

    public RangeEntry Function(TreeNode node, Scope scope)
    {
        var alias = node.Child(Nodes.FunctionAlias);
        var columns = new List<Field>();
        var (isScalar, name) = (false, (string?)null);
        Value? others = null;
        var isSingle = Count(node.Items(Nodes.FunctionFunctions)) == 1;
        foreach (var item in node.Items(Nodes.FunctionFunctions)) // Each a list of the call and its column definitions.
        {
            var call = default(TreeNode);
            var definitions = default(TreeNode);
            foreach (var part in item.Items(Tree.ListItems))
            {
                if (call.IsAbsent)
                    call = part;
                else
                    definitions = part;
            }
            name ??= NameOf(call);
            isScalar = One(call, definitions.Items(Tree.ListItems), isSingle ? node.Items(Nodes.FunctionColumns) : default, scope, isSingle ? alias : default,
                columns, ref others) && isSingle;
        }
        if (node.Flag(Nodes.FunctionOrdinality))
            columns.Add(new("ordinality", Value.Nothing));
        return new()
        {
            Name = Ranges.AliasName(alias) ?? name,
            Columns = Ranges.Renamed(columns, alias),
            Others = others,
            IsScalar = isScalar && columns.Count == 1,
        };
    }

    /// <returns>Whether it is a scalar function, with one column.</returns>
    bool One(TreeNode call, TreeItems definitions, TreeItems outerDefinitions, Scope scope, TreeNode alias, List<Field> columns, ref Value? others)
    {
        if (!call.Is(Tree.FuncCall))
        {
            // A keyword that is a function: CURRENT_DATE, COALESCE, a cast.
            columns.Add(new(Ranges.AliasName(alias) ?? OutputNames.Of(call), new(a.Expressions.Of(call, scope).Sources)));
            return true;
        }
        var arguments = a.Calls.Read(call, scope);
        string? schema = null, name = null;
        foreach (var part in call.Items(Tree.FuncName))
            (schema, name) = (name, part.Text(Tree.StringValue));
        // Of several arguments it stands for as many calls (src/backend/parser/parse_clause.c, transformRangeFunction).
        if (schema is null && name == "unnest" && arguments.Count > 1)
        {
            foreach (var argument in arguments.Values)
                columns.AddRange(Unnested(argument));
            a.Effects.Use(arguments.All, ColumnUses.Predicate);
            return false;
        }
        var value = a.Calls.Named(schema, name ?? "", arguments);
        a.Effects.Use(value.Sources, ColumnUses.Named);
        if (a.Calls.Candidates(schema, name ?? "", arguments.Count).Exists(c => c.ReturnsSet))
            a.Effects.Use(arguments.All, ColumnUses.Predicate); // How many rows there are depends on them.
        var declared = Declared(definitions, value.Sources);
        if (declared.Count == 0)
            declared = Declared(outerDefinitions, value.Sources);
        if (declared.Count > 0)
        {
            columns.AddRange(Placed(declared, value));
            return false;
        }
        var candidates = a.Calls.Candidates(schema, name ?? "", arguments.Count);
        if (name == "unnest" && arguments.Count == 1 && arguments.Values[0] is var array && (array.Type != 0 || array.Row is not null))
            candidates.RemoveAll(c => c.IsBuiltIn && (SummaryValue.OutputNames(c) is not null) != (array.Type == TextSearchVector));
        if (Shape(candidates, value) is { } fields)
        {
            columns.AddRange(fields);
            return false;
        }
        var outputs = candidates.Select(c => SummaryValue.OutputNames(c) is [var one] ? one : null).Distinct().ToList();
        // Overloads with other columns: which is meant is for types to say; each has what the call has.
        if (candidates.Count == 0)
            others = Value.Anything;
        else if (outputs.Count > 1 || candidates.Exists(c => c.ReturnType == Record || SummaryValue.OutputNames(c) is { Count: > 1 }))
            others = others is null ? new(value.Sources) : Value.Either(others, new(value.Sources));
        columns.Add(new(outputs is [{ } only] ? only : Ranges.AliasName(alias) ?? name ?? "", Scalar(value)));
        return true;
    }

    IReadOnlyList<Field> Unnested(Value argument)
    {
        var value = a.Calls.Named(null, "unnest", Arguments.Of(argument));
        a.Effects.Use(value.Sources, ColumnUses.Named);
        return a.Fields(argument) ?? [new("unnest", new Value(value.Sources))];
    }

    static Value Scalar(Value value) => value.Origin is null ? value : value.Derived(value.Sources);

    /// <summary>The columns of functions that return rows; null where they are scalar, or differ.</summary>
    IReadOnlyList<Field>? Shape(List<CatalogRoutine> candidates, Value value)
    {
        if (candidates.Count == 0)
            return null;
        if (candidates.TrueForAll(c => SummaryValue.OutputNames(c) is { Count: > 1 }))
        {
            var first = SummaryValue.OutputNames(candidates[0])!;
            if (candidates.Exists(c => !SummaryValue.OutputNames(c)!.SequenceEqual(first)))
                return null;
            return value.Row is { } row && row.Count == first.Count ? [.. row.Select((f, i) => f with { Name = first[i] })]
                : [.. first.Select(n => new Field(n, new Value(value.Sources)))];
        }
        if (candidates.TrueForAll(c => a.Shared.FieldsOf(c.ReturnType) is not null && c.ReturnType == candidates[0].ReturnType))
        {
            var fields = a.Fields(candidates[0].ReturnType, value.Sources)!;
            return value.Row is { } row && row.Count == fields.Count ? [.. fields.Zip(row, (f, r) => f with { Value = r.Value })] : fields;
        }
        // unnest of rows gives their fields; so does a row made from JSON. What a user's own function does with rows is not known.
        if (candidates.TrueForAll(c => c.ReturnType is 2283 or 5077))
            return candidates.TrueForAll(c => c.IsBuiltIn) ? a.Fields(value)
                : a.Fields(value)?.Select(f => new Field(f.Name, new Value(value.Sources))).ToArray();
        return null;
    }

    static List<Field> Declared(TreeItems definitions, SourceSet sources)
    {
        var columns = new List<Field>();
        foreach (var definition in definitions)
            if (definition.Is(Nodes.ColumnDef))
                columns.Add(new(definition.Text(Tree.ColumnDefName) ?? "", new Value(sources)));
        return columns;
    }

    /// <summary>A record's fields, where they are known, go by their places.</summary>
    static IEnumerable<Field> Placed(List<Field> declared, Value value) =>
        value.Row is { } row && row.Count == declared.Count ? declared.Zip(row, (d, r) => d with { Value = r.Value }) : declared;

    static string? NameOf(TreeNode call) => call.Is(Tree.FuncCall) ? NameReader.Last(call.Items(Tree.FuncName)) : OutputNames.Of(call);

    static int Count(TreeItems items)
    {
        var count = 0;
        foreach (var _ in items)
            count++;
        return count;
    }

    /// <summary>XMLTABLE: each column may hold anything of the document.</summary>
    public RangeEntry Table(TreeNode node, Scope scope)
    {
        var sources = a.Expressions.Of(node.Child(Nodes.TableDocument), scope).Sources
            .Union(a.Expressions.Of(node.Child(Nodes.TableRow), scope).Sources)
            .Union(a.Expressions.Sum(node.Items(Nodes.TableNamespaces), scope).Sources);
        a.Effects.Use(sources, ColumnUses.Predicate);
        var columns = new List<Field>();
        foreach (var column in node.Items(Nodes.TableColumns))
        {
            var own = a.Expressions.Of(column.Child(Nodes.TableColumnExpr), scope).Sources
                .Union(a.Expressions.Of(column.Child(Nodes.TableColumnDefault), scope).Sources);
            columns.Add(new(column.Text(Nodes.TableColumnName) ?? "",
                column.Flag(Nodes.TableColumnOrdinality) ? Value.Nothing : new Value(sources.Union(own))));
        }
        var alias = node.Child(Nodes.TableAlias);
        return new() { Name = Ranges.AliasName(alias) ?? "xmltable", Columns = Ranges.Renamed(columns, alias) };
    }
}
