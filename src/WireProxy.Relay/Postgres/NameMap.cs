using System.Diagnostics.CodeAnalysis;

namespace WireProxy.Relay.Postgres;

/// <summary>What is known by the name of a statement or portal. Most sessions use the unnamed one alone, and many none: a dictionary is
/// made for the first name. A mutable struct: keep it in a field that is not readonly, and do not copy it.</summary>
internal struct NameMap<T>
    where T : class
{
    private T? _unnamed;
    private Dictionary<string, T>? _named;

    public readonly int Count => (_named?.Count ?? 0) + (_unnamed is null ? 0 : 1);

    public T this[string name]
    {
        set
        {
            if (name.Length == 0)
                _unnamed = value;
            else
                (_named ??= new Dictionary<string, T>(StringComparer.Ordinal))[name] = value;
        }
    }

    public readonly T? GetValueOrDefault(string name) => name.Length == 0 ? _unnamed : _named?.GetValueOrDefault(name);

    public readonly bool TryGetValue(string name, [NotNullWhen(true)] out T? value) => (value = GetValueOrDefault(name)) is not null;

    public void Remove(string name)
    {
        if (name.Length == 0)
            _unnamed = null;
        else
            _named?.Remove(name);
    }

    public void RemoveWhere(Predicate<T> match)
    {
        if (_unnamed is { } unnamed && match(unnamed))
            _unnamed = null;
        foreach ((string name, T value) in _named ?? [])
        {
            if (match(value))
                _named!.Remove(name);
        }
    }

    public void Clear()
    {
        _unnamed = null;
        _named?.Clear();
    }
}
