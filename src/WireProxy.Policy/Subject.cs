using System.Collections.Immutable;
using System.Net;

namespace WireProxy.Policy;

/// <summary>Who is asking, and from where. <see cref="Database"/> is the one connected to.</summary>
public sealed record Subject(
    string User, ImmutableArray<string> Groups, string Listener, string? Database,
    string? Agent = null, string? Purpose = null, IPAddress? Address = null)
{
    /// <summary>
    /// <see cref="User"/> is what a client wrote, and its server takes it for the same login in other letters, with spaces at its end or characters that a
    /// collation passes over; empty where the server knows who it is and nobody else does. A rule that refuses must not be got around by that: its
    /// <c>users</c> hold where the name may be meant. What allows or unmasks goes by the exact name.
    /// </summary>
    public bool IsLooseName { get; init; }
}
