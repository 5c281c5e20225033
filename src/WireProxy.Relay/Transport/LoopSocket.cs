using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace WireProxy.Relay.Transport;

/// <summary>A connected socket on an <see cref="EventLoop"/>. One reader and one writer at a time.</summary>
internal sealed class LoopSocket : ByteTransport
{
    private readonly Socket _socket;
    private readonly int _descriptor;
    private readonly EventLoop _loop;
    private readonly int _slot;
    private readonly Readiness _readable = new();
    private readonly Readiness _writable = new();
    private volatile bool _aborted;
    private volatile bool _hungUp;
    private int _released;
    private long _waitsSince;
    private long _waited;

    /// <param name="socket">Owned from here on; none of its asynchronous methods has been or will be used.</param>
    public LoopSocket(Socket socket, EventLoop loop)
    {
        _socket = socket;
        _descriptor = (int)socket.SafeHandle.DangerousGetHandle();
        _loop = loop;
        _slot = loop.Add(this, _descriptor);
    }

    public EventLoop Loop => _loop;

    /// <summary>How long readers have waited for the peer's bytes, all in all. From any thread.</summary>
    public TimeSpan WaitedForPeer
    {
        get
        {
            long since = Volatile.Read(ref _waitsSince);
            return TimeSpan.FromMilliseconds(Volatile.Read(ref _waited) + (since == 0 ? 0 : Environment.TickCount64 - since));
        }
    }

