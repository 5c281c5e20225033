namespace WireProxy.Policy;

/// <summary>What a client is told. Written so that a program that reads it, an AI agent above all, knows which rule stopped it,
/// why, and what to do instead of trying again. Names come from the policy; nothing of a row or of the statement is quoted.</summary>
internal static class VerdictMessages
{
    private const string DefaultAdvice =
        "Do not try it again or in other words; leave it out, or ask the people who keep this policy.";

    public static string Of(CompiledRule rule, string reason)
    {
        string stopped = $"WireProxy did not run this statement: rule \"{rule.Name}\" ";
        string advice = string.IsNullOrWhiteSpace(rule.Message) ? DefaultAdvice : Sentence(rule.Message);
        return rule.Then == Decision.Approve
            ? stopped + $"asks for a person's approval because it {reason}. "
                + "This version of WireProxy cannot ask anybody yet, so it stops such statements. "
                + (string.IsNullOrWhiteSpace(rule.Message)
                    ? "Do not try it again; ask a person who may run it directly, or the people who keep this policy."
                    : advice)
            : stopped + $"blocks it because it {reason}. {advice}";
    }

    public static string Unparsed(UnparsedMode mode) =>
        "WireProxy did not send this text to the database because it does not parse as SQL, and what cannot be understood is not run"
        + (mode == UnparsedMode.Approve ? " (the policy asks for a person's approval, which this version cannot obtain yet). " : ". ")
        + "Correct the syntax and send it again.";

    /// <summary>An operator's message with a full stop, on one line.</summary>
    private static string Sentence(string message)
    {
        string line = string.Join(' ', message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line[^1] is '.' or '!' or '?' ? line : line + ".";
    }
}
