using System.Collections.Immutable;

namespace WireProxy.Policy;

/// <summary>What happens to an expression over a protected column.</summary>
public enum DerivedMode
{
    Mask,
    Block,
}

/// <summary>What happens to a statement that filters, joins, groups or orders by a protected column.</summary>
public enum PredicateMode
{
    Allow,
    Block,
}

/// <summary>What happens to text that does not parse.</summary>
public enum UnparsedMode
{
    Block,
    Approve,
}

/// <summary>What security labels and comment tags of the database do.</summary>
public enum LabelMode
{
    /// <summary>They say nothing here.</summary>
    Ignore,
    /// <summary>They protect columns as the policy does. What a policy file means that has no <c>labels</c>.</summary>
    Protect,
}

/// <summary>A policy file as read, before its meaning is checked by <see cref="PolicyCompiler"/>. Names follow the file's keys.</summary>
public sealed record PolicyDefinition
{
    public ImmutableArray<ProtectRule> Protect { get; init; } = [];
    public DerivedMode Derived { get; init; }
    public PredicateMode Predicates { get; init; }
    public UnparsedMode Unparsed { get; init; }
    /// <summary>The file's default is protect; a definition that comes from no file ignores them.</summary>
    public LabelMode Labels { get; init; }
    public ImmutableArray<RuleDefinition> Rules { get; init; } = [];
    public ImmutableArray<UnmaskGrant> Unmask { get; init; } = [];
    /// <summary>A hash of the file's bytes, as hexadecimal; the journal names the policy by it.</summary>
    public string Hash { get; init; } = "";
}

/// <summary>Protected columns and their mask. Where several rules name one column the first decides.</summary>
public sealed record ProtectRule(ImmutableArray<ColumnPattern> Columns, Mask Mask)
{
    /// <summary>SQL Server's sensitivity labels and information types: columns that are classified so are protected too. <c>*</c> stands for any run
    /// of characters, and letter case is ignored.</summary>
    public ImmutableArray<string> Labels { get; init; } = [];
}

/// <summary>A rule; the first in the file that matches a statement decides.</summary>
/// <param name="Message">Added to what the client is told, or null.</param>
public sealed record RuleDefinition(string Name, RuleCondition When, Decision Then, string? Message);

/// <summary>Who sees columns in the clear, from where and when. Every list that is not null must hold; a list means any of its items.</summary>
public sealed record UnmaskGrant(ImmutableArray<string>? Users, ImmutableArray<string>? Groups, ImmutableArray<ColumnPattern> Columns)
{
    public ImmutableArray<string>? Agents { get; init; }
    public ImmutableArray<string>? Purposes { get; init; }
    /// <summary>As <see cref="RuleCondition.Networks"/>.</summary>
    public ImmutableArray<string>? Networks { get; init; }
    public ImmutableArray<string>? Listeners { get; init; }
    /// <summary>As <see cref="RuleCondition.Hours"/>.</summary>
    public ImmutableArray<string>? Hours { get; init; }
}

/// <summary>A rule's <c>when</c>: every key that is present must hold, a list means any of its items. Null means that the key is
/// absent; an empty list is reported as a problem.</summary>
public sealed record RuleCondition
{
    /// <summary>Command tags, in any letter case: <c>DROP TABLE</c>, or leading words such as <c>DROP</c>.</summary>
    public ImmutableArray<string>? Statement { get; init; }
    /// <summary>read, write, ddl, role, function, misc.</summary>
    public ImmutableArray<string>? Class { get; init; }
    /// <summary>See <see cref="TablePattern"/>.</summary>
    public ImmutableArray<string>? Tables { get; init; }
    /// <summary>See <see cref="ColumnPattern"/>.</summary>
    public ImmutableArray<string>? Columns { get; init; }
    /// <summary>See <see cref="FunctionPattern"/>.</summary>
    public ImmutableArray<string>? Functions { get; init; }
    /// <summary>Read with no condition and no limit; with <see cref="Tables"/> it is about those tables only.</summary>
    public bool? Unbounded { get; init; }
    public ImmutableArray<string>? Users { get; init; }
    public ImmutableArray<string>? Groups { get; init; }
    public ImmutableArray<string>? Agents { get; init; }
    public ImmutableArray<string>? Purposes { get; init; }
    /// <summary>The client's address: <c>10.0.0.0/8</c>, <c>2001:db8::/32</c> or one address.</summary>
    public ImmutableArray<string>? Networks { get; init; }
    public ImmutableArray<string>? Listeners { get; init; }
    /// <summary><c>08:00-18:00</c>, <c>Mon-Fri 08:00-18:00 Europe/Berlin</c>; UTC where no zone is named.</summary>
    public ImmutableArray<string>? Hours { get; init; }
}
