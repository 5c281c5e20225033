using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Sessions;
using WireProxy.Relay.Transport;

namespace WireProxy.Relay.Tds;

/// <summary>
/// Server to client: an answer of which nothing must be known is relayed packet by packet; of the others the tokens are read, masked
/// and put into packets anew; a stand-in's answer becomes the refusal; what the gateway asked for itself is kept from the client.
/// </summary>
internal sealed class ResponseFilter(TdsSession session) : IFilter
{
    private readonly MessageReader _packets = new();
    private readonly LastDone _last = new(session.Format);
    // Made for the first answer of which something must be known.
    private MessageWriter? _output;
    private AnswerReader? _answer;
    private CatalogAnswer? _catalog;
    private TdsWork? _work;
    private Mode _mode;
    private bool _isAtPacket = true;

    private enum Mode
    {
        Relayed,
        Read,
        Catalog,
    }

    public bool RequiresDurableRecord => false;

    public bool IsAtFrameBoundary => !_packets.IsInMessage || _mode == Mode.Catalog;

    public ValueTask WaitAsync() => ValueTask.CompletedTask;

    public FilterStep Process(InputBuffer input, OutputBuffer output)
    {
        ReadOnlySpan<byte> unread = input.Unread;
        ReadOnlySpan<byte> rest = unread;
        int relayed = 0;
        // A header that has not arrived whole is left: nobody knows yet whether its packet is relayed.
        while (rest.Length >= (_isAtPacket ? PacketHeader.Size : 1) && _packets.TryRead(ref rest, out MessagePart part))
        {
            _isAtPacket = part.EndsPacket;
            if (part.BeginsMessage)
                Begin(part);
            if (_mode == Mode.Relayed)
            {
                _last.Add(part.Payload);
                if (part.EndsMessage)
                    End(_last.Status);
                continue;
            }
            // What was relayed before goes first.
            int at = unread.Length - rest.Length;
            int header = part.BeginsPacket ? PacketHeader.Size : 0;
            Relay(input, output, relayed, at - part.Payload.Length - header);
            relayed = at;
            Read(part, output);
        }
        int read = unread.Length - rest.Length;
        Relay(input, output, relayed, read);
        // Rows are not to wait for a packet to be full.
        if (_mode == Mode.Read && _output is { IsInMessage: true })
            _output.Flush(output.BeginOwn());
        input.Consume(read);
        return FilterStep.NeedMore;
    }

    private static void Relay(InputBuffer input, OutputBuffer output, int from, int to)
    {
        if (to > from)
            output.Pass(input.Slice(from, to - from));
    }

    private void Begin(MessagePart part)
    {
        if (part.Packet.Type != PacketType.TabularResult)
            throw new ProtocolException($"a message of type {(byte)part.Packet.Type} is none of a server's");
        _work = session.InFlight.Request;
        if (_work is null && !session.InFlight.AwaitsAcknowledgement)
            throw new ProtocolException("an answer came to which there is no request");
        _last.Clear();
        _mode = _work is { Catalog: not null } ? Mode.Catalog
            : _work is { MustRead: true } || (_work is null && session.Masks) || (session.ReadsClassification && MayBeClassified(part.Payload))
                ? Mode.Read : Mode.Relayed;
        if (_mode == Mode.Catalog)
            _catalog = new CatalogAnswer(session.Format, _work!.Catalog);
        if (_mode != Mode.Read)
            return;
        _answer ??= new AnswerReader(session);
        _answer.Begin(_work);
        _output ??= new MessageWriter { PacketSize = session.PacketSize };
        _output.Spid = part.Packet.Spid;
        _output.Begin(PacketType.TabularResult);
    }

    /// <summary>Looks at the beginning of an answer of one result set at most: false where its columns have come whole and no classification stands
    /// behind them, or none come.</summary>
    private bool MayBeClassified(ReadOnlySpan<byte> payload)
    {
        while (TokenReader.TryPeek(payload, out TokenType type))
        {
            if (TokenReader.IsRow(type))
                return false;
            if (!TokenReader.TryMeasure(payload, session.Format, out int length))
                return true;
            if (type is TokenType.Done or TokenType.DoneProc or TokenType.DoneInProc
                && (Done.Decode(payload[..length], session.Format).Status & DoneStatus.More) == 0)
            {
                return false;
            }
            payload = payload[length..];
            if (type == TokenType.ColMetadata)
                return payload.IsEmpty || (TokenType)payload[0] == TokenType.DataClassification;
        }
        return true;
    }

    private void Read(MessagePart part, OutputBuffer output)
    {
        if (_mode == Mode.Catalog)
        {
            _catalog!.Add(part.Payload);
            if (!part.EndsMessage)
                return;
            // The waiting request is let go when nothing is under way any more.
            CatalogAnswer answer = _catalog;
            _catalog = null;
            End(answer.Status);
            answer.Complete();
            return;
        }
        WireWriter packets = output.BeginOwn();
        _answer!.Add(part.Payload);
        if (part.EndsMessage)
            _answer.End();
        _output!.Write(packets, _answer.Written);
        _answer.Sent();
        if (!part.EndsMessage)
            return;
        _output.End(packets);
        _answer.Rest();
        End(_answer.Status);
    }

    private void End(DoneStatus status)
    {
        session.Answered(_work, status);
        _work = null;
        session.InFlight.End((status & DoneStatus.Attention) != 0);
    }
}
