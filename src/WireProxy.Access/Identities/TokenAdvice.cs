namespace WireProxy.Access;

/// <summary>Where a client that has no token yet gets one. Nothing of it is secret.</summary>
/// <param name="Issuer">The issuer's URL, as it stands in the tokens.</param>
/// <param name="Audience">For whom the token must be made out.</param>
public sealed record TokenAdvice(string Issuer, string Audience);
