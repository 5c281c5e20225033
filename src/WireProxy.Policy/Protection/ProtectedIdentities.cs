using System.Collections.Concurrent;
using WireProxy.Sql.Catalog;

namespace WireProxy.Policy;

/// <summary>Which columns of one database a policy has named, by relation and number. The policy names columns by their names; one that is renamed,
/// or whose table or schema is, stays the same column and stays protected for as long as this is kept. Thread-safe.</summary>
public sealed class ProtectedIdentities
{
    private readonly ConcurrentDictionary<(uint Relation, short Column), Mask> _masks = new();

    internal Mask? Find(uint relation, short column) => _masks.GetValueOrDefault((relation, column));

    internal void Add(uint relation, short column, Mask mask) => _masks.TryAdd((relation, column), mask);

    /// <summary>What is no more in the catalog is forgotten: its number may be given to something else.</summary>
    internal void Keep(CatalogSnapshot snapshot)
    {
        foreach ((uint relation, short column) in _masks.Keys)
        {
            if (snapshot.Relation(relation)?.Column(column) is null)
                _masks.TryRemove((relation, column), out _);
        }
    }
}
