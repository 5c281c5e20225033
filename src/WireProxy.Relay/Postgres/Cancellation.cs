using System.Net.Sockets;
using WireProxy.Protocols.Postgres;
using WireProxy.Relay.Postgres.Login;
using WireProxy.Relay.Sessions;
using WireProxy.Relay.Transport;

namespace WireProxy.Relay.Postgres;

/// <summary>Carries a CancelRequest to the upstream of the session that it names; one that names none goes nowhere.</summary>
internal static class Cancellation
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static CancelHandle HandleOf(ListenerContext listener, int processId, ReadOnlySpan<byte> key) =>
        new(listener.Options.Name, processId, key);

    public static async Task ForwardAsync(Session session, CancelRequest request, CancellationToken cancellationToken)
    {
        if (session.Listener.Registry.FindByCancelKey(HandleOf(session.Listener, request.ProcessId, request.Key.Span)) is not { } meant)
            return;
        // A statement that waits here has not reached the server.
        (meant.Dialect as PostgresSession)?.Turn?.Cancel();
        await DeliverAsync(session, request, cancellationToken);
    }

    /// <summary>The gateway's own request to stop what a session that it ends has left running; failure is silence, as for any cancel request.</summary>
    public static async Task SendAsync(Session session, CancelRequest request)
    {
        using var deadline = new CancellationTokenSource(Patience, session.Listener.Time);
        try
        {
            await DeliverAsync(session, request, deadline.Token).WaitAsync(deadline.Token);
        }
        catch (Exception e) when (e is SessionEndException or OperationCanceledException)
        {
            // The upstream is gone, or too busy to be asked.
        }
    }

    private static async Task DeliverAsync(Session session, CancelRequest request, CancellationToken cancellationToken)
    {
        Leg upstream = await UpstreamStart.ConnectAsync(session, null, cancellationToken);
        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(static leg => ((Leg)leg!).Abort(), upstream);
        try
        {
            request.Encode(upstream.Output.BeginOwn());
            await upstream.Output.FlushAsync();
            // The server closes when it has sent the signal; the client waits for our close as it would for the server's.
            while (await upstream.ReceiveAsync())
                upstream.Input.Consume(upstream.Input.Length);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // As above: its close, less polite.
        }
        finally
        {
            upstream.Release();
        }
    }
}
