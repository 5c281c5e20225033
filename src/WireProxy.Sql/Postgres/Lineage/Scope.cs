namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>Something in FROM that names may refer to.</summary>
internal sealed record RangeEntry
{
    /// <summary>The alias, or the relation's name; null for a join or subquery without one.</summary>
    public string? Name { get; init; }
    /// <summary>Of a relation without an alias: its schema, for names of three parts.</summary>
    public string? Schema { get; init; }
    public required IReadOnlyList<Field> Columns { get; init; }
    /// <summary>Null where it is no relation.</summary>
    public uint? Relation { get; init; }
    /// <summary>Unqualified names find its columns; those of a join's arms are found through the join.</summary>
    public bool ShowsColumns { get; set; } = true;
    /// <summary>Qualified names find it; what an alias of a join covers is not found.</summary>
    public bool ShowsName { get; set; } = true;
    /// <summary>Not all of its columns are known: any name may be one of them, and holds at most this. Null where all are known.</summary>
    public Value? Others { get; init; }
    /// <summary>Its columns are not known: any name may be one of them, and may hold anything.</summary>
    public bool IsOpaque { get => Others?.Sources.IsEverything == true; init => Others = value ? Value.Anything : Others; }
    /// <summary>A scalar function in FROM: its name as a value is the value, not a row.</summary>
    public bool IsScalar { get; init; }
}

/// <summary>A WITH query in scope.</summary>
internal sealed class Cte(string name, Cte? outer)
{
    public string Name { get; } = name;
    public Cte? Outer { get; } = outer;
    public IReadOnlyList<Field>? Columns { get; set; }

    public static Cte? Find(Cte? from, string name)
    {
        for (var at = from; at is not null; at = at.Outer)
            if (at.Name == name)
                return at;
        return null;
    }
}

/// <summary>What names mean at one level of a query.</summary>
internal sealed class Scope(Scope? parent, Cte? ctes)
{
    public Scope? Parent { get; } = parent;
    public Cte? Ctes { get; set; } = ctes;
    public List<RangeEntry> Entries { get; } = [];
    /// <summary>WINDOW clauses and GROUP BY see names of the target list; these are they.</summary>
    public IReadOnlyList<Field>? Targets { get; set; }
}
