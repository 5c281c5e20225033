using WireProxy.TdsStandIn.Execution;

namespace WireProxy.TdsStandIn.Protocol.Mars;

/// <summary>
/// Requests of one connection take turns, as on SQL Server: one runs, and lets others run while it waits for its client to take rows.
/// Each begins with the session's environment (database, options) and leaves its own behind when it ends.
/// </summary>
internal sealed class Turns(Session session)
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private SessionEnvironment _environment = session.Environment;

    /// <summary>A request begins.</summary>
    public async Task BeginAsync(CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        session.Environment = _environment.Copy();
    }

    /// <summary>The request under way has reset the session: those that begin from here on find it so.</summary>
    public void WasReset() => _environment = session.Environment.Copy();

    /// <summary>It has ended.</summary>
    public void End()
    {
        _environment = session.Environment;
        _turn.Release();
    }

    /// <summary>Lets others run until the task has ended.</summary>
    public async ValueTask WhileAsync(ValueTask waiting)
    {
        if (waiting.IsCompletedSuccessfully)
            return;
        var mine = session.Environment;
        _turn.Release();
        try
        {
            await waiting;
        }
        finally
        {
            await _turn.WaitAsync(CancellationToken.None);
            session.Environment = mine;
        }
    }
}
