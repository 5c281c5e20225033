using WireProxy.Capture;
using WireProxy.Protocols.Wire;

namespace WireProxy.Cli.Replay;

/// <summary>Turns a session's records into what happened, in the order of the journal.</summary>
internal sealed class Transcript
{
    private readonly Direction _client;
    private readonly Direction _server;

    private Transcript()
    {
        var exchange = new Exchange();
        var client = new ClientDecoder(exchange);
        _client = new Direction("client", client);
        _server = new Direction("server", new ServerDecoder(exchange, client));
    }

    public static IEnumerable<ReplayEvent> Of(IEnumerable<JournalRecord> records)
    {
        var transcript = new Transcript();
        return records.SelectMany(transcript.Read);
    }

    private IEnumerable<ReplayEvent> Read(JournalRecord record) => record switch
    {
        { Withdrawn: true } => [new NotShown(record.TimeUtc, $"{NameOf(record.Kind)} that could not be recorded in time; it was not sent")],
        { Kind: RecordKind.SessionOpened } => [new SessionBegan(record.TimeUtc, JsonText.Parse(record.Payload))],
        { Kind: RecordKind.SessionClosed } => [new SessionFinished(record.TimeUtc, JsonText.Parse(record.Payload))],
        { Kind: RecordKind.Decision } => [new Decided(record.TimeUtc, JsonText.Parse(record.Payload))],
        { Kind: RecordKind.ClientBytes } => _client.Read(record),
        { Kind: RecordKind.ServerBytes } => _server.Read(record),
        _ => [],
    };

    private static string NameOf(RecordKind kind) => kind switch
    {
        RecordKind.ClientBytes => "a request",
        RecordKind.ServerBytes => "an answer",
        RecordKind.Decision => "a decision",
        _ => "a record",
    };

    /// <summary>One direction's bytes. When they stop being frames nothing after them can be read, and that is said once.</summary>
    private sealed class Direction(string name, IFrameDecoder decoder)
    {
        private readonly FrameAssembler _frames = new();
        private bool _broken;

        public List<ReplayEvent> Read(JournalRecord record)
        {
            var events = new List<ReplayEvent>();
            if (_broken)
                return events;
            _frames.Append(record.Payload.Span);
            try
            {
                while (_frames.TryRead(out var type, out var body, out var length))
                {
                    if (body.Length < length)
                        events.Add(TooLarge(record, length));
                    else
                        decoder.Decode(record.TimeUtc, type, body, events);
                }
            }
            catch (ProtocolException exception)
            {
                _broken = true;
                events.Add(new NotShown(record.TimeUtc, $"the rest of the {name}'s bytes, which cannot be read: {exception.Message}"));
            }
            return events;
        }

        private static NotShown TooLarge(JournalRecord record, int length) =>
            new(record.TimeUtc, $"a message of {length} bytes, too large for a replay; it is in the journal");
    }
}

/// <summary>Reads the messages of one direction.</summary>
internal interface IFrameDecoder
{
    /// <param name="events">Receives what the message means, if it means something to a reader.</param>
    /// <exception cref="ProtocolException">The message is malformed.</exception>
    void Decode(DateTime time, byte type, ReadOnlySpan<byte> body, List<ReplayEvent> events);
}
