namespace WireProxy.Access;

/// <summary>What became of a login.</summary>
public abstract record LoginOutcome
{
    private LoginOutcome()
    {
    }

    /// <summary>Let in.</summary>
    public sealed record Granted(Grant Grant) : LoginOutcome;

    /// <summary>Not let in.</summary>
    /// <param name="Reason">For the journal and the log: a few fixed words such as "the token has expired"; never a secret.</param>
    /// <param name="Message">For the client. The same for an unknown user and a wrong password.</param>
    /// <param name="Hint">What to do, or null.</param>
    public sealed record Denied(string Reason, string Message, string? Hint = null) : LoginOutcome
    {
        /// <summary>Who it is, where the proof is genuine and not accepted all the same, as an expired token; for the journal. Null: nobody knows.</summary>
        public string? Of { get; init; }

        /// <summary>Refused for too many failures before any proof was looked at.</summary>
        public bool IsThrottled { get; init; }
    }
}
