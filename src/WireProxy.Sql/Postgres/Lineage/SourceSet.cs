using System.Collections.Immutable;

namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>A column of a relation by its identity (pg_attribute.attrelid, attnum), as RowDescription states it.</summary>
/// <param name="Attribute">From 1; 0 is the whole row, below 0 are system columns, which hold no values.</param>
public readonly record struct SourceColumn(uint Relation, short Attribute) : IComparable<SourceColumn>
{
    public int CompareTo(SourceColumn other) =>
        Relation != other.Relation ? Relation.CompareTo(other.Relation) : Attribute.CompareTo(other.Attribute);

    public static bool operator <(SourceColumn left, SourceColumn right) => left.CompareTo(right) < 0;
    public static bool operator >(SourceColumn left, SourceColumn right) => left.CompareTo(right) > 0;
    public static bool operator <=(SourceColumn left, SourceColumn right) => left.CompareTo(right) <= 0;
    public static bool operator >=(SourceColumn left, SourceColumn right) => left.CompareTo(right) >= 0;
}

/// <summary>Where a value may come from: columns of relations, parameters, or anything that the database reaches. Immutable.</summary>
public sealed class SourceSet : IEquatable<SourceSet>
{
    /// <summary>Stands in <see cref="Parameters"/> for every parameter from this one on.</summary>
    internal const int LastParameter = 61;
    /// <summary>A variable of a PL/pgSQL body, before the body has been read to its end.</summary>
    internal const ulong VariableBit = 1UL << 63;
    /// <summary>What a function gives that is being read already, before it has been read to its end.</summary>
    internal const ulong RecursionBit = 1UL << 62;

    readonly SourceColumn[] _columns;

    SourceSet(SourceColumn[] columns, ulong parameters, bool isEverything)
    {
        _columns = columns;
        Parameters = parameters;
        IsEverything = isEverything;
    }

    /// <summary>Comes from nothing in the database: a constant, a count of rows, the time.</summary>
    public static SourceSet Empty { get; } = new([], 0, false);

    /// <summary>May come from anything that the database, or its server, reaches.</summary>
    public static SourceSet Everything { get; } = new([], 0, true);

    public bool IsEverything { get; }

    /// <summary>Bit n-1 for the parameter $n; the bit of 63 also for those beyond. What a parameter holds is the client's own, except where
    /// EXECUTE computes it.</summary>
    public ulong Parameters { get; }

    /// <summary>In order, each once. A view's column stands beside the columns that it is made of.</summary>
    public ImmutableArray<SourceColumn> Columns => System.Runtime.InteropServices.ImmutableCollectionsMarshal.AsImmutableArray(_columns);

    public bool IsEmpty => _columns.Length == 0 && Parameters == 0 && !IsEverything;

    /// <summary>Whether a value of the column may be in it.</summary>
    public bool Contains(SourceColumn column) => IsEverything || Array.BinarySearch(_columns, column) >= 0;

    internal int Count => _columns.Length;

    /// <summary>These columns, in whatever order, each once or more.</summary>
    public static SourceSet OfAll(IEnumerable<SourceColumn> columns) => Make([.. columns.Distinct().Order()], 0);

    internal static SourceSet Of(SourceColumn column) => new([column], 0, false);

    /// <param name="index">From 0.</param>
    internal static SourceSet OfParameter(int index) => new([], 1UL << Math.Clamp(index, 0, LastParameter), false);

    internal static SourceSet Variable { get; } = new([], VariableBit, false);

    internal static SourceSet Recursion { get; } = new([], RecursionBit, false);

    /// <summary>The set with others in place of what a bit stands for.</summary>
    internal SourceSet Replace(ulong bit, SourceSet with) =>
        (Parameters & bit) == 0 ? this : (IsEverything ? new([], Parameters & ~bit, true) : Make(_columns, Parameters & ~bit)).Union(with);

    internal SourceSet WithoutParameters() => Parameters == 0 ? this : IsEverything ? Everything : Make(_columns, 0);

    internal SourceSet WithoutVariable() =>
        (Parameters & VariableBit) == 0 ? this : IsEverything ? Everything : Make(_columns, Parameters & ~VariableBit);

    /// <summary>What may come from either.</summary>
    public static SourceSet Either(SourceSet one, SourceSet other)
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        return one.Union(other);
    }

    internal SourceSet Union(SourceSet other)
    {
        if (ReferenceEquals(this, other) || other.IsEmpty || (IsEverything && other.Parameters == 0))
            return this;
        if (IsEmpty)
            return other;
        if (IsEverything || other.IsEverything)
            return Parameters == 0 && other.Parameters == 0 ? Everything : new([], Parameters | other.Parameters, true);
        var (a, b) = (_columns, other._columns);
        if (b.Length == 0)
            return (Parameters | other.Parameters) == Parameters ? this : new(a, Parameters | other.Parameters, false);
        if (a.Length == 0)
            return new(b, Parameters | other.Parameters, false);
        var merged = new SourceColumn[a.Length + b.Length];
        var (i, j, n) = (0, 0, 0);
        while (i < a.Length && j < b.Length)
        {
            var order = a[i].CompareTo(b[j]);
            merged[n++] = order <= 0 ? a[i] : b[j];
            i += order <= 0 ? 1 : 0;
            j += order >= 0 ? 1 : 0;
        }
        while (i < a.Length)
            merged[n++] = a[i++];
        while (j < b.Length)
            merged[n++] = b[j++];
        if (n == a.Length && (Parameters | other.Parameters) == Parameters)
            return this;
        return Make(n == merged.Length ? merged : merged[..n], Parameters | other.Parameters);
    }

    /// <summary>The set with arguments in place of parameters.</summary>
    internal SourceSet Substitute(IReadOnlyList<SourceSet> arguments)
    {
        if ((Parameters & ~(VariableBit | RecursionBit)) == 0)
            return this;
        var result = IsEverything ? Everything : Make(_columns, Parameters & (VariableBit | RecursionBit));
        for (var i = 0; i < arguments.Count; i++)
            if ((Parameters & (1UL << Math.Min(i, LastParameter))) != 0)
                result = result.Union(arguments[i]);
        return result;
    }

    static SourceSet Make(SourceColumn[] columns, ulong parameters) =>
        columns.Length == 0 && parameters == 0 ? Empty : new(columns, parameters, false);

    public bool Equals(SourceSet? other) => ReferenceEquals(this, other) || (other is not null && IsEverything == other.IsEverything
        && Parameters == other.Parameters && _columns.AsSpan().SequenceEqual(other._columns));

    public override bool Equals(object? obj) => Equals(obj as SourceSet);

    public override int GetHashCode() => HashCode.Combine(IsEverything, Parameters, _columns.Length, _columns.Length > 0 ? _columns[0] : default);

    public override string ToString() =>
        IsEverything ? "everything" : string.Join(", ", _columns.Select(c => $"{c.Relation}.{c.Attribute}"));
}
