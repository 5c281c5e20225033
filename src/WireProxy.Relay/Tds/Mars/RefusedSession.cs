using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Wire;

namespace WireProxy.Relay.Tds.Mars;

/// <summary>
/// A session beyond the limit. SMP has no way to refuse one, so each of its requests is answered with an error that leaves the connection
/// usable. It has no place at the server, and holds nothing but the packets of its window.
/// </summary>
internal sealed class RefusedSession(SmpChannel client, TokenFormat format, string listener, int most)
{
    private const int TooManyConnections = 17809;
    private const byte ResourceClass = 16;
    private const int BufferBytes = 512;

    private readonly MessageReader _packets = new();

    /// <summary>Answers until the client closes the session, or the connection ends.</summary>
    public async Task RunAsync()
    {
        byte[] buffer = new byte[BufferBytes];
        try
        {
            int count;
            while ((count = await client.ReceiveAsync(buffer)) > 0)
            {
                using var answers = new WireWriter();
                Answer(buffer.AsSpan(0, count), answers);
                if (answers.Length > 0)
                    await client.SendAsync(answers.WrittenMemory);
            }
            await client.ShutdownSendAsync();
        }
        finally
        {
            client.Release();
        }
    }

    private void Answer(ReadOnlySpan<byte> received, WireWriter answers)
    {
        while (_packets.TryRead(ref received, out MessagePart part))
        {
            if (!part.EndsMessage)
                continue;
            bool isAttention = part.Packet.Type == PacketType.Attention;
            using var tokens = new WireWriter();
            if (!isAttention)
                Error().Encode(tokens, format);
            new Done(TokenType.Done, isAttention ? DoneStatus.Attention : DoneStatus.Error, 0, 0).Encode(tokens, format);
            using var packets = new MessageWriter();
            packets.WriteMessage(answers, PacketType.TabularResult, tokens.WrittenSpan);
        }
    }

    private ServerMessage Error() => new(
        TokenType.Error, TooManyConnections, 1, ResourceClass,
        $"WireProxy did not run this request: limits.mars_sessions of listener {listener} is {most}, and this connection has so many sessions (MARS). " +
        "Read results to their end and close them, or use more connections; the connection stays usable.", "WireProxy", "", 1);
}
