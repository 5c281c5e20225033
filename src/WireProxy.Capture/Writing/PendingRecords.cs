using System.Diagnostics;
using System.Text.Json;
using WireProxy.Capture.Format;

namespace WireProxy.Capture.Writing;

/// <summary>
/// What was appended and is not durable yet, between the sessions and the one thread that writes. Sessions copy their bytes
/// into the open chunk under a short lock; the writer takes whole chunks away. Positions count bytes of records since the
/// journal was opened.
/// </summary>
internal sealed class PendingRecords : IDisposable
{
    private enum Writer
    {
        /// <summary>It will look here again without being called.</summary>
        Busy,
        /// <summary>It sleeps for at most one batch interval.</summary>
        Lingering,
        /// <summary>It sleeps until called: an idle gateway wakes nothing up.</summary>
        Parked,
    }

    private readonly JournalOptions _options;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly AutoResetEvent _signal = new(false);
    private readonly DurabilityWaiters _waiters;
    private readonly List<Chunk> _full = [];
    private readonly Stack<Chunk> _spare = [];
    private readonly List<DurabilityWaiter> _released = [];
    private Chunk _open;
    private Writer _writer = Writer.Busy;
    private long _position, _durable;
    private bool _urgent, _stopping;
    private TaskCompletionSource? _room;
    private Outage? _outage;

    public PendingRecords(JournalOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _waiters = new DurabilityWaiters(_gate);
        _open = Rent(0);
    }

    public Exception? Failure => Volatile.Read(ref _outage)?.Error;

