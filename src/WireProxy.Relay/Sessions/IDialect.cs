using WireProxy.Protocols.Wire;

namespace WireProxy.Relay.Sessions;

/// <summary>
/// What a wire protocol does for a session. The session owns both legs, the deadlines and the one try/finally;
/// a dialect speaks on them.
/// </summary>
internal interface IDialect
{
    /// <summary>The name as the configuration and the journal write it.</summary>
    string Name { get; }

    /// <summary>From the first byte until the client is logged in. Null: the connection has served its purpose (a cancel request).</summary>
    Task<DialectSession?> HandshakeAsync(Session session, CancellationToken cancellationToken);
}

/// <summary>Words a refusal or a last message in the protocol, as far as the two sides have agreed on it.</summary>
internal interface IFarewell
{
    void Write(SessionEnd end, WireWriter writer);
}

/// <summary>A logged-in session's two directions.</summary>
internal abstract class DialectSession
{
    public abstract IFilter Requests { get; }

    public abstract IFilter Responses { get; }

    /// <summary>True where no statement is under way and no transaction is open.</summary>
    public abstract bool IsIdle { get; }

    /// <summary>True where everything that the client asked for is answered, be a transaction open or not.</summary>
    public abstract bool IsWaitingForClient { get; }

    /// <summary>Asks the upstream to stop what the session has left running there. Never fails.</summary>
    public abstract Task CancelAsync();

    /// <summary>The upstream has ended: whoever waits for an answer is let go.</summary>
    public abstract void Ended();
}
