using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using WireProxy.Relay.Sessions;

namespace WireProxy.Relay.Transport;

/// <summary>Accepts one listener's connections and starts a session for each.</summary>
internal sealed class Listener(ListenerContext context) : IDisposable
{
    private const int Backlog = 1024;

    private Socket? _socket;
    private int _connections;

    /// <summary>Where it really listens, once <see cref="Bind"/> has run: a configured port 0 has become a port.</summary>
    public IPEndPoint Address => (IPEndPoint)_socket!.LocalEndPoint!;

    /// <exception cref="SocketException">The address cannot be had.</exception>
    public void Bind()
    {
        _socket = new Socket(context.Options.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _socket.Bind(context.Options.Address);
        _socket.Listen(Backlog);
        context.Log.Listening(context.Options.Name, context.Dialect.Name, Address.ToString());
    }

    /// <summary>Runs until <see cref="Dispose"/>.</summary>
    public async Task AcceptAsync()
    {
        while (true)
        {
            Socket client;
            try
            {
                client = await _socket!.AcceptAsync();
            }
            catch (Exception e) when (e is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted })
            {
                return;
            }
            catch (SocketException e)
            {
                // Out of descriptors, or a client that left again: the listener goes on, without spinning.
                context.Log.AcceptFailed(context.Options.Name, e.SocketErrorCode.ToString());
                await Task.Delay(TimeSpan.FromMilliseconds(50), context.Time);
                continue;
            }
            try
            {
                Start(client);
            }
            catch (Exception e) when (e is SocketException or Win32Exception or ObjectDisposedException)
            {
                // Gone again already, or the loop can watch no more descriptors: this connection's end, not the listener's.
                client.Dispose();
                context.Log.AcceptFailed(context.Options.Name, e.GetType().Name);
            }
        }
    }

    public void Dispose() => _socket?.Dispose();

    private void Start(Socket client)
    {
        client.NoDelay = true;
        client.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        var session = new Session(context, client);
        // A cancel request needs no place, so that places are counted when a client asks to log in; this only bounds those who do not.
        if (Interlocked.Increment(ref _connections) > context.Options.Limits.Connections + context.Options.Limits.UnfinishedLogins)
            session.End(context.TooManyConnections(Stage.Accept));
        context.Registry.Add(session);
        // The session reports its own end; this continuation only gives its place back.
        _ = RunAsync(session);
    }

    private async Task RunAsync(Session session)
    {
        try
        {
            await session.RunAsync();
        }
        finally
        {
            context.Registry.Remove(session);
            Interlocked.Decrement(ref _connections);
        }
    }
}
