using System.Collections;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace WireProxy.Protocols.Tds.Tokens;

/// <summary>An immutable list that is compared by its elements, so that records that hold one compare by value.</summary>
[CollectionBuilder(typeof(ValueList), nameof(ValueList.Create))]
public readonly struct ValueList<T> : IReadOnlyList<T>, IEquatable<ValueList<T>>
{
    private readonly ImmutableArray<T> _items;

    internal ValueList(ImmutableArray<T> items) => _items = items;

    public int Count => _items.IsDefault ? 0 : _items.Length;

    public ReadOnlySpan<T> Span => _items.AsSpan();

    public T this[int index] => _items[index];

    public static bool operator ==(ValueList<T> left, ValueList<T> right) => left.Equals(right);

    public static bool operator !=(ValueList<T> left, ValueList<T> right) => !left.Equals(right);

    public ReadOnlySpan<T>.Enumerator GetEnumerator() => Span.GetEnumerator();

    public bool Equals(ValueList<T> other) => Span.SequenceEqual(other.Span);

    public override bool Equals(object? obj) => obj is ValueList<T> other && Equals(other);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var item in Span)
            hash.Add(item);
        return hash.ToHashCode();
    }

    public override string ToString() => $"[{Count}]";

    IEnumerator<T> IEnumerable<T>.GetEnumerator() => ((IEnumerable<T>)(_items.IsDefault ? [] : _items)).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => ((IEnumerable<T>)this).GetEnumerator();
}

/// <summary>Makes lists for collection expressions.</summary>
public static class ValueList
{
    public static ValueList<T> Create<T>(ReadOnlySpan<T> items) => new([.. items]);

    /// <summary>Reads so many elements. The list grows as they come: a count alone must not make memory.</summary>
    internal static ValueList<T> Read<T>(scoped ref Wire.WireReader reader, int count, ReadElement<T> read)
    {
        var items = ImmutableArray.CreateBuilder<T>();
        for (int i = 0; i < count; i++)
            items.Add(read(ref reader));
        return new ValueList<T>(items.DrainToImmutable());
    }

    /// <summary>Reads elements until the bytes end.</summary>
    internal static ValueList<T> ReadAll<T>(scoped ref Wire.WireReader reader, ReadElement<T> read)
    {
        var items = ImmutableArray.CreateBuilder<T>();
        while (reader.Remaining > 0)
            items.Add(read(ref reader));
        return new ValueList<T>(items.DrainToImmutable());
    }
}

/// <summary>Reads one element of a list and leaves the cursor behind it.</summary>
internal delegate T ReadElement<out T>(scoped ref Wire.WireReader reader);
