namespace WireProxy.TestKit;

/// <summary>Something that a test needs cannot be had on this machine. A test is skipped with this message, not failed.</summary>
public sealed class UnavailableException(string message) : Exception(message);
