using System.Buffers;
using WireProxy.Capture.Writing;

namespace WireProxy.Capture;

/// <summary>
/// The records of one session. Both directions of a session may append at the same time: sequence numbers (from 1) are given
/// in the order in which records enter the journal.
/// </summary>
public sealed class SessionStream
{
    private readonly PendingRecords _pending;
    private long _sequence;

    internal SessionStream(PendingRecords pending, Guid id)
    {
        _pending = pending;
        Id = id;
    }

    public Guid Id { get; }

    /// <summary>
    /// Appends one record whose payload is <paramref name="head"/> followed by <paramref name="body"/>; the bytes are copied
    /// before this returns, or where it has to wait, before it completes. Normally it completes at once and allocates nothing;
    /// it waits while <see cref="JournalOptions.PendingBytes"/> are taken.
    /// </summary>
    /// <returns>The position for <see cref="Journal.WaitDurableAsync"/>; 0 when the record was dropped
    /// (<c>on_failure: continue</c> while the journal cannot be written).</returns>
    /// <exception cref="JournalUnavailableException">The journal cannot be written; the record was not taken.</exception>
    /// <exception cref="ArgumentException">More than 256 MiB in one record.</exception>
    /// <exception cref="ObjectDisposedException">The journal is closed.</exception>
    public ValueTask<long> AppendAsync(
        RecordKind kind, ReadOnlyMemory<byte> head, ReadOnlySequence<byte> body, CancellationToken cancellation = default) =>
        _pending.TryAppend(this, kind, head.Span, body, out long position)
            ? new ValueTask<long>(position)
            : AppendWithRoomAsync(kind, head, body, cancellation);

    /// <inheritdoc cref="AppendAsync(RecordKind, ReadOnlyMemory{byte}, ReadOnlySequence{byte}, CancellationToken)"/>
    public ValueTask<long> AppendAsync(
        RecordKind kind, ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body, CancellationToken cancellation = default) =>
        AppendAsync(kind, head, new ReadOnlySequence<byte>(body), cancellation);

    /// <inheritdoc cref="AppendAsync(RecordKind, ReadOnlyMemory{byte}, ReadOnlySequence{byte}, CancellationToken)"/>
    public ValueTask<long> AppendAsync(RecordKind kind, ReadOnlyMemory<byte> body, CancellationToken cancellation = default) =>
        AppendAsync(kind, ReadOnlyMemory<byte>.Empty, new ReadOnlySequence<byte>(body), cancellation);

    internal long NextSequence() => ++_sequence;

    private async ValueTask<long> AppendWithRoomAsync(
        RecordKind kind, ReadOnlyMemory<byte> head, ReadOnlySequence<byte> body, CancellationToken cancellation)
    {
        while (true)
        {
            await _pending.RoomAsync().WaitAsync(cancellation);
            if (_pending.TryAppend(this, kind, head.Span, body, out long position))
                return position;
        }
    }
}
