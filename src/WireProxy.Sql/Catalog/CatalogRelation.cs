using System.Collections.Immutable;

namespace WireProxy.Sql.Catalog;

/// <summary>A column of a relation (pg_attribute); dropped and system columns are left out.</summary>
/// <param name="Number">attnum, from 1, as RowDescription states it.</param>
/// <param name="TypeId">atttypid: the OID of its type; of a domain, the type that the domain is made of, as RowDescription states it.</param>
/// <param name="IsGenerated">GENERATED ALWAYS AS (...) STORED or VIRTUAL: its values come from other columns of the row.</param>
public sealed record CatalogColumn(short Number, string Name, uint TypeId, bool IsGenerated)
{
    /// <summary>The domain that its type is, or 0.</summary>
    public uint DomainId { get; init; }
}

/// <summary>A table, view, materialized view, foreign table, partitioned table or sequence (pg_class).</summary>
/// <param name="Id">The OID, as RowDescription states it.</param>
/// <param name="Kind">relkind: r, v, m, f, p or S.</param>
/// <param name="Columns">In the order of their numbers; for relations of pg_catalog and information_schema only where
/// some of them carry values of rows (pg_stats and its like), else empty.</param>
/// <param name="Parents">What it inherits from or is a partition of (pg_inherits).</param>
/// <param name="Reads">What the definition of a view or materialized view depends on (pg_rewrite, pg_depend).</param>
public sealed record CatalogRelation(
    uint Id, string Schema, string Name, char Kind, ImmutableArray<CatalogColumn> Columns, ImmutableArray<uint> Parents,
    ImmutableArray<uint> Reads)
{
    /// <summary>The type of its rows (reltype), or 0.</summary>
    public uint RowType { get; init; }

    /// <summary>All columns of a relation that PostgreSQL itself brings, values in them or not; of others none.</summary>
    public ImmutableArray<CatalogColumn> SystemColumns { get; init; } = [];

    /// <summary>Its columns, whoever made it, in the order of their numbers.</summary>
    public ImmutableArray<CatalogColumn> AllColumns => SystemColumns.IsEmpty ? Columns : SystemColumns;

    /// <summary>The column of that number, or null.</summary>
    public CatalogColumn? Column(int number)
    {
        // Without dropped columns a column stands at its number.
        if (number >= 1 && number <= Columns.Length && Columns[number - 1].Number == number)
            return Columns[number - 1];
        foreach (var column in Columns)
            if (column.Number == number)
                return column;
        return null;
    }

    /// <summary>A relation that PostgreSQL itself brings.</summary>
    public bool IsSystem => Schema is "pg_catalog" or "information_schema";
}
