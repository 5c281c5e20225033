namespace WireProxy.Relay.Sessions;

/// <summary>Whose doing an end was.</summary>
internal enum Party
{
    Client,
    Upstream,
    Proxy,
}

/// <summary>How far a session had come.</summary>
internal enum Stage
{
    Accept,
    Handshake,
    Connect,
    Login,
    Relay,
}

/// <summary>Why a session ended: what the journal, the log and, where it still can be told, the client get.</summary>
/// <param name="Reason">A few fixed words for people and for counting; never data.</param>
/// <param name="SqlState">The code for the client, or null where it is told nothing.</param>
internal sealed record SessionEnd(Stage Stage, Party Party, string Reason, string? SqlState = null, string? Hint = null)
{
    /// <summary>What the journal says instead of <see cref="Reason"/>: of a refused login the client is told less.</summary>
    public string? Detail { get; init; }

    /// <summary>Anybody can cause any number of them: the log tells how many, and not each.</summary>
    public bool IsToldInSum { get; init; }

    public static SessionEnd ClientClosed { get; } = new(Stage.Relay, Party.Client, "the client closed the connection");

    public static SessionEnd UpstreamClosed { get; } = new(Stage.Relay, Party.Upstream, "the upstream closed the connection");

    public bool IsOrdinary => SqlState is null;
}

/// <summary>Ends the session, carrying why.</summary>
internal sealed class SessionEndException(SessionEnd end) : Exception(end.Reason)
{
    public SessionEnd End { get; } = end;
}
