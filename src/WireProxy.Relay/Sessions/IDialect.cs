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
    Task<LoggedIn?> HandshakeAsync(Session session, CancellationToken cancellationToken);
}

/// <summary>Words a refusal or a last message in the protocol, as far as the two sides have agreed on it.</summary>
internal interface IFarewell
{
    void Write(SessionEnd end, WireWriter writer);
}

/// <summary>A connection that has logged in: a session, or what carries several of them.</summary>
internal abstract class LoggedIn
{
    /// <summary>True where no statement is under way and no transaction is open.</summary>
    public abstract bool IsIdle { get; }

    /// <summary>True where everything that the client asked for is answered, be a transaction open or not.</summary>
    public abstract bool IsWaitingForClient { get; }
}

/// <summary>Sessions that share one connection. Each is a <see cref="Session"/> of its own, whose legs are channels of the connection's.</summary>
internal abstract class SharedConnection : LoggedIn
{
    /// <summary>Carries the sessions until the last has ended; gives the reason where nobody gave one before. Never faults.</summary>
    public abstract Task<SessionEnd> RunAsync();

    /// <summary>Ends every session for this reason; <see cref="RunAsync"/> then ends.</summary>
    public abstract void End(SessionEnd end);
}

/// <summary>A logged-in session's two directions.</summary>
internal abstract class DialectSession : LoggedIn
{
    public abstract IFilter Requests { get; }

    public abstract IFilter Responses { get; }

    /// <summary>Asks the upstream to stop what the session has left running there. Never fails.</summary>
    public abstract Task CancelAsync();

    /// <summary>The upstream has ended: whoever waits for an answer is let go.</summary>
    public abstract void Ended();

    /// <summary>The server may still run something for the session that concerns others: it must be heard out, to its end, even though nobody wants its
    /// answers any more.</summary>
    public virtual bool MayStillChange => false;

    /// <summary>After <see cref="Ended"/>, once the server has been heard out.</summary>
    public virtual void HeardOut()
    {
    }
}
