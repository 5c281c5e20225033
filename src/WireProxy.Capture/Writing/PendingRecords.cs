using System.Buffers;
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
    private readonly ChunkQueue _chunks;
    private readonly List<DurabilityWaiter> _released = [];
    private Writer _writer = Writer.Busy;
    private long _durable, _lastTake = Stopwatch.GetTimestamp();
    private bool _urgent, _stopping, _gaveUp;
    private TaskCompletionSource? _room;
    private Outage? _outage;

    public PendingRecords(JournalOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _waiters = new DurabilityWaiters(_gate);
        _chunks = new ChunkQueue(options.CommitBytes);
    }

    public Exception? Failure => Volatile.Read(ref _outage)?.Error;

    /// <summary>Copies a record in. False: there is no room; wait for <see cref="RoomAsync"/>.</summary>
    /// <param name="position">Where the record ends; 0 when it was dropped.</param>
    public bool TryAppend(
        SessionStream session, RecordKind kind, ReadOnlySpan<byte> head, in ReadOnlySequence<byte> body, out long position)
    {
        long payload = head.Length + body.Length;
        if (payload > RecordFormat.MaxPayloadBytes)
            throw new ArgumentException($"A record's payload is at most {RecordFormat.MaxPayloadBytes} bytes.", nameof(body));
        int bytes = (int)payload + RecordFormat.OverheadBytes;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopping, typeof(Journal));
            bool fits = _chunks.Position == _durable || _chunks.Position - _durable + bytes <= _options.PendingBytes;
            // The end of a session is taken even while writing fails: nothing runs on its account.
            if (_outage is not null && !(fits && kind == RecordKind.SessionClosed))
            {
                Refuse(session);
                position = 0;
                return true;
            }
            if (fits)
            {
                Span<byte> record = Reserve(bytes);
                RecordFormat.WriteHeader(record, (int)payload, kind, session.Id, session.NextSequence(), _time.GetUtcNow());
                head.CopyTo(record[RecordFormat.HeaderBytes..]);
                body.CopyTo(record[(RecordFormat.HeaderBytes + head.Length)..]);
            }
            position = _chunks.Position;
            return fits;
        }
    }

    /// <summary>Completes when room may have appeared, or writing failed.</summary>
    public Task RoomAsync()
    {
        lock (_gate)
        {
            if (_chunks.Position == _durable || _outage is not null)
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
            ArgumentOutOfRangeException.ThrowIfGreaterThan(position, _chunks.Position);
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

    /// <summary>The writer's side: waits until something is to be written. False: stopped, and there is nothing more to do.</summary>
    public bool Take(List<Chunk> taken, out long position)
    {
        while (true)
        {
            TimeSpan wait;
            lock (_gate)
            {
                position = _chunks.Position;
                bool any = position > _durable;
                if (_gaveUp || (_stopping && !any))
                    return false;
                TimeSpan left = _options.BatchInterval - Stopwatch.GetElapsedTime(_lastTake);
                if (any && (_urgent || _stopping || _chunks.AnyFull || left <= TimeSpan.Zero))
                {
                    MoveTo(taken);
                    return true;
                }
                wait = Rest(any || left > TimeSpan.Zero ? left : Timeout.InfiniteTimeSpan);
            }
            _signal.WaitOne(wait);
            if (wait == Timeout.InfiniteTimeSpan)
                _lastTake = Stopwatch.GetTimestamp();
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
            position = _chunks.Position;
            return !_stopping;
        }
    }

    /// <summary>Stopped while writing fails: what is pending is lost, and nobody was told otherwise.</summary>
    public void GiveUp()
    {
        lock (_gate)
        {
            _gaveUp = true;
            _waiters.Release(long.MaxValue, _outage!.Error, _released);
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
                _chunks.GiveBack(chunk);
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
            // A segment may have been filled and closed before the failure: that much is durable.
            if (taken.Find(static c => !c.IsEmpty) is { } first)
                Volatile.Write(ref _durable, first.Origin + first.Start);
            _waiters.Release(_durable, null, _released);
            if (_options.RefuseOnFailure)
            {
                foreach (DurabilityWaiter waiter in _waiters.Waiting)
                    Withdraw(taken, waiter.Position);
            }
            _waiters.Release(long.MaxValue, _options.RefuseOnFailure ? _outage.Error : null, _released);
            FreeRoom();
        }
        CompleteReleased();
    }

    private Span<byte> Reserve(int bytes)
    {
        Span<byte> record = _chunks.Reserve(bytes);
        if (_writer == Writer.Parked || (_writer == Writer.Lingering && _chunks.AnyFull))
            Wake();
        return record;
    }

    // After a commit the writer looks once more at the end of the batch interval before it sleeps for good, so that steady
    // traffic does not have to wake it.
    private TimeSpan Rest(TimeSpan wait)
    {
        _writer = wait == Timeout.InfiniteTimeSpan ? Writer.Parked : Writer.Lingering;
        if (_writer == Writer.Parked)
            _chunks.Trim();
        return wait;
    }

    private void MoveTo(List<Chunk> taken)
    {
        _chunks.MoveTo(taken);
        _lastTake = Stopwatch.GetTimestamp();
        _urgent = false;
        _writer = Writer.Busy;
    }

    private void Refuse(SessionStream session)
    {
        Hurry();
        _outage!.Lost++;
        if (_options.RefuseOnFailure)
            throw new JournalUnavailableException(_outage.Error);
        // The hole in the session's numbers shows an auditor whose records are missing.
        session.NextSequence();
    }

    private void EndOutage()
    {
        Outage outage = _outage!;
        Volatile.Write(ref _outage, null);
        string effect = _options.RefuseOnFailure ? OutageReport.Refused : OutageReport.Dropped;
        byte[] told = JsonSerializer.SerializeToUtf8Bytes(
            new OutageReport(outage.From.UtcDateTime, _time.GetUtcNow().UtcDateTime, effect, outage.Lost, outage.Error.Message),
            JournalJson.Default.OutageReport);
        Span<byte> record = Reserve(told.Length + RecordFormat.OverheadBytes);
        RecordFormat.WriteHeader(record, told.Length, RecordKind.Outage, Guid.Empty, 0, _time.GetUtcNow());
        told.CopyTo(record[RecordFormat.HeaderBytes..]);
    }

    private void Withdraw(List<Chunk> taken, long position)
    {
        if (!taken.Exists(chunk => chunk.TryWithdraw(position)))
            _chunks.Withdraw(position);
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

    public void Dispose() => _signal.Dispose();

    private sealed class Outage(Exception error, DateTimeOffset from)
    {
        public Exception Error => error;
        public DateTimeOffset From => from;
        public long Lost { get; set; }
    }
}
