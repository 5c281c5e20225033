using System.Net;
using System.Net.Sockets;
using WireProxy.Protocols.Postgres;
using WireProxy.TestKit;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.Relay.Tests.Faults;

/// <summary>An upstream that logs everybody in and then says what it is told to: what no real server can be made to say.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<char, byte[]?> _answers;
    private readonly List<char> _received = [];
    private readonly Task _accepting;

    /// <param name="answers">For the type of each message after the login: what to send, nothing, or null to close.</param>
    public ScriptedServer(Func<char, byte[]?> answers)
    {
        _answers = answers;
        Port = FreePort.Next();
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, Port));
        _listener.Listen(64);
        _accepting = AcceptAsync();
    }

    public static byte[] Ready { get; } = Message('Z', "I"u8.ToArray());

    public int Port { get; }

    /// <summary>Types of the messages that came after the login.</summary>
    public string Received
    {
        get
        {
            lock (_received)
                return string.Concat(_received);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var sessions = new List<Task>();
        try
        {
            while (true)
                sessions.Add(ServeAsync(await _listener.AcceptAsync(_stop.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(sessions);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using (socket)
        {
            try
            {
                if (!await LogInAsync(socket))
                    return;
                var unread = new List<byte>();
                while (await ReceiveAsync(socket, unread))
                {
                    while (Frame.TryReadHeader(unread.ToArray(), out byte type, out int length) && unread.Count >= length)
                    {
                        unread.RemoveRange(0, length);
                        lock (_received)
                            _received.Add((char)type);
                        if (_answers((char)type) is not { } answer)
                            return;
                        await SendAsync(socket, answer);
                    }
                }
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // The gateway has gone, or the test has.
            }
        }
    }

    /// <summary>False where the client asked for a cancellation, or left.</summary>
    private async Task<bool> LogInAsync(Socket socket)
    {
        var startup = new List<byte>();
        while (!StartupPacket.TryReadLength(startup.ToArray(), out int length) || startup.Count < length)
        {
            if (!await ReceiveAsync(socket, startup))
                return false;
        }
        if (StartupPacket.Decode(startup.ToArray()) is not StartupMessage)
            return false;
        await SendAsync(socket, Join(
            Message('R', Int32(0)), Message('S', Text("client_encoding"), Text("UTF8")), Message('S', Text("standard_conforming_strings"), Text("on")),
            Message('K', Int32(7), Int32(9)), Ready));
        return true;
    }

    private async Task SendAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[await socket.SendAsync(bytes, _stop.Token)..];
    }

    private async Task<bool> ReceiveAsync(Socket socket, List<byte> into)
    {
        byte[] buffer = new byte[4096];
        int count = await socket.ReceiveAsync(buffer, _stop.Token);
        into.AddRange(buffer.AsSpan(0, count));
        return count > 0;
    }
}
