using WireProxy.Protocols.Postgres;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Sessions;
using WireProxy.Relay.Transport;

namespace WireProxy.Relay.Postgres;

/// <summary>
/// Both directions of a session where nothing is judged, masked or recorded: frames are walked by their headers, so that what is no
/// PostgreSQL still does not pass, and streamed through.
/// </summary>
internal sealed class RelayFilters
{
    private readonly PostgresSession _session;
    private int _exchanges = 1;

    private RelayFilters(PostgresSession session) => _session = session;

    public bool IsAnswered => Volatile.Read(ref _exchanges) <= 0;

    public bool IsIdle => IsAnswered && _session.Status == TransactionStatus.Idle;

    public static (RelayFilters Shared, IFilter Requests, IFilter Responses) Create(PostgresSession session)
    {
        var shared = new RelayFilters(session);
        return (shared, new RelayRequests(shared), new RelayResponses(shared));
    }

    /// <summary>Walks whole and partial frames and passes them on in one run.</summary>
    private abstract class Walker(RelayFilters shared) : IFilter
    {
        private int _streaming;
        private volatile bool _stops;

        public bool RequiresDurableRecord => false;

        public bool IsAtFrameBoundary => _streaming == 0;

        protected RelayFilters Shared { get; } = shared;

        public ValueTask WaitAsync() => ValueTask.CompletedTask;

        public void StopAtBoundary() => _stops = true;

        public FilterStep Process(InputBuffer input, OutputBuffer output)
        {
            ReadOnlySpan<byte> unread = input.Unread;
            long end = _streaming;
            while (end < unread.Length && !_stops && Frame.TryReadHeader(unread[(int)end..], out byte type, out int length))
            {
                if (!See(type, unread, (int)end, length))
                    break;
                end += length;
            }
            int count = (int)Math.Min(end, unread.Length);
            output.Pass(input.Slice(0, count));
            input.Consume(count);
            _streaming = (int)(end - count);
            return _stops && _streaming == 0 ? FilterStep.End : FilterStep.NeedMore;
        }

        /// <summary>Looks at a frame; false where more of it must be there first.</summary>
        protected abstract bool See(byte type, ReadOnlySpan<byte> unread, int start, int length);
    }

    private sealed class RelayRequests(RelayFilters shared) : Walker(shared)
    {
        protected override bool See(byte type, ReadOnlySpan<byte> unread, int start, int length)
        {
            if (!Frame.IsFrontend(type) || type == (byte)FrontendMessageType.PasswordMessage)
                throw new ProtocolException($"message type 0x{type:X2} has no place here");
            if (type is (byte)FrontendMessageType.Query or (byte)FrontendMessageType.Sync or (byte)FrontendMessageType.FunctionCall)
                Interlocked.Increment(ref Shared._exchanges);
            return true;
        }
    }

    private sealed class RelayResponses(RelayFilters shared) : Walker(shared)
    {
        protected override bool See(byte type, ReadOnlySpan<byte> unread, int start, int length)
        {
            if (type == (byte)BackendMessageType.DataRow)
                return true;
            if (!Frame.IsBackend(type))
                throw new ProtocolException($"message type 0x{type:X2} has no place here");
            if (type is not ((byte)BackendMessageType.ReadyForQuery or (byte)BackendMessageType.BackendKeyData))
                return true;
            if (unread.Length - start < length)
                return false;
            ReadOnlySpan<byte> body = unread.Slice(start + Frame.HeaderLength, length - Frame.HeaderLength);
            if (type == (byte)BackendMessageType.BackendKeyData)
            {
                Shared._session.BackendKeyReceived(BackendKeyData.Decode(body));
                return true;
            }
            Shared._session.Status = ReadyForQuery.Decode(body).Status;
            Interlocked.Decrement(ref Shared._exchanges);
            return true;
        }
    }
}
