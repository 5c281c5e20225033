namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>What a ColumnRef means (parse_expr.c, transformColumnRef; parse_relation.c).</summary>
internal sealed class Names(Analysis a)
{
    // Names that an indirection may have at most: database.schema.relation.column.
    const int MaxParts = 4;

    public Value Column(TreeNode node, Scope scope)
    {
        a.Step();
        var parts = new string[MaxParts];
        var count = 0;
        foreach (var part in node.Items(Tree.ColumnFields))
        {
            if (count == MaxParts || !part.Is(Tree.String))
                return Unknown("a name of an unknown form");
            parts[count++] = NameReader.Text(part);
        }
        var value = count switch
        {
            1 => One(parts[0], scope),
            2 => Two(parts[0], parts[1], scope),
            3 => Three(parts[0], parts[1], parts[2], scope),
            4 when parts[0] == a.Catalog.Database => OfRelation(parts[1], parts[2], parts[3], scope),
            _ => null,
        };
        if (value is null)
        {
            var name = string.Join('.', parts[..count]);
            a.Effects.IsMissing(MissingKind.Column, name, $"the column {name}, which the catalog does not know");
            return Value.Anything;
        }
        a.Effects.Use(value.Sources, ColumnUses.Named);
        return value;
    }

    Value Unknown(string reason)
    {
        a.Effects.Unknown(reason);
        return Value.Anything;
    }

    Value? One(string name, Scope scope)
    {
        Value? others = null;
        for (var at = scope; at is not null; at = at.Parent)
            if (Unqualified(name, at, ref others) is { } found)
                return WithVariable(name, others is null ? found : Value.Either(found, others));
        if (others is not null)
            return WithVariable(name, others);
        for (var at = scope; at is not null; at = at.Parent)
            if (Entry(null, name, at) is { } entry)
                return WholeRow(entry);
        return OfBody(name);
    }

    /// <summary>PL/pgSQL may be told to take a variable for a name that is also a column's (#variable_conflict).</summary>
    Value WithVariable(string name, Value found) => a.Body is { HasVariables: true } body && (body.Variables.Contains(name) || body.Arguments.ContainsKey(name))
        ? found.With(SourceSet.Variable) : found;

    /// <param name="others">What columns may hold that are not known, of this level and those inside it. Where a known one has the name, no
    /// other of its level can: the server would call it ambiguous.</param>
    static Value? Unqualified(string name, Scope scope, ref Value? others)
    {
        Value? found = null, unknown = null;
        foreach (var entry in scope.Entries)
        {
            if (!entry.ShowsColumns)
                continue;
            if (entry.Others is not null)
                unknown = unknown is null ? entry.Others : Value.Either(unknown, entry.Others);
            if (In(entry, name) is { } value)
                found = found is null ? value : Value.Either(found, value); // Ambiguous: the server says so.
        }
        if (found is null && unknown is not null)
            others = others is null ? unknown : Value.Either(others, unknown);
        return found;
    }

    static Value? In(RangeEntry entry, string name)
    {
        foreach (var column in entry.Columns)
            if (column.Name == name)
                return column.Value;
        return entry.Relation is { } relation && IsSystemColumn(name) ? new Value(SourceSet.Empty) { Origin = SystemColumn(relation, name) } : null;
    }

    /// <summary>The system columns of PostgreSQL 12 to 18 (SystemAttributes, src/backend/catalog/heap.c).</summary>
    static bool IsSystemColumn(string name) => name is "tableoid" or "ctid" or "xmin" or "cmin" or "xmax" or "cmax";

    static SourceColumn SystemColumn(uint relation, string name) => new(relation, name switch
    {
        "ctid" => -1,
        "xmin" => -2,
        "cmin" => -3,
        "xmax" => -4,
        "cmax" => -5,
        _ => -6,
    });

    static RangeEntry? Entry(string? schema, string name, Scope scope)
    {
        foreach (var entry in scope.Entries)
            if (entry.ShowsName && entry.Name == name && (schema is null || entry.Schema == schema))
                return entry;
        return null;
    }

