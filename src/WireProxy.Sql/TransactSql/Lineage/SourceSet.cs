using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace WireProxy.Sql.TransactSql.Lineage;

/// <summary>A column by its identity (sys.columns.object_id, column_id).</summary>
/// <param name="Column">From 1; 0 stands for any of the relation's.</param>
public readonly record struct SourceColumn(uint Relation, short Column) : IComparable<SourceColumn>
{
    public int CompareTo(SourceColumn other) => Relation != other.Relation ? Relation.CompareTo(other.Relation) : Column.CompareTo(other.Column);

    public static bool operator <(SourceColumn left, SourceColumn right) => left.CompareTo(right) < 0;
    public static bool operator >(SourceColumn left, SourceColumn right) => left.CompareTo(right) > 0;
    public static bool operator <=(SourceColumn left, SourceColumn right) => left.CompareTo(right) <= 0;
    public static bool operator >=(SourceColumn left, SourceColumn right) => left.CompareTo(right) >= 0;
}

/// <summary>Where a value may come from: columns of relations, or anything that the server reaches. Immutable.</summary>
public sealed class SourceSet : IEquatable<SourceSet>
{
    /// <summary>More columns than this are told as everything: no query that people write comes near.</summary>
    const int MaxColumns = 4_096;

    readonly SourceColumn[] _columns;

    SourceSet(SourceColumn[] columns, bool isEverything) => (_columns, IsEverything) = (columns, isEverything);

    /// <summary>Comes from nothing in a table: a constant, the client's parameter, a count of rows, the time, metadata.</summary>
    public static SourceSet Empty { get; } = new([], false);

    /// <summary>May come from anything that the server reaches.</summary>
    public static SourceSet Everything { get; } = new([], true);

    public bool IsEverything { get; }

    /// <summary>In order, each once. A view's own column stands beside the columns that it is made of.</summary>
    public ImmutableArray<SourceColumn> Columns => ImmutableCollectionsMarshal.AsImmutableArray(_columns);

    public bool IsEmpty => _columns.Length == 0 && !IsEverything;

    /// <summary>Whether a value of the column may be in it.</summary>
    public bool Contains(SourceColumn column) =>
        IsEverything || Array.BinarySearch(_columns, column) >= 0 || Array.BinarySearch(_columns, column with { Column = 0 }) >= 0;

    internal static SourceSet Of(SourceColumn column) => new([column], false);

    internal SourceSet Union(SourceSet other)
    {
        if (ReferenceEquals(this, other) || other.IsEmpty || IsEverything)
            return this;
        if (IsEmpty || other.IsEverything)
            return other;
        var (a, b) = (_columns, other._columns);
        var merged = new SourceColumn[a.Length + b.Length];
        var (i, j, n) = (0, 0, 0);
        while (i < a.Length || j < b.Length)
        {
            var order = i == a.Length ? 1 : j == b.Length ? -1 : a[i].CompareTo(b[j]);
            merged[n++] = order <= 0 ? a[i] : b[j];
            i += order <= 0 ? 1 : 0;
            j += order >= 0 ? 1 : 0;
        }
        if (n == a.Length)
            return this;
        return n > MaxColumns ? Everything : n == b.Length ? other : new(n == merged.Length ? merged : merged[..n], false);
    }

    public static SourceSet UnionOf(IEnumerable<SourceSet> sets)
    {
        var all = Empty;
        foreach (var set in sets)
            all = all.Union(set);
        return all;
    }

    public bool Equals(SourceSet? other) => ReferenceEquals(this, other)
        || (other is not null && IsEverything == other.IsEverything && _columns.AsSpan().SequenceEqual(other._columns));

    public override bool Equals(object? obj) => Equals(obj as SourceSet);

    public override int GetHashCode() => HashCode.Combine(IsEverything, _columns.Length, _columns.Length > 0 ? _columns[0] : default);

    public override string ToString() => IsEverything ? "everything" : string.Join(", ", _columns.Select(c => $"{c.Relation}.{c.Column}"));
}
