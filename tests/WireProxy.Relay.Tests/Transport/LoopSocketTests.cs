using System.Net;
using System.Net.Sockets;
using WireProxy.Relay.Transport;
using WireProxy.TestKit;

namespace WireProxy.Relay.Tests.Transport;

public sealed class LoopSocketTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly List<IDisposable> _sockets = [];
    private Socket _listener = null!;

    [SetUp]
    public void Listen()
    {
        _listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(512);
    }

    [TearDown]
    public void Close()
    {
        _sockets.ForEach(socket => socket.Dispose());
        _sockets.Clear();
        _listener.Dispose();
    }

    [Test]
    public async Task Bytes_that_come_together_with_the_end_are_read_before_it()
    {
        for (int size = 1; size < 200; size += 7)
        {
            (LoopSocket socket, Socket peer) = await PairAsync();
            peer.Send(new byte[size]);
            peer.Shutdown(SocketShutdown.Send);
            int total = 0;
            while (await socket.ReceiveAsync(new byte[16]).AsTask().WaitAsync(Patience) is var count and > 0)
                total += count;
            Assert.That(total, Is.EqualTo(size));
            Assert.That(await socket.ReceiveAsync(new byte[16]).AsTask().WaitAsync(Patience), Is.Zero, "the end stays");
            socket.Release();
        }
    }

    [Test]
    public async Task A_receive_that_waits_gets_a_short_read_and_then_the_end()
    {
        (LoopSocket socket, Socket peer) = await PairAsync();
        Task<int> waiting = socket.ReceiveAsync(new byte[100]).AsTask();
        Assert.That(waiting.IsCompleted, Is.False);
        peer.Send("abc"u8);
        peer.Shutdown(SocketShutdown.Send);
        Assert.That(await waiting.WaitAsync(Patience), Is.EqualTo(3));
        Assert.That(await socket.ReceiveAsync(new byte[100]).AsTask().WaitAsync(Patience), Is.Zero);
        socket.Release();
    }

    [Test]
    public async Task An_empty_receive_waits_for_bytes_and_takes_none()
    {
        (LoopSocket socket, Socket peer) = await PairAsync();
        await DrainReadinessAsync(socket, peer);
        Task<int> waiting = socket.ReceiveAsync(Memory<byte>.Empty).AsTask();
        Assert.That(waiting.IsCompleted, Is.False);
        peer.Send("abc"u8);
        Assert.That(await waiting.WaitAsync(Patience), Is.Zero);
        Assert.That(await socket.ReceiveAsync(new byte[100]).AsTask().WaitAsync(Patience), Is.EqualTo(3));
        socket.Release();
    }

    [Test]
    public async Task Abort_ends_a_receive_that_waits()
    {
        (LoopSocket socket, _) = await PairAsync();
        Task<int> waiting = socket.ReceiveAsync(new byte[1]).AsTask();
        socket.Abort();
        Assert.That(await waiting.WaitAsync(Patience), Is.Zero);
        socket.Release();
    }

    [Test]
    public async Task Abort_of_the_receiving_side_leaves_sending_possible()
    {
        (LoopSocket socket, Socket peer) = await PairAsync();
        Task<int> waiting = socket.ReceiveAsync(new byte[1]).AsTask();
        socket.AbortReceive();
        Assert.That(await waiting.WaitAsync(Patience), Is.Zero);
        await socket.SendAsync("bye"u8.ToArray()).AsTask().WaitAsync(Patience);
        byte[] got = new byte[3];
        Assert.That(await peer.ReceiveAsync(got), Is.EqualTo(3));
        socket.Release();
    }

    [Test]
    public async Task Abort_ends_a_send_that_the_peer_does_not_read()
    {
        (LoopSocket socket, _) = await PairAsync();
        Task sending = socket.SendAsync(new byte[64 << 20]).AsTask();
        Assert.That(sending.IsCompleted, Is.False);
        socket.Abort();
        Assert.That(async () => await sending.WaitAsync(Patience), Throws.InstanceOf<SocketException>());
        socket.Release();
    }

    [Test]
    public async Task A_large_send_arrives_whole_in_whatever_pieces_it_is_read()
    {
        (LoopSocket socket, Socket peer) = await PairAsync();
        byte[] sent = new byte[8 << 20];
        new Random(1).NextBytes(sent);
        Task sending = socket.SendAsync(sent).AsTask();
        byte[] got = new byte[sent.Length];
        for (int total = 0; total < got.Length;)
            total += await peer.ReceiveAsync(got.AsMemory(total, Math.Min(70_001, got.Length - total)));
        await sending.WaitAsync(Patience);
        Assert.That(got.AsSpan().SequenceEqual(sent));
        socket.Release();
    }

    [Test]
    public async Task A_connection_that_is_refused_says_so()
    {
        // Not one of the system's choice: it could be given to this very attempt, which then connects to itself.
        var unused = new IPEndPoint(IPAddress.Loopback, FreePort.Next());
        SocketException? refused = await Assert.CatchAsync<SocketException>(() => ConnectAsync(unused, CancellationToken.None));
        Assert.That(refused!.SocketErrorCode, Is.EqualTo(SocketError.ConnectionRefused));
    }

    [Test]
    public async Task A_connection_attempt_that_is_cancelled_ends()
    {
        // A backlog of nothing that is full: the next attempt is not answered.
        using var full = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        full.Listen(0);
        using var cancellation = new CancellationTokenSource();
        var attempts = new List<Task<LoopSocket>>();
        for (int i = 0; i < 4; i++)
            attempts.Add(ConnectAsync(full.LocalEndPoint!, cancellation.Token));
        // The first fills it.
        (await attempts[0].WaitAsync(Patience)).Release();
        await cancellation.CancelAsync();
        int cancelled = 0;
        foreach (Task<LoopSocket> attempt in attempts.Skip(1))
        {
            try
            {
                (await attempt.WaitAsync(Patience)).Release();
            }
            catch (OperationCanceledException)
            {
                cancelled++;
            }
        }
        Assert.That(cancelled, Is.GreaterThan(0));
    }

    [Test]
    public async Task Many_sockets_on_the_loops_each_get_their_own_bytes()
    {
        var pairs = new List<(LoopSocket Socket, Socket Peer)>();
        for (int i = 0; i < 200; i++)
            pairs.Add(await PairAsync());
        Task<int>[] echoes = [.. pairs.Select(async (pair, i) =>
        {
            byte[] buffer = new byte[4];
            await pair.Socket.ReceiveAsync(buffer);
            return BitConverter.ToInt32(buffer);
        })];
        for (int i = pairs.Count - 1; i >= 0; i--)
            pairs[i].Peer.Send(BitConverter.GetBytes(i));
        Assert.That(await Task.WhenAll(echoes).WaitAsync(Patience), Is.EqualTo(Enumerable.Range(0, 200)));
        pairs.ForEach(pair => pair.Socket.Release());
    }

    [Test]
    public async Task A_slot_given_back_serves_the_next_socket_and_no_event_of_the_old_one()
    {
        for (int round = 0; round < 200; round++)
        {
            (LoopSocket old, Socket oldPeer) = await PairAsync();
            oldPeer.Send("old"u8);
            old.Release();
            old.Release();
            (LoopSocket socket, Socket peer) = await PairAsync();
            Task<int> waiting = socket.ReceiveAsync(new byte[10]).AsTask();
            peer.Send("new round"u8);
            Assert.That(await waiting.WaitAsync(Patience), Is.EqualTo(9));
            socket.Release();
        }
    }

    private static async Task DrainReadinessAsync(LoopSocket socket, Socket peer)
    {
        // The receive waits before the byte is sent, so that the byte's event is spent on it and does not come afterwards.
        Task<int> waiting = socket.ReceiveAsync(new byte[10]).AsTask();
        Assert.That(waiting.IsCompleted, Is.False);
        peer.Send("x"u8);
        Assert.That(await waiting.WaitAsync(Patience), Is.EqualTo(1));
    }

    private static Task<LoopSocket> ConnectAsync(EndPoint endPoint, CancellationToken cancellation) => LoopSocket.ConnectAsync(
        new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp), endPoint, EventLoop.Next(), cancellation);

    private async Task<(LoopSocket, Socket)> PairAsync()
    {
        Task<LoopSocket> connecting = ConnectAsync(_listener.LocalEndPoint!, CancellationToken.None);
        Socket peer = await _listener.AcceptAsync();
        _sockets.Add(peer);
        return (await connecting, peer);
    }
}
