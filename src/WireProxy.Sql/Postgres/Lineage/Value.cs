namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>A column or field by its name.</summary>
internal sealed record Field(string Name, Value Value);

/// <summary>What is known of the value of an expression.</summary>
internal sealed class Value
{
    public static readonly Value Nothing = new(SourceSet.Empty);
    public static readonly Value Anything = new(SourceSet.Everything);

    SourceSet? _sources;

    public Value(SourceSet sources) => _sources = sources;

    /// <summary>A row of known fields.</summary>
    public Value(IReadOnlyList<Field> row) => Row = row;

    public SourceSet Sources => _sources ??= Sum(Row!);

    /// <summary>The column whose plain value it is, as RowDescription would state it.</summary>
    public SourceColumn? Origin { get; init; }

    /// <summary>The fields of a row, or of each row of an array or set of rows; null where it is no row or its fields are not known.</summary>
    public IReadOnlyList<Field>? Row { get; init; }

    /// <summary>The type (pg_type.oid) where it is known, of an array of a user's type the type of its elements; else 0.</summary>
    public uint Type { get; init; }

    /// <summary>The same value with other sources, as from an expression.</summary>
    public Value Derived(SourceSet sources) => new(sources) { Row = Row, Type = Type };

    public Value With(SourceSet more) => more.IsEmpty ? this
        : new(Sources.Union(more)) { Origin = Origin, Type = Type, Row = Row?.Select(f => f with { Value = f.Value.With(more) }).ToArray() };

    /// <summary>Either of two values in one place: set operations, CASE, COALESCE.</summary>
    public static Value Either(Value a, Value b)
    {
        if (ReferenceEquals(a, b))
            return a;
        var row = a.Row is null ? b.Row : b.Row is null ? a.Row : null;
        if (a.Row is not null && b.Row is not null && a.Row.Count == b.Row.Count)
            row = [.. a.Row.Zip(b.Row, (x, y) => new Field(x.Name, Either(x.Value, y.Value)))];
        else if (row is not null)
        {
            var other = a.Row is null ? a.Sources : b.Sources;
            row = other.IsEmpty ? row : [.. row.Select(f => f with { Value = f.Value.With(other) })];
        }
        return new(a.Sources.Union(b.Sources)) { Row = row, Type = a.Type == 0 ? b.Type : a.Type };
    }

    static SourceSet Sum(IReadOnlyList<Field> row)
    {
        var sum = SourceSet.Empty;
        foreach (var field in row)
            sum = sum.Union(field.Value.Sources);
        return sum;
    }
}
