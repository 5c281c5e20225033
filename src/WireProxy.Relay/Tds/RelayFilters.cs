using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Sessions;
using WireProxy.Relay.Transport;

namespace WireProxy.Relay.Tds;

/// <summary>
/// Both directions of a session where nothing is judged, masked or recorded: packets are walked by their headers, so that what is no TDS
/// still does not pass, and streamed through.
/// </summary>
internal static class RelayFilters
{
    public static (IFilter Requests, IFilter Responses) Create(TdsSession session) => (new RelayRequests(session), new RelayResponses(session));

    /// <summary>Walks whole and partial packets and passes them on in one run.</summary>
    private abstract class Walker : IFilter
    {
        private readonly MessageReader _packets = new();

        public bool RequiresDurableRecord => false;

        public bool IsAtFrameBoundary => !_packets.IsInMessage;

        public ValueTask WaitAsync() => ValueTask.CompletedTask;

        public FilterStep Process(InputBuffer input, OutputBuffer output)
        {
            ReadOnlySpan<byte> rest = input.Unread;
            while (_packets.TryRead(ref rest, out MessagePart part))
                See(part);
            output.Pass(input.Slice(0, input.Length));
            input.Consume(input.Length);
            return FilterStep.NeedMore;
        }

        protected abstract void See(MessagePart part);
    }

    private sealed class RelayRequests(TdsSession session) : Walker
    {
        protected override void See(MessagePart part)
        {
            if (!part.BeginsMessage)
                return;
            switch (part.Packet.Type)
            {
                case PacketType.Attention:
                    session.InFlight.Interrupt();
                    break;
                case PacketType.SqlBatch or PacketType.Rpc or PacketType.BulkLoad or PacketType.TransactionManagerRequest:
                    session.InFlight.Begin(TdsWork.Relayed);
                    break;
                default:
                    throw new ProtocolException($"a message of type {(byte)part.Packet.Type} has no place behind the login");
            }
        }
    }

    private sealed class RelayResponses(TdsSession session) : Walker
    {
        private readonly LastDone _last = new(session.Format);

        protected override void See(MessagePart part)
        {
            if (part.Packet.Type != PacketType.TabularResult)
                throw new ProtocolException($"a message of type {(byte)part.Packet.Type} is none of a server's");
            if (part.BeginsMessage)
                _last.Clear();
            _last.Add(part.Payload);
            if (!part.EndsMessage)
                return;
            session.Answered(null, _last.Status);
            session.InFlight.End((_last.Status & Protocols.Tds.Tokens.DoneStatus.Attention) != 0);
        }
    }
}
