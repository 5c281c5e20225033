using System.Collections.Immutable;

namespace WireProxy.Policy;

/// <summary>The <c>unmask</c> grants that hold for a subject at a moment. Those of one policy are the same object where they are the
/// same grants, so that what was made for a set can be kept under it.</summary>
public sealed class GrantSet
{
    internal GrantSet(ImmutableArray<ColumnPattern> columns) => Columns = columns;

    internal ImmutableArray<ColumnPattern> Columns { get; }
}

/// <summary>Whether one of a policy's <c>unmask</c> grants holds for somebody at a moment.</summary>
/// <param name="Index">Its place in <c>unmask</c>, from 0.</param>
/// <param name="Unmet">The keys of it that do not hold; empty: it holds.</param>
public sealed record GrantState(int Index, UnmaskGrant Grant, ImmutableArray<string> Unmet)
{
    public bool Holds => Unmet.IsEmpty;
}

/// <summary>One grant whose meaning was checked.</summary>
internal sealed record CompiledGrant(SubjectCondition Who, ImmutableArray<ColumnPattern> Columns);

/// <summary>Which of a policy's grants hold. Thread-safe.</summary>
internal sealed class GrantTable(ImmutableArray<CompiledGrant> grants)
{
    private static readonly GrantSet None = new([]);

    private readonly Lock _lock = new();
    private readonly List<(bool[] Held, GrantSet Set)> _known = [];

    public bool DependsOnTime { get; } = grants.Any(grant => grant.Who.Hours is not null);

    /// <summary>One of them holds at some hour.</summary>
    public bool MayHold(Subject subject) => grants.Any(grant => (grant.Who with { Hours = null }).Holds(subject, DateTimeOffset.UnixEpoch));

    /// <summary>For each grant the keys of it that do not hold.</summary>
    public ImmutableArray<ImmutableArray<string>> Unmet(Subject subject, DateTimeOffset now) => [.. grants.Select(grant => grant.Who.Unmet(subject, now))];

    public GrantSet For(Subject subject, DateTimeOffset now)
    {
        if (grants.IsEmpty)
            return None;
        bool[] held = [.. grants.Select(grant => grant.Who.Holds(subject, now))];
        lock (_lock)
        {
            foreach ((bool[] other, GrantSet set) in _known)
                if (other.AsSpan().SequenceEqual(held))
                    return set;
            var made = new GrantSet([.. grants.Where((_, index) => held[index]).SelectMany(grant => grant.Columns)]);
            _known.Add((held, made));
            return made;
        }
    }
}