    /// <summary>Copies a record in. False: there is no room; wait for <see cref="RoomAsync"/>.</summary>
    /// <param name="position">Where the record ends; 0 when it was dropped.</param>
    public bool TryAppend(
        SessionStream session, RecordKind kind, ReadOnlySpan<byte> head, ReadOnlySpan<byte> body, out long position)
    {
        int payload = checked(head.Length + body.Length);
        if (payload > RecordFormat.MaxPayloadBytes)
            throw new ArgumentException($"A record's payload is at most {RecordFormat.MaxPayloadBytes} bytes.", nameof(body));
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopping, typeof(Journal));
            bool fits = _position == _durable || _position - _durable + payload + RecordFormat.OverheadBytes <= _options.PendingBytes;
            // The end of a session is taken even while writing fails: nothing runs on its account.
            if (_outage is not null && !(fits && kind == RecordKind.SessionClosed))
            {
                Refuse(session);
                position = 0;
                return true;
            }
            position = _position;
            if (fits)
            {
                Span<byte> record = Reserve(payload, kind, session.Id, session.NextSequence());
                head.CopyTo(record[RecordFormat.HeaderBytes..]);
                body.CopyTo(record[(RecordFormat.HeaderBytes + head.Length)..]);
                position = _position;
            }
            return fits;
        }
    }

    /// <summary>Completes when room may have appeared, or writing failed.</summary>
    public Task RoomAsync()
    {
        lock (_gate)
        {
            if (_position == _durable || _outage is not null)
                return Task.CompletedTask;
            _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Hurry();
            return _room.Task;
        }
    }

    public ValueTask WaitDurableAsync(long position, CancellationToken cancellation)
    {
        if (position <= Volatile.Read(ref _durable))
            return default;
        DurabilityWaiter waiter;
        ValueTask result;
        lock (_gate)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(position, _position);
            if (position <= _durable || (_outage is not null && !_options.RefuseOnFailure))
                return default;
            ObjectDisposedException.ThrowIf(_stopping, typeof(Journal));
            waiter = _waiters.Take();
            result = waiter.Begin(position);
            Hurry();
        }
        if (cancellation.CanBeCanceled)
            waiter.CancelWith(cancellation);
        return result;
    }

    public void Stop()
    {
        lock (_gate)
        {
            _stopping = true;
            Hurry();
        }
    }

    /// <summary>The writer's side: waits until something is to be written. False: stopped, and nothing is left.</summary>
    public bool Take(List<Chunk> taken, out long position)
    {
        long since = Stopwatch.GetTimestamp();
        while (true)
        {
            TimeSpan wait;
            lock (_gate)
            {
                position = _position;
                bool late = Stopwatch.GetElapsedTime(since) >= _options.BatchInterval;
                if (_position > _durable && (_urgent || _stopping || late || _full.Count > 0))
                {
                    MoveTo(taken);
                    return true;
                }
                if (_stopping)
                    return false;
                bool park = late && _position == _durable;
                _writer = park ? Writer.Parked : Writer.Lingering;
                wait = park ? Timeout.InfiniteTimeSpan : _options.BatchInterval - Stopwatch.GetElapsedTime(since);
                while (park && _spare.Count > 1)
                    _spare.Pop();
            }
            _signal.WaitOne(wait > TimeSpan.Zero || wait == Timeout.InfiniteTimeSpan ? wait : TimeSpan.Zero);
            if (wait == Timeout.InfiniteTimeSpan)
                since = Stopwatch.GetTimestamp();
        }
    }

    /// <summary>While writing fails: waits for the next attempt, and takes what was appended meanwhile. False: stopped.</summary>
    public bool TakeMore(List<Chunk> taken, TimeSpan wait, out long position)
    {
        lock (_gate)
        {
            _writer = Writer.Lingering;
            if (_stopping || _waiters.Any)
                wait = TimeSpan.Zero;
        }
        _signal.WaitOne(wait);
        lock (_gate)
        {
            MoveTo(taken);
            position = _position;
            return !_stopping;
        }
    }

    /// <summary>Stopped while writing fails: what is pending is lost, and nobody was told otherwise.</summary>
    public void GiveUp()
    {
        lock (_gate)
        {
            _durable = _position;
            _waiters.Release(long.MaxValue, Unavailable(_outage!), _released);
            FreeRoom();
        }
        CompleteReleased();
    }

    /// <summary>What was taken is durable up to a position; its chunks are free again.</summary>
    public void Succeeded(List<Chunk> taken, long position)
    {
        lock (_gate)
        {
            Volatile.Write(ref _durable, position);
            foreach (Chunk chunk in taken)
            {
                if (chunk.Capacity == _options.CommitBytes)
                    _spare.Push(chunk);
            }
            taken.Clear();
            if (_outage is not null)
                EndOutage();
            _waiters.Release(position, null, _released);
            FreeRoom();
        }
        CompleteReleased();
    }

    /// <summary>What was taken could not be made durable. It stays; those who wait are told.</summary>
    public void Failed(List<Chunk> taken, Exception error)
    {
        lock (_gate)
        {
            if (_outage is null)
                Volatile.Write(ref _outage, new Outage(error, _time.GetUtcNow()));
            if (_options.RefuseOnFailure)
            {
                foreach (DurabilityWaiter waiter in _waiters.Waiting)
                    Withdraw(taken, waiter.Position);
            }
            _waiters.Release(long.MaxValue, _options.RefuseOnFailure ? Unavailable(_outage) : null, _released);
            FreeRoom();
        }
        CompleteReleased();
    }

    private Span<byte> Reserve(int payload, RecordKind kind, in Guid session, long sequence)
    {
        int bytes = payload + RecordFormat.OverheadBytes;
        if (!_open.Fits(bytes))
        {
            if (!_open.IsEmpty)
                _full.Add(_open);
            _open = Rent(bytes);
        }
        Span<byte> record = _open.Bytes.AsSpan(_open.End, bytes);
        RecordFormat.WriteHeader(record, payload, kind, session, sequence, _time.GetUtcNow());
        _open.End += bytes;
        _position += bytes;
        if (_writer == Writer.Parked || (_writer == Writer.Lingering && _full.Count > 0))
            Wake();
        return record;
    }

    private Chunk Rent(int bytes)
    {
        if (bytes > _options.CommitBytes || !_spare.TryPop(out Chunk? chunk))
            chunk = new Chunk(Math.Max(bytes, _options.CommitBytes));
        chunk.Reset(_position);
        return chunk;
    }

    private void MoveTo(List<Chunk> taken)
    {
        taken.AddRange(_full);
        _full.Clear();
        if (!_open.IsEmpty)
        {
            taken.Add(_open);
            _open = Rent(0);
        }
        _urgent = false;
        _writer = Writer.Busy;
    }

    private void Refuse(SessionStream session)
    {
        Hurry();
        _outage!.Lost++;
        if (_options.RefuseOnFailure)
            throw Unavailable(_outage);
        // The hole in the session's numbers shows an auditor whose records are missing.
        session.NextSequence();
    }

    private void EndOutage()
    {
        Outage outage = _outage!;
        Volatile.Write(ref _outage, null);
        byte[] told = JsonSerializer.SerializeToUtf8Bytes(
            new OutageReport(
                outage.From.UtcDateTime, _time.GetUtcNow().UtcDateTime, _options.RefuseOnFailure ? OutageReport.Refused : OutageReport.Dropped, outage.Lost,
                outage.Error.Message),
            JournalJson.Default.OutageReport);
        told.CopyTo(Reserve(told.Length, RecordKind.Outage, Guid.Empty, 0)[RecordFormat.HeaderBytes..]);
    }

    private void Withdraw(List<Chunk> taken, long position)
    {
        foreach (Chunk chunk in taken)
        {
            if (chunk.TryWithdraw(position))
                return;
        }
        foreach (Chunk chunk in _full)
        {
            if (chunk.TryWithdraw(position))
                return;
        }
        _open.TryWithdraw(position);
    }

    private void Hurry()
    {
        _urgent = true;
        if (_writer != Writer.Busy)
            Wake();
    }

    private void Wake()
    {
        _writer = Writer.Busy;
        _signal.Set();
    }

    private void FreeRoom()
    {
        _room?.SetResult();
        _room = null;
    }

    private void CompleteReleased()
    {
        foreach (DurabilityWaiter waiter in _released)
            waiter.Complete();
        _released.Clear();
    }

    private static JournalUnavailableException Unavailable(Outage outage) =>
        new($"The journal cannot be written: {outage.Error.Message}", outage.Error);

    public void Dispose() => _signal.Dispose();

    private sealed class Outage(Exception error, DateTimeOffset from)
    {
        public Exception Error => error;
        public DateTimeOffset From => from;
        public long Lost { get; set; }
    }
}
