using WireProxy.Protocols.Wire;

namespace WireProxy.Cli.Replay.Postgres;

/// <summary>A session of PostgreSQL's protocol.</summary>
internal static class PostgresBytes
{
    public static SessionBytes Create()
    {
        var exchange = new Exchange();
        var client = new ClientDecoder(exchange);
        return new SessionBytes(new Direction("client", client), new Direction("server", new ServerDecoder(exchange, client)));
    }

    /// <summary>One direction's bytes. When they stop being frames nothing after them can be read, and that is said once.</summary>
    private sealed class Direction(string name, IFrameDecoder decoder) : IByteDirection
    {
        private readonly FrameAssembler _frames = new();
        private bool _broken;

        public void Read(DateTime time, ReadOnlySpan<byte> bytes, List<ReplayEvent> events)
        {
            if (_broken)
                return;
            _frames.Append(bytes);
            try
            {
                while (_frames.TryRead(out var type, out var body, out var length))
                {
                    if (body.Length < length)
                        events.Add(TooLarge(time, length));
                    else
                        decoder.Decode(time, type, body, events);
                }
            }
            catch (ProtocolException exception)
            {
                _broken = true;
                events.Add(new NotShown(time, $"the rest of the {name}'s bytes, which cannot be read: {exception.Message}"));
            }
        }

        private static NotShown TooLarge(DateTime time, int length) =>
            new(time, $"a message of {length} bytes, too large for a replay; it is in the journal");
    }
}

/// <summary>Reads the messages of one direction.</summary>
internal interface IFrameDecoder
{
    /// <param name="events">Receives what the message means, if it means something to a reader.</param>
    /// <exception cref="ProtocolException">The message is malformed.</exception>
    void Decode(DateTime time, byte type, ReadOnlySpan<byte> body, List<ReplayEvent> events);
}
