using System.Collections.Concurrent;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Wire;

namespace WireProxy.TdsStandIn.Protocol.Mars;

/// <summary>The sessions of a connection that has agreed on MARS: each answers its requests, in turns with the others.</summary>
internal sealed class MarsLoop(TdsStandInServer server, LoggedIn connected)
{
    private readonly SmpConnection _connection = new(connected.Stream);
    private readonly ConcurrentDictionary<Task, byte> _sessions = new();
    private readonly ApiCursors _cursors = new();
    private readonly Turns _turns = new(connected.Session);

    public async Task RunAsync(CancellationToken cancellation)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            await _connection.RunAsync(stream => Begin(stream, ending.Token), cancellation);
        }
        finally
        {
            await ending.CancelAsync();
            await Task.WhenAll(_sessions.Keys);
            connected.Packets.Dispose();
        }
    }

    private void Begin(SmpStream stream, CancellationToken cancellation)
    {
        var session = Task.Run(() => ServeAsync(stream, cancellation), CancellationToken.None);
        _sessions[session] = 0;
        _ = session.ContinueWith(done => _sessions.TryRemove(done, out _), TaskScheduler.Default);
    }

    private async Task ServeAsync(SmpStream stream, CancellationToken cancellation)
    {
        try
        {
            using var packets = new MessageWriter { PacketSize = connected.Packets.PacketSize, Spid = connected.Packets.Spid };
            await new SessionLoop(server, connected with { Stream = stream, Packets = packets }, _cursors, _turns).RunAsync(cancellation);
            await stream.FinishAsync(cancellation);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The client went.
        }
        catch (ProtocolException)
        {
            // What one session breaks ends the connection.
            await connected.Stream.DisposeAsync();
        }
    }
}
