namespace WireProxy.Access;

/// <summary>The other side's SCRAM message is wrong, or the exchange must not go on. The message holds nothing that the other side sent.</summary>
public sealed class ScramException(string message) : Exception(message);
