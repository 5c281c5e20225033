using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Wire;

namespace WireProxy.Relay.Tds;

/// <summary>A message that stands whole at the beginning of what was received: its packets, one behind the other.</summary>
/// <param name="First">The first packet's header: what the message is, and whether it resets the connection.</param>
/// <param name="Length">Bytes of all its packets, headers included.</param>
/// <param name="PayloadLength">Bytes without the headers.</param>
/// <param name="IsGivenUp">Its last packet tells the server to ignore it (MS-TDS 2.2.1.7).</param>
internal readonly record struct PacketRun(PacketHeader First, int Length, int PayloadLength, bool IsGivenUp)
{
    /// <summary>All of it is one packet, whose payload needs no joining.</summary>
    public bool IsOnePacket => Length == PayloadLength + PacketHeader.Size;

    /// <summary>Measures the message that begins here.</summary>
    /// <param name="needed">Where it is not whole: how many bytes are known to be needed.</param>
    /// <exception cref="ProtocolException">A header that is none, or a packet of another message inside this one.</exception>
    public static bool TryMeasure(ReadOnlySpan<byte> received, out PacketRun run, out int needed)
    {
        run = default;
        int at = 0;
        int payload = 0;
        PacketHeader first = default;
        while (PacketHeader.TryRead(received[Math.Min(at, received.Length)..], out PacketHeader header))
        {
            if (at == 0)
                first = header;
            else if (header.Type != first.Type)
                throw new ProtocolException("A packet of another message comes before the message has ended.");
            at += header.Length;
            payload += header.PayloadLength;
            if (!header.EndsMessage)
                continue;
            run = new PacketRun(first, at, payload, (header.Status & PacketStatus.Ignore) != 0);
            needed = at;
            return at <= received.Length;
        }
        run = new PacketRun(first, at, payload, false);
        needed = at + PacketHeader.Size;
        return false;
    }

    /// <summary>The payload in one piece: where it lies, for one packet, else joined in the writer.</summary>
    /// <param name="packets">The message's bytes.</param>
    /// <param name="joined">Null for one packet.</param>
    public ReadOnlySpan<byte> Payload(ReadOnlySpan<byte> packets, WireWriter? joined)
    {
        if (IsOnePacket)
            return packets[PacketHeader.Size..Length];
        joined!.Clear();
        for (int at = 0; at < Length;)
        {
            PacketHeader.TryRead(packets[at..], out PacketHeader header);
            joined.WriteBytes(packets.Slice(at + PacketHeader.Size, header.PayloadLength));
            at += header.Length;
        }
        return joined.WrittenSpan;
    }
}
