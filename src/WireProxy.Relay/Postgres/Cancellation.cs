using System.Net.Sockets;
using WireProxy.Protocols.Postgres;
using WireProxy.Relay.Sessions;
using WireProxy.Relay.Transport;

namespace WireProxy.Relay.Postgres;

/// <summary>Carries a CancelRequest to the upstream of the session that it names; one that names none goes nowhere.</summary>
internal static class Cancellation
{
    public static CancelHandle HandleOf(ListenerContext listener, int processId, ReadOnlySpan<byte> key) =>
        new(listener.Options.Name, processId, key);

    public static async Task ForwardAsync(Session session, CancelRequest request, CancellationToken cancellationToken)
    {
        CancelHandle handle = HandleOf(session.Listener, request.ProcessId, request.Key.Span);
        if (session.Listener.Registry.FindByCancelKey(handle) is null)
            return;
        Leg upstream = await UpstreamStart.ConnectAsync(session.Listener.Options.Upstream, session.Loop, cancellationToken);
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
