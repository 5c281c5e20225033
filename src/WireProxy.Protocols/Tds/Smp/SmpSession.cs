using System.Diagnostics.CodeAnalysis;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Smp;

/// <summary>
/// One session as one side of the connection sees it: its sequence numbers, its windows and how far it is closed (MC-SMP 3.1).
/// It makes the headers of what goes out and refuses what may not come in. Not safe for use by two threads at once.
/// </summary>
/// <param name="id">The session's number, chosen by the client.</param>
public sealed class SmpSession(ushort id)
{
    /// <summary>An ACK is owed when the peer has not been told of so much of its window (MC-SMP, note 3).</summary>
    private const uint AcknowledgedTogether = 2;

    private uint _sent;
    private uint _sendLimit = SmpHeader.InitialWindow;
    private uint _received;
    private uint _receiveLimit = SmpHeader.InitialWindow;
    private uint _announced = SmpHeader.InitialWindow;

    public ushort Id => id;

    /// <summary>This side has said that it sends nothing more.</summary>
    public bool FinSent { get; private set; }

    /// <summary>The peer has said that it sends nothing more.</summary>
    public bool FinReceived { get; private set; }

    /// <summary>Both have: the number is free for another session.</summary>
    public bool IsClosed => FinSent && FinReceived;

    /// <summary>The peer has room for a Data packet.</summary>
    public bool CanSend => !FinSent && _sent != _sendLimit;

    /// <summary>The peer waits, or soon will, to be told that there is room again.</summary>
    public bool OwesAcknowledgement => !FinSent && !FinReceived && _receiveLimit - _announced >= AcknowledgedTogether;

    /// <summary>The peer's SYN has opened the session.</summary>
    public void Accept(in SmpHeader syn) => _sendLimit = syn.Window;

    /// <summary>Takes in the header of a packet of this session, other than a SYN.</summary>
    /// <returns>True where the packet's payload is for the session; false for packets without, and for what comes behind this side's
    /// FIN, which is ignored (MC-SMP 3.1.5.1.1).</returns>
    /// <exception cref="ProtocolException">The peer may not send it now, or it says what cannot be.</exception>
    public bool Receive(in SmpHeader packet)
    {
        if (packet.Flags == SmpFlags.Syn)
            throw new ProtocolException("An SMP session is opened that is open.");
        if (IsBefore(packet.Window, _sendLimit))
            throw new ProtocolException("An SMP packet takes back room that was given.");
        switch (packet.Flags)
        {
            case SmpFlags.Data:
                ReceiveData(packet);
                break;
            case SmpFlags.Fin when FinReceived:
                throw new ProtocolException("An SMP session is closed twice.");
            case SmpFlags.Fin:
                FinReceived = true;
                break;
            case SmpFlags.Ack when packet.SequenceNumber != _received:
                ThrowBadSequence();
                break;
        }
        _sendLimit = packet.Window;
        return packet.Flags == SmpFlags.Data && !FinSent;
    }

    /// <summary>The session has taken a Data packet's payload in: there is room for another.</summary>
    public void Consumed() => _receiveLimit++;

    /// <summary>The header of the next Data packet.</summary>
    /// <exception cref="InvalidOperationException"><see cref="CanSend"/> is false.</exception>
    public SmpHeader NextData(int payloadLength)
    {
        if (!CanSend)
            throw new InvalidOperationException("The peer has no room, or the session is closed.");
        _sent++;
        return Next(SmpFlags.Data, SmpHeader.Size + payloadLength);
    }

    /// <summary>The packet that opens the session.</summary>
    public SmpHeader Open() => Next(SmpFlags.Syn, SmpHeader.Size);

    /// <summary>The packet that tells the peer how much room there is.</summary>
    public SmpHeader Acknowledge() => Next(SmpFlags.Ack, SmpHeader.Size);

    /// <summary>The packet that closes this side.</summary>
    public SmpHeader Finish()
    {
        FinSent = true;
        return Next(SmpFlags.Fin, SmpHeader.Size);
    }

    private SmpHeader Next(SmpFlags flags, int length)
    {
        _announced = _receiveLimit;
        return new SmpHeader(flags, id, length, _sent, _receiveLimit);
    }

    private void ReceiveData(in SmpHeader packet)
    {
        if (FinReceived)
            throw new ProtocolException("An SMP packet carries data of a session that its sender has closed.");
        if (packet.SequenceNumber != _received + 1)
            ThrowBadSequence();
        if (_received == _receiveLimit)
            throw new ProtocolException("An SMP packet carries data for which there is no room.");
        _received++;
        // Nobody will take it in, and there is room for as many as the peer may have sent.
        if (FinSent)
            _receiveLimit++;
    }

    /// <summary>Numbers count modulo 2^32 (MC-SMP 3.1.5.2).</summary>
    private static bool IsBefore(uint one, uint other) => unchecked((int)(one - other)) < 0;

    [DoesNotReturn]
    private static void ThrowBadSequence() => throw new ProtocolException("An SMP packet is out of sequence.");
}
