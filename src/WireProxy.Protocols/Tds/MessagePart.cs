namespace WireProxy.Protocols.Tds;

/// <summary>A run of bytes of one packet's payload, as <see cref="MessageReader"/> found it in what arrived.</summary>
public readonly ref struct MessagePart
{
    internal MessagePart(
        PacketHeader packet, PacketStatus firstStatus, bool beginsMessage, bool beginsPacket, bool endsPacket, ReadOnlySpan<byte> payload)
    {
        Packet = packet;
        FirstStatus = firstStatus;
        BeginsMessage = beginsMessage;
        BeginsPacket = beginsPacket;
        EndsPacket = endsPacket;
        Payload = payload;
    }

    /// <summary>The header of the packet that the payload belongs to.</summary>
    public PacketHeader Packet { get; }

    /// <summary>The status of the message's first packet: where a reset of the connection is asked for.</summary>
    public PacketStatus FirstStatus { get; }

    /// <summary>The payload's next bytes. Empty where only the header has arrived, or the packet has no data.</summary>
    public ReadOnlySpan<byte> Payload { get; }

    /// <summary>The first part of a message: nothing of it was given before.</summary>
    public bool BeginsMessage { get; }

    /// <summary>The first part of a packet.</summary>
    public bool BeginsPacket { get; }

    /// <summary>The packet's last byte is in <see cref="Payload"/>.</summary>
    public bool EndsPacket { get; }

    /// <summary>The message's last byte is in <see cref="Payload"/>.</summary>
    public bool EndsMessage => EndsPacket && Packet.EndsMessage;

    /// <summary>
    /// The message ends here and the server is to ignore all of it: the client gave it up while sending it (MS-TDS 2.2.1.7).
    /// Known with the last packet only.
    /// </summary>
    public bool IsGivenUp => EndsMessage && (Packet.Status & PacketStatus.Ignore) != 0;
}