    /// <summary>Connects a fresh socket.</summary>
    /// <exception cref="SocketException">It cannot be connected.</exception>
    public static async Task<LoopSocket> ConnectAsync(Socket socket, EndPoint endPoint, EventLoop loop, CancellationToken cancellationToken)
    {
        // Not by the socket's own property, which makes ready for the framework's engine what only this loop uses.
        int error = Libc.FileControl((int)socket.SafeHandle.DangerousGetHandle(), Libc.SetFlags, Libc.ReadWriteNonBlocking) < 0
            ? Marshal.GetLastPInvokeError()
            : Connect(socket, endPoint.Serialize());
        if (error is not (0 or Libc.InProgress))
        {
            socket.Dispose();
            throw Fault(error);
        }
        // Added after the connection has begun: a socket that was never connected reports a hang-up.
        var connecting = new LoopSocket(socket, loop);
        try
        {
            await connecting.ConnectedAsync(cancellationToken);
            return connecting;
        }
        catch
        {
            connecting.Release();
            throw;
        }
    }

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        if (_readable.TryTake())
        {
            if (buffer.IsEmpty)
            {
                _readable.Keep();
                return ValueTask.FromResult(0);
            }
            int count = TryReceive(buffer.Span);
            if (count >= 0)
                return ValueTask.FromResult(count);
        }
        return ReceiveLaterAsync(buffer);
    }

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        int sent = TrySend(bytes.Span);
        return sent == bytes.Length ? ValueTask.CompletedTask : SendLaterAsync(bytes[sent..]);
    }

    public override ValueTask ShutdownSendAsync()
    {
        Shutdown(SocketShutdown.Send);
        return ValueTask.CompletedTask;
    }

    public override void AbortReceive() => Shutdown(SocketShutdown.Receive);

    public override void Abort()
    {
        _aborted = true;
        Shutdown(SocketShutdown.Both);
        // A socket that is still connecting cannot be shut down, and reports nothing: its waiters are told here.
        _readable.Signal();
        _writable.Signal();
    }

    /// <summary>TCP resets a connection whose socket is connected to nothing (connect(2), AF_UNSPEC). A Unix socket is down after its shutdown.</summary>
    public override unsafe void Reset()
    {
        Abort();
        bool isHeld = false;
        try
        {
            // A descriptor that is given back meanwhile may be another connection's.
            _socket.SafeHandle.DangerousAddRef(ref isHeld);
            byte* nothing = stackalloc byte[16];
            new Span<byte>(nothing, 16).Clear();
            _ = Libc.Connect(_descriptor, nothing, 16);
        }
        catch (ObjectDisposedException)
        {
            // Gone already, which is a reset where something was left to be read.
        }
        finally
        {
            if (isHeld)
                _socket.SafeHandle.DangerousRelease();
        }
    }

    public override void Release()
    {
        if (Interlocked.Exchange(ref _released, 1) != 0)
            return;
        _loop.Remove(_slot);
        _socket.Dispose();
    }

    /// <summary>The loop's thread tells what has happened.</summary>
    public void Happened(uint events)
    {
        const uint Down = Libc.EpollError | Libc.EpollHangUp;
        // The end has no edge of its own when it arrives with the last data.
        if ((events & (Libc.EpollPeerHangUp | Down)) != 0)
            _hungUp = true;
        if ((events & (Libc.EpollOut | Down)) != 0)
            _writable.Signal();
        if ((events & (Libc.EpollIn | Libc.EpollPeerHangUp | Down)) != 0)
            _readable.Signal();
    }

    private static unsafe int Connect(Socket socket, SocketAddress address)
    {
        fixed (byte* bytes = address.Buffer.Span)
        {
            return Libc.Connect((int)socket.SafeHandle.DangerousGetHandle(), bytes, address.Size) == 0
                ? 0
                : Marshal.GetLastPInvokeError();
        }
    }

    private async Task ConnectedAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(static state => ((LoopSocket)state!).Abort(), this);
        while (true)
        {
            _writable.TryTake();
            // First: the shutdown of a socket that is still connecting looks like a reset by the peer.
            if (_aborted)
                throw new OperationCanceledException(cancellationToken);
            int error = (int)_socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!;
            if (error != 0)
                throw new SocketException(error);
            if (IsConnected())
                return;
            await _writable.WaitAsync();
        }
    }

    private unsafe bool IsConnected()
    {
        byte* none = stackalloc byte[1];
        return Libc.Send(_descriptor, none, 0, Libc.DontWait | Libc.NoSignal) == 0 ||
            Marshal.GetLastPInvokeError() is not (Libc.NotConnected or Libc.WouldBlock or Libc.InProgress);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReceiveLaterAsync(Memory<byte> buffer)
    {
        while (true)
        {
            long since = Environment.TickCount64;
            Volatile.Write(ref _waitsSince, since);
            await _readable.WaitAsync();
            Volatile.Write(ref _waitsSince, 0);
            Volatile.Write(ref _waited, _waited + Environment.TickCount64 - since);
            if (buffer.IsEmpty)
                return 0;
            if (!_readable.TryTake())
                continue;
            int count = TryReceive(buffer.Span);
            if (count >= 0)
                return count;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SendLaterAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            await _writable.WaitAsync();
            bytes = bytes[TrySend(bytes.Span)..];
        }
    }

    /// <summary>Bytes received; 0 at the end; -1 where there is nothing yet. The readiness has been taken.</summary>
    private unsafe int TryReceive(Span<byte> buffer)
    {
        fixed (byte* bytes = buffer)
        {
            while (true)
            {
                nint count = Libc.Receive(_descriptor, bytes, buffer.Length, Libc.DontWait);
                if (count == buffer.Length || count == 0 || _hungUp || _aborted)
                    _readable.Keep();
                if (count >= 0)
                    return (int)count;
                int error = Marshal.GetLastPInvokeError();
                if (error == Libc.WouldBlock)
                    return -1;
                if (error != Libc.Interrupted)
                    throw Fault(error);
            }
        }
    }

    /// <summary>Sends what goes now.</summary>
    private unsafe int TrySend(ReadOnlySpan<byte> bytes)
    {
        int sent = 0;
        fixed (byte* start = bytes)
        {
            while (sent < bytes.Length)
            {
                _writable.TryTake();
                nint count = Libc.Send(_descriptor, start + sent, bytes.Length - sent, Libc.DontWait | Libc.NoSignal);
                if (count >= 0)
                {
                    _writable.Keep();
                    sent += (int)count;
                    continue;
                }
                int error = Marshal.GetLastPInvokeError();
                if (error == Libc.WouldBlock)
                    break;
                if (error != Libc.Interrupted)
                    throw Fault(error);
            }
        }
        return sent;
    }

    private void Shutdown(SocketShutdown how)
    {
        try
        {
            _socket.Shutdown(how);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The peer was faster, or it was never connected.
        }
    }

    private static SocketException Fault(int error) => new((int)(error switch
    {
        104 or 32 => SocketError.ConnectionReset,
        110 => SocketError.TimedOut,
        111 => SocketError.ConnectionRefused,
        113 => SocketError.HostUnreachable,
        101 => SocketError.NetworkUnreachable,
        2 => SocketError.AddressNotAvailable,
        _ => SocketError.SocketError,
    }));
}
