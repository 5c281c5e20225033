using WireProxy.Protocols.Tds;

namespace WireProxy.Fuzz.Tds.Requests;

/// <summary>A block of protocol-specs/tds/vectors/requests or smp: a message in its packets, and what it means.</summary>
/// <param name="Name">File name and vector name.</param>
/// <param name="FromServer">A server sends it: the answer to PRELOGIN alone.</param>
/// <param name="Message">The message's name in messages.tsv.</param>
/// <param name="Decoded">The fields as text; null where the message is refused.</param>
/// <param name="Session">File and connection that the message belongs to; null outside of a recorded session.</param>
/// <param name="Bytes">All packets of the message.</param>
public sealed record RequestVector(
    string Name, bool FromServer, string Message, TdsVersion Version, string? Decoded, string? Session, byte[] Bytes)
{
    /// <summary>The name, so that a failing test case says which vector it is about.</summary>
    public override string ToString() => Name;
}
