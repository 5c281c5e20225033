using System.Globalization;
using System.Text.Json;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Wire;

namespace WireProxy.Cli.Replay.Tds;

/// <summary>A session of SQL Server's protocol.</summary>
internal static class TdsBytes
{
    public const string Protocol = "tds";

    /// <param name="opened">The SessionOpened record; without one, or from a gateway that did not state it, the version is guessed.</param>
    public static SessionBytes Create(JsonElement opened)
    {
        var exchange = new Exchange { Format = FormatOf(opened) };
        return new SessionBytes(
            new Direction("client", new ClientDecoder(exchange)), new Direction("server", new ServerDecoder(exchange)));
    }

    /// <summary>Whether a session's bytes begin like a TDS packet. No message of PostgreSQL's has a type below 16.</summary>
    public static bool MayBegin(ReadOnlySpan<byte> bytes) => bytes is [> 0 and < 16, ..];

    private static TokenFormat? FormatOf(JsonElement opened)
    {
        if (JsonText.Of(opened, "tds_version") is not ['0', 'x', .. var code] ||
            !uint.TryParse(code, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number))
        {
            return null;
        }
        try
        {
            return new TokenFormat(
                TdsVersionCode.FromLogin(number), JsonText.Of(opened, "tds_column_encryption") == bool.TrueString,
                byte.TryParse(JsonText.Of(opened, "tds_data_classification"), out var classification) ? classification : default);
        }
        catch (ProtocolException)
        {
            return null;
        }
    }

    /// <summary>
    /// One direction's packets. Where they stop being packets, or a session is read from its middle, what follows in the record is
    /// passed over and the next record is tried anew: most records begin with a packet.
    /// </summary>
    private sealed class Direction(string name, IMessageDecoder decoder) : IByteDirection
    {
        private MessageReader _packets = new();
        private bool _isLost;

        public void Read(DateTime time, ReadOnlySpan<byte> bytes, List<ReplayEvent> events)
        {
            try
            {
                while (_packets.TryRead(ref bytes, out var part))
                {
                    decoder.Add(time, part, events);
                    _isLost &= !part.EndsMessage;
                }
            }
            catch (ProtocolException exception)
            {
                _packets = new MessageReader();
                decoder.Forget();
                if (!_isLost)
                    events.Add(new NotShown(time, $"bytes of the {name} that are no packets: {exception.Message}"));
                _isLost = true;
            }
        }
    }
}

/// <summary>Reads the messages of one direction.</summary>
internal interface IMessageDecoder
{
    /// <summary>The next part of a message. A message that cannot be read is named in an event, and the one after it is read.</summary>
    void Add(DateTime time, MessagePart part, List<ReplayEvent> events);

    /// <summary>The message under way has no end.</summary>
    void Forget();
}
