using System.ComponentModel;
using System.Runtime.InteropServices;

namespace WireProxy.Relay.Transport;

/// <summary>
/// One thread that waits for sockets and runs whatever awaits them, right there. The framework's own engine costs two more
/// system calls and several hand-overs for each message; benchmarks/README.md has the figures. Both legs of a session live
/// on one loop, so that a message crosses no thread. Nothing slow may run here.
/// </summary>
internal sealed unsafe class EventLoop
{
    private const int MostEvents = 256;

    // struct epoll_event is packed on x86-64 and nowhere else (epoll_ctl(2)).
    private static readonly int EventBytes = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int DataOffset = EventBytes - sizeof(ulong);
    private static readonly EventLoop[] Loops = Start(Math.Max(1, Environment.ProcessorCount));
    private static int _next;

    private readonly int _epoll;
    private readonly Lock _lock = new();
    private readonly Stack<int> _free = new();
    private LoopSocket?[] _sockets = new LoopSocket?[64];
    private uint[] _generations = new uint[64];
    private int _used;

    private EventLoop(int number)
    {
        _epoll = Libc.EpollCreate(Libc.EpollCloseOnExec);
        if (_epoll < 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        new Thread(Run) { IsBackground = true, Name = $"wireproxy loop {number}" }.Start();
    }

    /// <summary>The loop for the next session: they take turns.</summary>
    public static EventLoop Next() => Loops[(uint)Interlocked.Increment(ref _next) % (uint)Loops.Length];

    /// <summary>Begins to watch; the answer is for <see cref="Remove"/>.</summary>
    public int Add(LoopSocket socket, int descriptor)
    {
        int slot;
        ulong data;
        lock (_lock)
        {
            if (!_free.TryPop(out slot))
                slot = _used++;
            if (slot == _sockets.Length)
            {
                Array.Resize(ref _sockets, slot * 2);
                Array.Resize(ref _generations, slot * 2);
            }
            Volatile.Write(ref _sockets[slot], socket);
            data = ((ulong)_generations[slot] << 32) | (uint)slot;
        }
        byte* change = stackalloc byte[16];
        var bytes = new Span<byte>(change, EventBytes);
        bytes.Clear();
        MemoryMarshal.Write(bytes, Libc.EpollIn | Libc.EpollOut | Libc.EpollPeerHangUp | Libc.EpollEdge);
        MemoryMarshal.Write(bytes[DataOffset..], data);
        if (Libc.EpollControl(_epoll, Libc.EpollAdd, descriptor, change) < 0)
        {
            int error = Marshal.GetLastPInvokeError();
            Remove(slot);
            throw new Win32Exception(error);
        }
        return slot;
    }

    /// <summary>Ends the watch; the kernel ends its own when the descriptor is closed.</summary>
    public void Remove(int slot)
    {
        lock (_lock)
        {
            _sockets[slot] = null;
            _generations[slot]++;
            _free.Push(slot);
        }
    }

    private static EventLoop[] Start(int count) => [.. Enumerable.Range(1, count).Select(number => new EventLoop(number))];

    private void Run()
    {
        byte* events = (byte*)NativeMemory.Alloc((nuint)(MostEvents * 16));
        while (true)
        {
            int count = Libc.EpollWait(_epoll, events, MostEvents, -1);
            for (int i = 0; i < count; i++)
            {
                var bytes = new ReadOnlySpan<byte>(events + (i * EventBytes), EventBytes);
                uint happened = MemoryMarshal.Read<uint>(bytes);
                ulong data = MemoryMarshal.Read<ulong>(bytes[DataOffset..]);
                // An event of a descriptor that was closed in this very round finds another generation.
                if (Find((int)(uint)data, (uint)(data >> 32)) is { } socket)
                    socket.Happened(happened);
            }
        }
    }

    private LoopSocket? Find(int slot, uint generation)
    {
        lock (_lock)
            return _generations[slot] == generation ? _sockets[slot] : null;
    }
}
