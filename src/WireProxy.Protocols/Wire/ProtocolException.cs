namespace WireProxy.Protocols.Wire;

/// <summary>
/// The peer broke the protocol: a length, a count or a code that the specification does not allow. The message says which
/// rule was broken and never quotes the peer's bytes, so that it can be logged and sent back.
/// </summary>
public sealed class ProtocolException : Exception
{
    public ProtocolException()
        : base("The peer broke the protocol.")
    {
    }

    public ProtocolException(string message)
        : base(message)
    {
    }

    public ProtocolException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
