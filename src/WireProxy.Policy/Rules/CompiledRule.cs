namespace WireProxy.Policy;

/// <summary>A rule that was checked, ready to judge.</summary>
internal sealed record CompiledRule(
    string Name, Decision Then, string? Message, SubjectCondition Who, StatementCondition What)
{
    /// <summary>Matches every statement of everybody.</summary>
    public bool IsCatchAll => Who.IsEmpty && What.IsEmpty;

    /// <summary>The rule's verdict, or null where it does not match.</summary>
    public Verdict? Judge(StatementReach reach, Subject subject, DateTimeOffset now)
    {
        if (!Who.Holds(subject, now, refuses: Then != Decision.Allow))
            return null;
        if (Then == Decision.Allow)
            return What.Covers(reach) ? new Verdict(Decision.Allow, Name, null) : null;
        return What.MayHold(reach, out string? reason) ? new Verdict(Then, Name, VerdictMessages.Of(this, reason)) : null;
    }
}
