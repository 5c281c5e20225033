namespace WireProxy.Sql.TransactSql.Lineage;

/// <summary>A column as a query sees it.</summary>
internal sealed record RowColumn(string? Name, SourceSet Sources, SourceColumn? Origin)
{
    /// <summary>The column of a table that <see cref="Origin"/> is, be it through views; means nothing where there is no origin.</summary>
    public SourceColumn? Base { get; init; }

    /// <summary>A star leaves it out.</summary>
    public bool IsHidden { get; init; }
}

/// <summary>Rows with columns: a table, a derived table, the result of a query.</summary>
/// <param name="IsOpen">There may be columns beside or instead of these; they hold <paramref name="Rest"/>.</param>
internal sealed record Rows(IReadOnlyList<RowColumn> Columns, bool IsOpen, SourceSet Rest)
{
    public static Rows Unknown { get; } = new([], true, SourceSet.Everything);

    /// <summary>Rows whose columns are not known, but what is in them is.</summary>
    public static Rows Open(SourceSet rest) => new([], true, rest);

    public SourceSet All => SourceSet.UnionOf(Columns.Select(c => c.Sources)).Union(Rest);

    /// <summary>The relation that a change of these rows changes; 0 where that is not one of the catalog's.</summary>
    public uint Relation { get; init; }

    /// <summary>With the names of a column list.</summary>
    public Rows Renamed(IReadOnlyList<string> names) => names.Count == 0 ? this
        : IsOpen ? new([.. names.Select(name => new RowColumn(name, All, null))], true, All) { Relation = Relation }
        : new([.. Columns.Select((c, i) => i < names.Count ? c with { Name = names[i] } : c)], false, Rest) { Relation = Relation };

    /// <summary>Column by column with the rows of another query: UNION and its like.</summary>
    public Rows Union(Rows other) => IsOpen || other.IsOpen || Columns.Count != other.Columns.Count
        ? Open(All.Union(other.All)) with { Columns = [.. Columns.Select(c => c with { Sources = All.Union(other.All), Origin = null })] }
        : this with
        {
            Relation = 0,
            Columns = [.. Columns.Zip(other.Columns, (a, b) => a with { Sources = a.Sources.Union(b.Sources), Origin = a.Origin == b.Origin ? a.Origin : null })],
        };

    public bool SameSources(Rows other) => IsOpen == other.IsOpen && Rest.Equals(other.Rest) && Columns.Count == other.Columns.Count
        && Columns.Zip(other.Columns).All(pair => pair.First.Sources.Equals(pair.Second.Sources));
}

/// <summary>Rows under the name that they have in a FROM clause.</summary>
internal sealed record NamedRows(string? Schema, string? Name, Rows Rows);

/// <summary>The rows that the names of a query may mean: its own FROM, then those around it.</summary>
internal sealed class Scope(Scope? outer)
{
    /// <summary>What the server allows in a select list; a name given to a star upon a star doubles without end.</summary>
    const int MaxColumns = 4_096;

    readonly List<NamedRows> _sources = [];

    public IReadOnlyList<NamedRows> Sources => _sources;

    public void Add(string? schema, string? name, Rows rows) => _sources.Add(new(schema, name, rows));

    /// <summary>What a column's name means; null where no rows have such a column.</summary>
    public RowColumn? Find(string? schema, string? table, string column)
    {
        RowColumn? perhaps = null;
        for (var scope = this; scope is not null; scope = scope.Outer)
        {
            var (found, open) = scope.FindHere(schema, table, column);
            if (found is not null)
                return perhaps is null ? found : new(column, perhaps.Sources.Union(found.Sources), null);
            // Rows whose columns are not known may have it, or else it is a column of a query around.
            if (open is not null)
                perhaps = new(column, open.Union(perhaps?.Sources ?? SourceSet.Empty), null);
        }
        return perhaps;
    }

    Scope? Outer => outer;

    (RowColumn? Found, SourceSet? Open) FindHere(string? schema, string? table, string column)
    {
        RowColumn? found = null;
        SourceSet? open = null;
        foreach (var source in _sources)
        {
            if (!Matches(source, schema, table))
                continue;
            foreach (var candidate in source.Rows.Columns)
                // Two columns whose names differ in case alone are two only under a case-sensitive collation: either may be meant.
                if (NameText.Same(candidate.Name, column))
                    found = found is null ? candidate : new(found.Name, found.Sources.Union(candidate.Sources), null);
            if (source.Rows.IsOpen)
                open = source.Rows.Rest.Union(open ?? SourceSet.Empty);
        }
        // A name that a known table has cannot be a column of an open one too: the server would call it ambiguous.
        return (found, open);
    }

    static bool Matches(NamedRows source, string? schema, string? table) =>
        table is null || (NameText.Same(source.Name, table) && (schema is null || source.Schema is null || NameText.Same(source.Schema, schema)));

    /// <summary>The rows of one name, or of all for null, as a star takes them.</summary>
    public Rows? Star(string? schema, string? table, bool withHidden = false)
    {
        List<RowColumn>? columns = null;
        var (isOpen, rest) = (false, SourceSet.Empty);
        foreach (var source in _sources)
        {
            if (!Matches(source, schema, table))
                continue;
            (columns ??= []).AddRange(source.Rows.Columns.Where(c => withHidden || !c.IsHidden));
            if (columns.Count > MaxColumns)
                (columns, isOpen, rest) = ([], true, rest.Union(SourceSet.UnionOf(columns.Select(c => c.Sources))));
            isOpen |= source.Rows.IsOpen;
            rest = rest.Union(source.Rows.Rest);
        }
        return columns is null ? null : new(columns, isOpen, rest);
    }
}
