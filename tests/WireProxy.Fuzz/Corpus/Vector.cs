namespace WireProxy.Fuzz.Corpus;

/// <summary>Who sends a message, as the PostgreSQL documentation marks it.</summary>
public enum Sender
{
    Frontend,
    Backend,
}

/// <summary>A block of a vector file: one message's bytes and what they mean, or why they are refused.</summary>
/// <param name="Name">File name and vector name.</param>
/// <param name="Message">The message's name in messages.tsv.</param>
/// <param name="Decoded">The fields as text; null where the message is refused.</param>
/// <param name="Session">File and connection that the message belongs to; null outside of a recorded session.</param>
public sealed record Vector(string Name, Sender Sender, string Message, string? Decoded, string? Session, byte[] Bytes)
{
    /// <summary>The name, so that a failing test case says which vector it is about.</summary>
    public override string ToString() => Name;
}
