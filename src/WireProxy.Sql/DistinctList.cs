using System.Collections.Immutable;

namespace WireProxy.Sql;

/// <summary>A list that holds each item once. Most statements name a handful of things, so a hash table is made only for
/// long lists.</summary>
internal sealed class DistinctList<T> where T : notnull
{
    const int LinearUpTo = 12;

    readonly List<T> _items = [];
    Dictionary<T, int>? _index;

    public int Count => _items.Count;

    public T this[int at] => _items[at];

    /// <summary>Adds the item unless it is there, and returns where it is.</summary>
    public int Add(T item)
    {
        if (_index is not null)
        {
            if (_index.TryGetValue(item, out var known))
                return known;
            _index.Add(item, _items.Count);
        }
        else
        {
            var known = _items.IndexOf(item);
            if (known >= 0)
                return known;
            if (_items.Count == LinearUpTo)
            {
                _index = [];
                for (var i = 0; i < _items.Count; i++)
                    _index.Add(_items[i], i);
                _index.Add(item, _items.Count);
            }
        }
        _items.Add(item);
        return _items.Count - 1;
    }

    public ImmutableArray<T> ToImmutable() => [.. _items];
}
