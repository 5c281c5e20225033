namespace WireProxy.Policy;

/// <summary>The shapes that a mask can have; see <see cref="Mask"/>.</summary>
public enum MaskKind
{
    Redact,
    Null,
    Hash,
    KeepLast,
    KeepFirst,
    Year,
    Zip3,
    Constant,
}

/// <summary>What is done to a protected value. It says what may remain of the value; how that is written for a type of the
/// wire is the dialect's business. Compared by value.</summary>
public abstract record Mask
{
    private Mask()
    {
    }

    /// <summary>Nothing of the value remains; the type does.</summary>
    public static Mask Redact { get; } = new Plain(MaskKind.Redact);
    /// <summary>The value becomes NULL.</summary>
    public static Mask Null { get; } = new Plain(MaskKind.Null);
    /// <summary>A keyed hash: equal values stay equal, and nothing else can be learned.</summary>
    public static Mask Hash { get; } = new Plain(MaskKind.Hash);
    /// <summary>Of a date the year remains.</summary>
    public static Mask Year { get; } = new Plain(MaskKind.Year);
    /// <summary>Of a postal code the first three digits remain.</summary>
    public static Mask Zip3 { get; } = new Plain(MaskKind.Zip3);

    public abstract MaskKind Kind { get; }

    /// <summary>Two values cannot be told apart behind it.</summary>
    public bool ShowsNothing => Kind is MaskKind.Redact or MaskKind.Null or MaskKind.Constant;

    private sealed record Plain(MaskKind Which) : Mask
    {
        public override MaskKind Kind => Which;
        public override string ToString() => Which switch
        {
            MaskKind.Redact => "redact",
            MaskKind.Null => "null",
            MaskKind.Hash => "hash",
            MaskKind.Year => "year",
            _ => "zip3",
        };
    }

    /// <summary>The last <paramref name="Count"/> characters (Unicode scalar values, at least 1) remain of a longer value.</summary>
    public sealed record KeepLast(int Count) : Mask
    {
        public override MaskKind Kind => MaskKind.KeepLast;
        public override string ToString() => $"keep_last: {Count}";
    }

    /// <summary>The first <paramref name="Count"/> characters (Unicode scalar values, at least 1) remain of a longer value.</summary>
    public sealed record KeepFirst(int Count) : Mask
    {
        public override MaskKind Kind => MaskKind.KeepFirst;
        public override string ToString() => $"keep_first: {Count}";
    }

    /// <summary>Every value becomes this one, where it is legal for the column's type.</summary>
    public sealed record Constant(string Value) : Mask
    {
        public override MaskKind Kind => MaskKind.Constant;
        public override string ToString() => $"constant: {Value}";
    }
}
