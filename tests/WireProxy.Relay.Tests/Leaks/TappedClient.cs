using System.Net.Sockets;
using WireProxy.Protocols.Postgres;
using WireProxy.TestKit;

namespace WireProxy.Relay.Tests.Leaks;

/// <summary>A client that keeps every byte it was ever sent.</summary>
internal sealed class TappedClient : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly List<byte> _received = [];
    private int _read;

    /// <summary>All of them, from the first.</summary>
    public byte[] Received => [.. _received];

    /// <summary>True once the gateway has closed.</summary>
    public bool IsClosed { get; private set; }

    public static async Task<TappedClient> ConnectAsync(int port)
    {
        var client = new TappedClient();
        await client._socket.ConnectAsync("127.0.0.1", port);
        return client;
    }

    public static async Task<TappedClient> LogInAsync(int port, params (string Name, string Value)[] parameters)
    {
        TappedClient client = await ConnectAsync(port);
        await client.SendAsync(WireBuilder.Startup("postgres", "postgres", WireBuilder.Version30, parameters));
        await client.ReadyAsync();
        return client;
    }

    public async Task SendAsync(params byte[][] messages)
    {
        using var limit = new CancellationTokenSource(Patience);
        ReadOnlyMemory<byte> rest = WireBuilder.Join(messages);
        while (!rest.IsEmpty)
            rest = rest[await _socket.SendAsync(rest, limit.Token)..];
    }

    public void FinishSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Breaks the connection with a reset.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
    }

    public async Task<IReadOnlyList<WireMessage>> QueryAsync(string sql)
    {
        await SendAsync(WireBuilder.Query(sql));
        return await ReadyAsync();
    }

    /// <summary>Reads up to and with so many ReadyForQuery, or to the end where the gateway closes before.</summary>
    public Task<IReadOnlyList<WireMessage>> ReadyAsync(int times = 1) => UntilAsync('Z', times);

    /// <summary>Reads up to and with so many messages of this type, or to the end where the gateway closes before.</summary>
    public async Task<IReadOnlyList<WireMessage>> UntilAsync(char type, int times = 1)
    {
        var messages = new List<WireMessage>();
        while (times > 0)
        {
            if (await NextAsync() is not { } message)
                break;
            messages.Add(message);
            times -= message.Type == type ? 1 : 0;
        }
        return messages;
    }

    /// <summary>Everything until the gateway closes, in whatever manner.</summary>
    public async Task<IReadOnlyList<WireMessage>> EndAsync()
    {
        while (await ReceiveAsync())
        {
        }
        return await UntilAsync('\0');
    }

    /// <summary>The next message; null where the connection ends before it is whole.</summary>
    public async Task<WireMessage?> NextAsync()
    {
        while (true)
        {
            byte[] unread = [.. _received.Skip(_read)];
            if (Frame.TryReadHeader(unread, out byte type, out int length) && unread.Length >= length)
            {
                _read += length;
                return new WireMessage((char)type, unread[Frame.HeaderLength..length]);
            }
            if (!await ReceiveAsync())
                return null;
        }
    }

    /// <summary>One byte outside of any message; -1 at the end.</summary>
    public async Task<int> ByteAsync()
    {
        if (_read == _received.Count && !await ReceiveAsync())
            return -1;
        return _received[_read++];
    }

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<bool> ReceiveAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        var buffer = new byte[16 * 1024];
        try
        {
            int count = await _socket.ReceiveAsync(buffer, limit.Token);
            _received.AddRange(buffer.AsSpan(0, count));
            IsClosed = count == 0;
            return count > 0;
        }
        catch (SocketException)
        {
            IsClosed = true;
            return false;
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"Nothing came within {Patience.TotalSeconds} s.");
        }
    }
}