    public Value WholeRow(RangeEntry entry)
    {
        if (entry.Others is { } others)
            return new(others.Sources.Union(new Value(entry.Columns).Sources));
        if (entry.IsScalar && entry.Columns.Count > 0)
            return entry.Columns[0].Value; // A function's alias is its value.
        return new(entry.Columns)
        {
            Type = entry.Relation is { } id ? a.Shared.RowTypeOf(id) : 0,
            Origin = entry.Relation is { } relation ? new(relation, 0) : null,
        };
    }

    Value? Two(string first, string name, Scope scope)
    {
        for (var at = scope; at is not null; at = at.Parent)
            if (Entry(null, first, at) is { } entry)
                return OfEntry(entry, name);
        if (a.Body is { } body)
        {
            if (body.Rows.TryGetValue(first, out var row))
                return OfEntry(row, name).With(body.HasVariables ? SourceSet.Variable : SourceSet.Empty);
            if (body.Name == first)
                return OfBody(name);
            if (OfBody(first) is { } variable)
                return Field(variable, name);
        }
        return null;
    }

    Value? Three(string first, string second, string third, Scope scope)
    {
        if (OfRelation(first, second, third, scope) is { } found)
            return found;
        if (a.Body is not { } body)
            return null;
        if (body.Name == first && OfBody(second) is { } argument)
            return Field(argument, third);
        return body.HasVariables ? new Value(SourceSet.Variable) : null; // Behind a block's label.
    }

    Value? OfRelation(string schema, string relation, string name, Scope scope)
    {
        for (var at = scope; at is not null; at = at.Parent)
            if (Entry(schema, relation, at) is { } entry)
                return OfEntry(entry, name);
        return null;
    }

    /// <summary>A column of it, or else a function that takes its row (PostgreSQL 38.5.3).</summary>
    Value OfEntry(RangeEntry entry, string name) =>
        In(entry, name) ?? (entry.Others is { } others ? others : Field(WholeRow(entry), name));

    /// <summary>A field of a row, or a function that takes the row.</summary>
    public Value Field(Value row, string name)
    {
        a.Step();
        if (a.Fields(row) is { } fields)
        {
            foreach (var field in fields)
                if (field.Name == name)
                    return field.Value;
            return a.Calls.OfRow(name, row);
        }
        // The row's fields are not known: a field has what the row has, and a function that takes it may add its own.
        return a.Shared.HasUserFunction(name) ? a.Calls.OfRow(name, row) : new(row.Sources);
    }

    Value? OfBody(string name)
    {
        if (a.Body is not { } body)
            return null;
        if (body.Rows.TryGetValue(name, out var row))
            return WholeRow(row).With(body.HasVariables ? SourceSet.Variable : SourceSet.Empty);
        if (body.Arguments.TryGetValue(name, out var argument))
            return body.HasVariables ? argument.With(SourceSet.Variable) : argument;
        return body.HasVariables ? new Value(SourceSet.Variable) : null;
    }

    /// <summary>The columns that a star stands for; null where they are not known.</summary>
    public IReadOnlyList<Field>? Star(TreeNode node, Scope scope)
    {
        string? schema = null, name = null;
        foreach (var part in node.Items(Tree.ColumnFields))
            if (part.Is(Tree.String))
                (schema, name) = (name, NameReader.Text(part));
        var columns = new List<Field>();
        if (name is null)
        {
            foreach (var entry in scope.Entries)
                if (entry.ShowsColumns && !Take(entry))
                    return null;
        }
        else
        {
            RangeEntry? entry = null;
            for (var at = scope; at is not null && entry is null; at = at.Parent)
                entry = Entry(schema, name, at);
            if (entry is null && schema is null && a.Body?.Rows.TryGetValue(name, out var row) == true)
                entry = row;
            if (entry is null || !Take(entry))
                return null;
        }
        return columns;

        bool Take(RangeEntry entry)
        {
            a.Step(entry.Columns.Count + 1);
            foreach (var column in entry.Columns)
            {
                a.Effects.Use(column.Value.Sources, ColumnUses.Named);
                columns.Add(column);
            }
            return entry.Others is null;
        }
    }
}
