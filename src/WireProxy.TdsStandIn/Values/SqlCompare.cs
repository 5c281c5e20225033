using System.Data.SqlTypes;

namespace WireProxy.TdsStandIn.Values;

/// <summary>Order and equality of values, as the collation SQL_Latin1_General_CP1_CI_AS has them, nearly: texts differ neither in
/// case nor in blanks at their end. NULL comes first where rows are ordered and equals NULL where they are grouped.</summary>
internal sealed class SqlCompare : IComparer<object?>, IEqualityComparer<object?>, IEqualityComparer<object?[]>
{
    public static SqlCompare Instance { get; } = new();

    public int Compare(object? x, object? y) => (x, y) switch
    {
        (null, null) => 0,
        (null, _) => -1,
        (_, null) => 1,
        (string a, string b) => a.AsSpan().TrimEnd(' ').CompareTo(b.AsSpan().TrimEnd(' '), StringComparison.OrdinalIgnoreCase),
        (byte[] a, byte[] b) => a.AsSpan().TrimEnd((byte)0).SequenceCompareTo(b.AsSpan().TrimEnd((byte)0)),
        (Guid a, Guid b) => new SqlGuid(a).CompareTo(new SqlGuid(b)),
        (SqlDecimal a, SqlDecimal b) => a.CompareTo(b),
        (SqlVariant a, SqlVariant b) => CompareVariants(a, b),
        (IComparable a, _) => a.CompareTo(y),
        _ => throw new InvalidOperationException("Values of two types were not brought to one before they were compared."),
    };

    public new bool Equals(object? x, object? y) => Compare(x, y) == 0;

    public int GetHashCode(object? value) => value switch
    {
        null => 0,
        string text => string.GetHashCode(text.AsSpan().TrimEnd(' '), StringComparison.OrdinalIgnoreCase),
        byte[] bytes => HashOf(bytes.AsSpan().TrimEnd((byte)0)),
        // 1.0 equals 1.00: the hash must not see the scale.
        SqlDecimal number => number.ToDouble().GetHashCode(),
        SqlVariant variant => variant.Type.IsNumber ? 0 : GetHashCode(variant.Value),
        _ => value.GetHashCode(),
    };

    public bool Equals(object?[]? x, object?[]? y)
    {
        for (int i = 0; i < x!.Length; i++)
            if (Compare(x[i], y![i]) != 0)
                return false;
        return true;
    }

    public int GetHashCode(object?[] key)
    {
        var hash = default(HashCode);
        foreach (var part in key)
            hash.Add(GetHashCode(part));
        return hash.ToHashCode();
    }

    private static int HashOf(ReadOnlySpan<byte> bytes)
    {
        var hash = default(HashCode);
        hash.AddBytes(bytes);
        return hash.ToHashCode();
    }

    private int CompareVariants(SqlVariant a, SqlVariant b)
    {
        if (a.Type == b.Type)
            return Compare(a.Value, b.Value);
        if (Family(a.Type) != Family(b.Type))
            return Family(a.Type).CompareTo(Family(b.Type));
        var common = TypeRules.Common(a.Type, b.Type);
        return Compare(SqlConvert.Convert(a.Value, a.Type, common), SqlConvert.Convert(b.Value, b.Type, common));
    }

    /// <summary>Variants of two families are not converted: the family of higher precedence is the greater ("sql_variant").</summary>
    private static int Family(SqlType type) => type.IsBinary ? 0 : type.IsText ? 1 : type.Kind == SqlKind.UniqueIdentifier ? 2
        : type.IsFloat ? 4 : type.IsNumber ? 3 : 5;
}
