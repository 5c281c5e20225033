using System.Collections.Immutable;
using System.Net;

namespace WireProxy.Policy;

/// <summary>The keys of a rule's <c>when</c> that are about who asks, from where and at what time.</summary>
/// <remarks>Names of users, groups and so on are compared exactly. Where the subject has no such thing (no agent, no purpose, a
/// Unix socket instead of an address) a key that asks for it does not hold.</remarks>
internal sealed record SubjectCondition
{
    public ImmutableArray<string>? Users { get; init; }
    public ImmutableArray<string>? Groups { get; init; }
    public ImmutableArray<string>? Agents { get; init; }
    public ImmutableArray<string>? Purposes { get; init; }
    public ImmutableArray<string>? Listeners { get; init; }
    public ImmutableArray<IPNetwork>? Networks { get; init; }
    public ImmutableArray<TimeWindow>? Hours { get; init; }

    public bool IsEmpty =>
        Users is null && Groups is null && Agents is null && Purposes is null && Listeners is null && Networks is null && Hours is null;

    /// <param name="refuses">Of a rule that does: a name that may be meant counts.</param>
    public bool Holds(Subject subject, DateTimeOffset now, bool refuses = false) =>
        (Has(Users, subject.User) || (refuses && subject.IsLooseName && Users!.Value.Any(user => LooseName.MayBe(subject.User, user))))
        && HasAny(Groups, subject.Groups)
        && Has(Agents, subject.Agent)
        && Has(Purposes, subject.Purpose)
        && Has(Listeners, subject.Listener)
        && HasAddress(subject.Address)
        && IsWithinHours(now);

    /// <summary>The keys that do not hold, as the file writes them; empty where all do.</summary>
    public ImmutableArray<string> Unmet(Subject subject, DateTimeOffset now)
    {
        (string Key, bool Holds)[] keys =
        [
            ("users", Has(Users, subject.User)), ("groups", HasAny(Groups, subject.Groups)), ("agents", Has(Agents, subject.Agent)),
            ("purposes", Has(Purposes, subject.Purpose)), ("listeners", Has(Listeners, subject.Listener)),
            ("networks", HasAddress(subject.Address)), ("hours", IsWithinHours(now)),
        ];
        return [.. keys.Where(key => !key.Holds).Select(key => key.Key)];
    }

    private static bool Has(ImmutableArray<string>? accepted, string? value) =>
        accepted is not { } list || (value is not null && list.Contains(value, StringComparer.Ordinal));

    private static bool HasAny(ImmutableArray<string>? accepted, ImmutableArray<string> values)
    {
        if (accepted is not { } list)
            return true;
        foreach (string value in values)
            if (list.Contains(value, StringComparer.Ordinal))
                return true;
        return false;
    }

    private bool HasAddress(IPAddress? address)
    {
        if (Networks is not { } networks)
            return true;
        if (address is null)
            return false;
        foreach (IPNetwork network in networks)
            if (Network.Contains(network, address))
                return true;
        return false;
    }

    private bool IsWithinHours(DateTimeOffset now)
    {
        if (Hours is not { } windows)
            return true;
        foreach (TimeWindow window in windows)
            if (window.Contains(now))
                return true;
        return false;
    }
}
