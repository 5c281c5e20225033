using System.Net.Security;
using System.Net.Sockets;

namespace WireProxy.Relay.Transport;

/// <summary>One leg's bytes, plain or inside TLS. One reader and one writer at a time; <see cref="Close"/> from any thread ends both,
/// which then fail with <see cref="IOException"/>, <see cref="SocketException"/> or <see cref="ObjectDisposedException"/>.</summary>
internal abstract class ByteTransport
{
    /// <summary>Receives into <paramref name="buffer"/>; 0 means that the peer has closed. An empty buffer waits until something can be read.</summary>
    public abstract ValueTask<int> ReceiveAsync(Memory<byte> buffer);

    /// <summary>Sends all of <paramref name="bytes"/>.</summary>
    public abstract ValueTask SendAsync(ReadOnlyMemory<byte> bytes);

    /// <summary>Says to the peer that nothing more will be sent, and goes on receiving.</summary>
    public abstract ValueTask ShutdownSendAsync();

    /// <summary>Makes a pending receive return 0 while sending stays possible. From any thread.</summary>
    public abstract void AbortReceive();

    public abstract void Close();

    protected static void AbortReceive(Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Receive);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Already down: the receive has ended too.
        }
    }

    /// <summary>The TLS version and cipher suite, or null where the leg is plain.</summary>
    public virtual string? TlsDescription => null;
}

/// <summary>A plain socket. No stream in between: the socket's own value tasks are pooled, so that a transfer allocates nothing.</summary>
internal sealed class SocketTransport(Socket socket) : ByteTransport
{
    public Socket Socket { get; } = socket;

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer) => Socket.ReceiveAsync(buffer, SocketFlags.None);

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        ValueTask<int> sending = Socket.SendAsync(bytes, SocketFlags.None);
        if (!sending.IsCompletedSuccessfully)
            return AwaitAsync(sending);
        _ = sending.Result;
        return ValueTask.CompletedTask;

        static async ValueTask AwaitAsync(ValueTask<int> sending) => await sending;
    }

    public override ValueTask ShutdownSendAsync()
    {
        try
        {
            Socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The peer was faster; its own end is what the receiving side reports.
        }
        return ValueTask.CompletedTask;
    }

    public override void AbortReceive() => AbortReceive(Socket);

    public override void Close() => Socket.Dispose();
}

/// <summary>A TLS session over a socket.</summary>
internal sealed class TlsTransport(SslStream stream, Socket socket) : ByteTransport
{
    public SslStream Stream { get; } = stream;

    public override string TlsDescription => $"{Stream.SslProtocol} {Stream.NegotiatedCipherSuite}";

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer) => Stream.ReadAsync(buffer);

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes) => Stream.WriteAsync(bytes);

    public override async ValueTask ShutdownSendAsync()
    {
        try
        {
            await Stream.ShutdownAsync();
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is IOException or SocketException or InvalidOperationException)
        {
            // As for a plain socket.
        }
    }

    public override void AbortReceive() => AbortReceive(socket);

    public override void Close()
    {
        socket.Dispose();
        Stream.Dispose();
    }
}
