using System.Collections.Concurrent;
using WireProxy.Sql.Catalog;
using WireProxy.Sql.Postgres.Lineage;

namespace WireProxy.Policy;

/// <summary>Which columns of one database a policy named when they were first seen, by relation and number. The policy names columns by their names; one
/// that is renamed, or whose table or schema is, stays the same column and stays protected for as long as this is kept. A column that only came
/// to bear a protected name later is protected as long as it bears it. Thread-safe.</summary>
public sealed class ProtectedIdentities
{
    private readonly ConcurrentDictionary<(uint Relation, short Column), Mask?> _masks = new();
    private readonly ConcurrentDictionary<SourceColumn, SourceSet> _filled = new();

    /// <summary>The mask of the column by what it was called first; null for none.</summary>
    internal Mask? Find(uint relation, short column) => _masks.GetValueOrDefault((relation, column));

    /// <param name="named">The mask by what it is called now; null for none.</param>
    internal void See(uint relation, short column, Mask? named) => _masks.TryAdd((relation, column), named);

    /// <summary>The column shares its values with a parent's that is protected. It keeps them when it leaves the family (DETACH PARTITION, NO INHERIT).</summary>
    internal void Inherit(uint relation, short column, Mask mask) => _masks.AddOrUpdate((relation, column), mask, (_, earlier) => earlier ?? mask);

    /// <summary>The protected columns that a column of a materialized view has been filled from, as far as that was seen.</summary>
    internal SourceSet Filled(SourceColumn column) => _filled.GetValueOrDefault(column, SourceSet.Empty);

    internal void Fill(SourceColumn column, SourceSet sources) => _filled.AddOrUpdate(column, sources, (_, earlier) =>
        earlier.IsEverything || sources.IsEverything ? SourceSet.Everything : SourceSet.OfAll(earlier.Columns.Concat(sources.Columns)));

    /// <summary>What is no more in the catalog is forgotten: its number may be given to something else.</summary>
    internal void Keep(CatalogSnapshot snapshot)
    {
        foreach ((uint relation, short column) in _masks.Keys)
        {
            if (snapshot.Relation(relation)?.Column(column) is null)
                _masks.TryRemove((relation, column), out _);
        }
        foreach (SourceColumn column in _filled.Keys)
        {
            if (snapshot.Relation(column.Relation)?.Column(column.Attribute) is null)
                _filled.TryRemove(column, out _);
        }
    }
}
