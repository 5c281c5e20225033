using System.Diagnostics.CodeAnalysis;

namespace WireProxy.Policy;

/// <summary>What is known of one column's protection.</summary>
public enum ProtectionKind
{
    /// <summary>Not in the catalog: the caller masks it and asks for a fresh catalog.</summary>
    Unknown,
    Clear,
    Masked,
}

/// <summary>The protection of one column. The default value is <see cref="Unknown"/>, so that what was forgotten is masked.</summary>
public readonly record struct ColumnProtection(ProtectionKind Kind, Mask? Mask)
{
    public static ColumnProtection Unknown { get; }
    public static ColumnProtection Clear { get; } = new(ProtectionKind.Clear, null);
    public static ColumnProtection Masked(Mask mask) => new(ProtectionKind.Masked, mask);

    [MemberNotNullWhen(true, nameof(Mask))]
    public bool IsMasked => Kind == ProtectionKind.Masked;
}

/// <summary>One column of COPY's output. <paramref name="Mask"/> is null where it is clear.</summary>
public readonly record struct CopyColumn(string Name, uint TypeId, Mask? Mask);
