using System.Collections.Immutable;
using System.Net;

namespace WireProxy.Policy;

/// <summary>Who is asking, and from where. <see cref="Database"/> is the one connected to.</summary>
public sealed record Subject(
    string User, ImmutableArray<string> Groups, string Listener, string? Database,
    string? Agent = null, string? Purpose = null, IPAddress? Address = null);
