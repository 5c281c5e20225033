using WireProxy.Relay.Sessions;

namespace WireProxy.Relay.Transport;

/// <summary>How long an upstream may be silent while a login waits for it, so that it holds nobody for ever.</summary>
internal sealed class UpstreamPatience
{
    private readonly TimeSpan _limit;
    private readonly string _setting;
    private readonly TimeProvider _time;

    /// <param name="handshake">Of the whole login, client and all. Half of it is left for saying that the upstream does not answer. Null: nobody waits
    /// but the gateway.</param>
    public UpstreamPatience(TimeSpan timeout, TimeSpan? handshake, TimeProvider time)
    {
        _time = time;
        (_limit, _setting) = handshake is { } whole && whole / 2 < timeout
            ? (whole / 2, "half of limits.handshake_timeout")
            : (timeout, "upstream.timeout");
    }

    /// <summary>Waits for something of the upstream.</summary>
    /// <param name="step">What it does not do, such as "did not answer the login"; a run of several steps renames it on the way.</param>
    /// <param name="run">Ends, in whatever way, when its token is cancelled.</param>
    /// <exception cref="SessionEndException">The upstream took too long, or as <paramref name="run"/> says.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public async Task<T> RunAsync<T>(Stage stage, string step, Func<UpstreamWait, Task<T>> run, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_limit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var wait = new UpstreamWait(either.Token) { Step = step };
        try
        {
            return await run(wait);
        }
        catch (Exception e) when (either.IsCancellationRequested && (SessionFaults.IsOfTransport(e) || e is SessionEndException or OperationCanceledException))
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new SessionEndException(new SessionEnd(
                stage, Party.Upstream, $"the upstream {wait.Step} within {_limit.TotalSeconds:0.###} s ({_setting})",
                stage == Stage.Connect ? "08001" : "08006", "Tell the gateway's operator; trying again may help when the database is back."));
        }
    }

    /// <summary>Waits for a message of a leg, which is aborted where it does not come.</summary>
    /// <inheritdoc cref="RunAsync"/>
    public Task<T> ReceiveAsync<T>(Leg upstream, string step, Func<Task<T>> receive, CancellationToken cancellationToken) => RunAsync(
        Stage.Login, step, async wait =>
        {
            using CancellationTokenRegistration registration = wait.Aborts(upstream.Transport);
            return await receive();
        }, cancellationToken);
}

/// <summary>One wait for an upstream.</summary>
internal sealed class UpstreamWait(CancellationToken token)
{
    /// <summary>Cancelled when the wait is over.</summary>
    public CancellationToken Token => token;

    /// <summary>What the upstream has not done yet.</summary>
    public required string Step { get; set; }

    /// <summary>The transport is aborted when the wait is over, until the result is disposed of.</summary>
    public CancellationTokenRegistration Aborts(ByteTransport transport) =>
        token.UnsafeRegister(static transport => ((ByteTransport)transport!).Abort(), transport);
}
