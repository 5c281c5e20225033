using System.Net.Sockets;
using WireProxy.Protocols.Postgres;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.Relay.Tests.Faults;

/// <summary>An upstream that logs everybody in and then says what it is told to: what no real server can be made to say.</summary>
/// <param name="answers">For the type of each message after the login: what to send, nothing, or null to close.</param>
internal sealed class ScriptedServer(Func<char, byte[]?> answers) : LoopbackServer
{
    private readonly List<char> _received = [];

    public static byte[] Ready { get; } = Message('Z', "I"u8.ToArray());

    /// <summary>Types of the messages that came after the login.</summary>
    public string Received
    {
        get
        {
            lock (_received)
                return string.Concat(_received);
        }
    }

    protected override async Task ServeAsync(Socket socket)
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
                if (answers((char)type) is not { } answer)
                    return;
                await SendAsync(socket, answer);
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
            bytes = bytes[await socket.SendAsync(bytes, Stopping)..];
    }

    private async Task<bool> ReceiveAsync(Socket socket, List<byte> into)
    {
        byte[] buffer = new byte[4096];
        int count = await socket.ReceiveAsync(buffer, Stopping);
        into.AddRange(buffer.AsSpan(0, count));
        return count > 0;
    }
}
