using System.Collections.Frozen;
using System.Collections.Immutable;

namespace WireProxy.Sql;

/// <summary>The relations and functions that a statement uses, be it through views, functions and triggers, by their names without schemas.
/// Immutable.</summary>
/// <param name="names">In UTF-16, as the server stores them.</param>
/// <param name="writes">It puts values somewhere, or may.</param>
public sealed class NameUse(IEnumerable<string> names, bool writes)
{
    private readonly bool _writes = writes;
    private readonly FrozenSet<string> _names = names.ToFrozenSet(StringComparer.Ordinal);
    private readonly bool _isAll;

    private NameUse()
        : this([], writes: true) => _isAll = true;

    /// <summary>Of statements of which it is not known what they use.</summary>
    public static NameUse All { get; } = new();

    /// <summary>What either uses. One of the two where it is all of the other.</summary>
    public static NameUse Join(NameUse? one, NameUse other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return one is null || other.Includes(one) ? other : one.Includes(other) ? one : new([.. one._names, .. other._names], one._writes || other._writes);
    }

    public bool HasAny(ImmutableArray<string> names)
    {
        foreach (string name in names)
        {
            if (_isAll || _names.Contains(name))
                return true;
        }
        return false;
    }

    public bool IsUnder(NameClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        return claim.Reach switch
        {
            ChangeReach.Nobody => false,
            ChangeReach.Everybody => true,
            ChangeReach.Writers when !_writes => false,
            _ => HasAny(claim.Names),
        };
    }

    private bool Includes(NameUse other) =>
        ReferenceEquals(this, other) || _isAll || (!other._isAll && (_writes || !other._writes) && other._names.IsSubsetOf(_names));
}
