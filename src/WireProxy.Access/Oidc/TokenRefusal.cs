namespace WireProxy.Access;

/// <summary>A token is not accepted.</summary>
/// <param name="Reason">For the journal: fixed words, nothing of the token.</param>
/// <param name="Hint">For the client.</param>
/// <param name="IsOurFault">It could not be checked, which is not the client's failure.</param>
internal sealed record TokenRefusal(string Reason, string Hint = TokenRefusal.WrongToken, bool IsOurFault = false)
{
    private const string WrongToken = "Get a token from an identity provider of this gateway, for the audience that its operator names.";

    /// <summary>Whose token it is, where the provider's signature is right; null: nobody knows.</summary>
    public string? Of { get; init; }

    public static TokenRefusal Expired { get; } = new("the token has expired", "Your token has expired: get a new one.");

    /// <param name="reason">Such as "the token is not yet valid".</param>
    public static TokenRefusal Early(string reason) =>
        new(reason, "Your token is for later than now: the identity provider's clock and the gateway's may differ. Try again in a moment.");

    public static TokenRefusal KeysUnavailable { get; } =
        new("the provider's keys cannot be had", "The identity provider cannot be reached now: try again, or ask the gateway's operator.", true);
}

/// <summary>Ends the checking of a token.</summary>
internal sealed class TokenRefusedException(TokenRefusal refusal) : Exception(refusal.Reason)
{
    public TokenRefusedException(string reason) : this(new TokenRefusal(reason))
    {
    }

    public TokenRefusal Refusal => refusal;
}
