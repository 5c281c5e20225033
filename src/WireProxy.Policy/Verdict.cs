namespace WireProxy.Policy;

public enum Decision
{
    Allow,
    Block,
    Approve,
}

/// <summary>What the policy says of one statement. <see cref="Rule"/> names the rule that decided, or null where none did.</summary>
public sealed record Verdict(Decision Decision, string? Rule, string? Message)
{
    public static Verdict Allowed { get; } = new(Decision.Allow, null, null);
}
