namespace WireProxy.Access;

/// <summary>A token is not accepted.</summary>
/// <param name="Reason">For the journal: fixed words, nothing of the token.</param>
/// <param name="Hint">For the client.</param>
/// <param name="IsOurFault">It could not be checked, which is not the client's failure.</param>
internal sealed record TokenRefusal(string Reason, string Hint = TokenRefusal.WrongToken, bool IsOurFault = false)
{
    private const string WrongToken = "Get a token from an identity provider of this gateway, for the audience that its operator names.";

    public static TokenRefusal Expired { get; } = new("the token has expired", "Your token has expired: get a new one.");

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
